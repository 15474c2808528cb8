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


def test_the_declared_site_is_the_first_one(db: None, folder: Path) -> None:
    first = Site.objects.get()
    sync(folder, f"sites: {{north: {{domain: {first.domain}, name: North}}}}")
    assert Site.objects.get().pk == first.pk
    profile = SiteProfile.objects.get()
    assert (profile.key, profile.site.name, profile.managed_by) == ("north", "North", SiteProfile.Manager.FILE)
    sync(folder, "sites: {north: {domain: north.example, name: North}}")
    assert Site.objects.get().domain == "north.example"


def test_a_domain_of_any_other_site_is_still_taken(db: None, north: Site, folder: Path) -> None:
    with pytest.raises(CommandError, match="is already the domain of"):
        sync(folder, f"sites: {{other: {{domain: {north.domain}}}}}")
