"""A single site always exists, whatever it is called and whichever id it has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.contrib.sites.models import Site
from django.core.management import call_command
from pytest_django import Settings

from tests.support.commands import managed
from tests.support.makers import Browser


@pytest.mark.process
def test_it_is_what_the_environment_says(tmp_path: Path) -> None:
    env = {"DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}", "SITE_ID": "7", "SITE_DOMAIN": "First.Example"}
    managed("migrate", "-v0", **env)
    made = json.loads(managed("sites", "add", "second.example", "--json", **env))
    sites = json.loads(managed("sites", "list", "--json", **env))
    assert [(site["id"], site["key"], site["domain"]) for site in sites] == [
        (7, "site-7", "first.example"),
        (made["id"], "second-example", "second.example"),
    ]


@pytest.mark.django_db(transaction=True)
def test_its_domain_follows_no_rule(settings: Settings) -> None:
    """It may be a name of the platform that no other site could have, and needs no proof."""
    settings.SITE_DOMAIN, settings.DOMAIN_PROOF = "intranet", True
    settings.LISTED_HOSTS = settings.ADMIN_HOSTS = ["intranet"]
    call_command("flush", interactive=False, verbosity=0)
    assert Browser("intranet").get("/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_it_comes_back_when_the_tables_are_emptied_and_the_next_one_gets_the_next_id() -> None:
    call_command("flush", interactive=False, verbosity=0)
    first = Site.objects.get()
    assert (first.pk, first.domain, first.profile.key) == (1, "localhost", "site-1")
    assert Site.objects.create(domain="second.example", name="Second").pk == 2
