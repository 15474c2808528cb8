"""What visitors see of a suspended or archived site, and of a host of no site: through the layer before Django, too."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.sites.models import Site
from pytest_django import Settings

from app.tenancy.directory import directory
from tests.support.commands import call
from tests.support.makers import page
from tests.support.wsgi import Server

MESSAGES = {
    "suspended": {"title": "Umbau & Umzug", "text": "Wir sind am 3. Mai zurück.\n<b>Bis bald!</b>"},
    "archived": {"text": "Das Archiv hat alles."},
}


@pytest.fixture
def server(transactional_db: None, north: Site, south: Site) -> Server:
    for site in (north, south):
        page(site, slug="", title="H-1")
    return Server()


def sites(*arguments: str) -> None:
    call("sites", *arguments)
    directory.forget()


def setting(name: str, value: Any) -> str:
    return f"--setting={name}={json.dumps(value)}"


@pytest.mark.parametrize(
    ("action", "status", "german", "french"),
    [
        (
            "suspend",
            503,
            "Diese Website ist vorübergehend nicht erreichbar.",
            "Ce site est temporairement indisponible.",
        ),
        ("archive", 410, "Diese Website wurde geschlossen.", "Ce site a été fermé."),
    ],
)
def test_a_closed_site_says_so_in_its_language(
    server: Server, action: str, status: int, german: str, french: str
) -> None:
    for domain, language in (("north.test", "de"), ("south.test", "fr")):
        sites("set", domain, setting("language", language))
        assert server.get(domain).status == 200
        sites(action, domain)
    server.get("nowhere.test")  # reads the directory
    for _ in range(2):
        for domain, language, text in (("north.test", "de", german), ("south.test", "fr", french)):
            found = server.get(domain)
            assert found.status == status
            assert found.queries == 0
            assert f'<html lang="{language}">' in found.body.decode()
            assert text in found.body.decode()


def test_a_closed_site_says_it_in_its_own_words(server: Server) -> None:
    sites("set", "north.test", setting("language", "de"), setting("messages", MESSAGES))
    sites("suspend", "north.test")
    sites("suspend", "south.test")
    body = server.get("north.test", "/any/").body.decode()
    assert "<title>Umbau &amp; Umzug</title>" in body
    assert "<p>Wir sind am 3. Mai zurück.<br>&lt;b&gt;Bis bald!&lt;/b&gt;</p>" in body
    assert '<meta name="robots" content="noindex">' in body
    assert "Umbau" not in server.get("south.test").body.decode()
    sites("set", "south.test", setting("language", "fr"), setting("messages", MESSAGES))
    found = [server.get(host).body.decode() for host in ("north.test", "south.test")]
    assert ['lang="de"' in found[0], 'lang="fr"' in found[1], "Umbau" in found[1]] == [True] * 3
    # What is stored once is not shown after a change.
    sites("set", "north.test", setting("messages", {"suspended": {"title": "Ferien"}}))
    body = server.get("north.test", "/any/").body.decode()
    assert "<h1>Ferien</h1><p>Diese Website ist vorübergehend nicht erreichbar.</p>" in body
    sites("archive", "north.test")
    assert "<h1>Nicht mehr da</h1>" in server.get("north.test").body.decode()
    sites("activate", "north.test")
    assert server.get("north.test").status == 200


def test_a_host_of_no_site(server: Server, settings: Settings) -> None:
    settings.UNKNOWN_HOST_LANGUAGE = "es"
    for through in ("django", "front", "front"):
        found = server.get("nowhere.test", through=through)
        assert '<html lang="es">' in found.body.decode()
        assert "Aquí no hay ningún sitio" in found.body.decode()
    settings.UNKNOWN_HOST_TITLE, settings.UNKNOWN_HOST_TEXT = "Agencia Sur", "¿Buscaba <su> sitio?\n\nLlámenos."
    for through in ("django", "front"):
        found = server.get("nowhere.test", through=through)
        assert (found.status, found.queries) == (404, 0)
        assert "<h1>Agencia Sur</h1><p>¿Buscaba &lt;su&gt; sitio?</p>\n\n<p>Llámenos.</p>" in found.body.decode()
    # Only the words for an unknown host are the operator's.
    assert "Dirección incorrecta" in server.get("not..valid").body.decode()
