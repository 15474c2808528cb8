"""Menus in fixtures, and with their site."""

from __future__ import annotations

from pathlib import Path

from django.contrib.sites.models import Site

from app.menus.models import Menu, MenuEntry
from app.menus.write import set_menu
from app.postgresql.row_security.scope import every_site
from app.tenancy.current import use_site
from tests.support.commands import call
from tests.support.makers import page
from tests.support.menus import shown


def test_a_menu_comes_back_from_a_fixture(north: Site, south: Site, tmp_path: Path) -> None:
    page(north, slug="about", title="About")
    with use_site(north):
        children = [{"address": "tel:+4930123", "title": "Call"}]
        set_menu("footer", [{"page": "/about/", "children": children}, {"target": "posts.list"}])
    with use_site(south):
        set_menu("footer", [{"address": "/", "title": "Theirs"}])
    before, file = shown(north, "footer"), tmp_path / "menus.json"
    with use_site(north):
        call("dumpdata", "pages", "menus", "--output", str(file))
        assert "Theirs" not in file.read_text()
        Menu.objects.all().delete()
        call("loaddata", str(file))
    assert shown(north, "footer") == before
    assert shown(south, "footer") == [("Theirs", "/")]


def test_a_site_goes_with_its_menus(north: Site, south: Site) -> None:
    for site in (north, south):
        page(site, slug="about", title="About")
        with use_site(site):
            set_menu("footer", [{"page": "/about/", "children": [{"address": "/x/", "title": "X"}]}])
    with every_site():
        north.delete()
        assert MenuEntry.all_sites.count() == 2
    assert shown(south, "footer") == [("About", "/about/"), [("X", "/x/")]]
