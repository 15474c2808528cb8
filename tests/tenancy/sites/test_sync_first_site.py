"""The site that the first migration made, and a file that declares its domain."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.sites.models import Site
from django.core.management import CommandError, call_command

from app.tenancy.models import SiteProfile


def sync(folder: Path, text: str) -> None:
    (folder / "sites.yaml").write_text(text)
    call_command("sync_sites", str(folder / "sites.yaml"), verbosity=0)


def test_the_declared_site_is_the_first_one(db: None, tmp_path: Path) -> None:
    first = Site.objects.get()
    sync(tmp_path, f"sites: {{north: {{domain: {first.domain}, name: North}}}}")
    assert Site.objects.get().pk == first.pk
    profile = SiteProfile.objects.get()
    assert (profile.key, profile.site.name, profile.managed_by) == ("north", "North", SiteProfile.Manager.FILE)
    sync(tmp_path, "sites: {north: {domain: north.example, name: North}}")
    assert Site.objects.get().domain == "north.example"


def test_a_domain_of_any_other_site_is_still_taken(db: None, north: Site, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="is already the domain of"):
        sync(tmp_path, f"sites: {{other: {{domain: {north.domain}}}}}")


def test_the_key_of_the_first_site_with_another_domain_takes_nothing_over(db: None, tmp_path: Path) -> None:
    key = SiteProfile.objects.get().key
    with pytest.raises(CommandError, match="--adopt"):
        sync(tmp_path, f"sites: {{{key}: {{domain: elsewhere.example}}}}")
    assert SiteProfile.objects.get().managed_by == SiteProfile.Manager.ADMIN
