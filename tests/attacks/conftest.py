from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.contrib.sites.models import Site
from pytest_django import Settings

from app.tenancy.models import Alias, SiteProfile
from tests.support.makers import make_north, make_south, page
from tests.support.wsgi import Server


@dataclass(frozen=True)
class Sites:
    north: Site
    south: Site
    closed: Site


@pytest.fixture
def sites(transactional_db: None, settings: Settings) -> Sites:
    """The sites of `strategies.OWNERS`."""
    settings.LISTED_HOSTS = ["admin.test"]
    north, south = make_north(), make_south()
    closed = Site.objects.create(domain="closed.test", name="Closed")
    SiteProfile.objects.filter(site=closed).update(state="suspended")
    settings.DEFAULT_SITE_ID = north.pk
    for site in (north, south, closed):
        page(site, slug="", title=f"Home of {site.name}")
        page(site, slug="about", title=f"About {site.name}")
    Alias.objects.create(site=north, host="plain.north.test", redirect=False)
    Alias.objects.create(site=north, host="bücher.test", redirect=False)
    Alias.objects.create(site=south, host="*.wild.test", redirect=False)
    Alias.objects.create(site=north, host="*.deep.wild.test", redirect=True)
    return Sites(north, south, closed)


@pytest.fixture
def server(sites: Sites) -> Server:
    return Server()
