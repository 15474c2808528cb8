"""A single site always exists, whatever it is called and whichever id it has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.core.management import call_command

from tests.support.commands import manage


def test_it_is_what_the_environment_says(tmp_path: Path) -> None:
    env: dict[str, Any] = {"DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}", "SITE_ID": 7}
    env["SITE_DOMAIN"] = "First.Example"
    assert manage("migrate", "-v0", **env).returncode == 0
    made = json.loads(manage("sites", "add", "second.example", "--json", **env).stdout)
    sites = json.loads(manage("sites", "list", "--json", **env).stdout)
    assert [(site["id"], site["key"], site["domain"]) for site in sites] == [
        (7, "site-7", "first.example"),
        (made["id"], "second-example", "second.example"),
    ]


@pytest.mark.django_db(transaction=True)
def test_it_comes_back_when_the_tables_are_emptied_and_the_next_one_gets_the_next_id() -> None:
    call_command("flush", interactive=False, verbosity=0)
    first = Site.objects.get()
    assert (first.pk, first.domain, first.profile.key) == (1, "localhost", "site-1")
    assert Site.objects.create(domain="second.example", name="Second").pk == 2
