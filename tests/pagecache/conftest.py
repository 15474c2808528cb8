from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.sites.models import Site

from tests.support.makers import make_north, make_south, page
from tests.support.wsgi import Server


@pytest.fixture
def sites(transactional_db: None) -> tuple[Site, Site]:
    """North and south, with a home page and a page `/about/` each."""
    north, south = make_north(), make_south()
    for site in (north, south):
        page(site, slug="", title=f"Home of {site.name}")
        page(site, slug="about", title=f"About {site.name}")
    return north, south


@pytest.fixture
def server(sites: tuple[Site, Site]) -> Server:
    return Server()


@pytest.fixture
def make_server(sites: tuple[Site, Site]) -> Callable[..., Server]:
    return Server
