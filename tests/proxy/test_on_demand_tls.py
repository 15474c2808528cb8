"""The shipped Caddyfile as it is: a certificate at the first visit, for the hosts of sites only."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Iterator

import pytest
from cryptography import x509

from tests.proxy.fronts import Place, caddy_with
from tests.support.commands import managed
from tests.support.http import Response, connect, request, visit
from tests.support.programs import ROOT, free_port, running, wait_until

pytestmark = pytest.mark.service("caddy")


@pytest.fixture(scope="module")
def caddy(application: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Caddy with an authority of its own instead of a public one."""
    folder = tmp_path_factory.mktemp("on-demand")
    place = Place(folder, application, free_port(), free_port())
    command = caddy_with(place, "local_certs\n\tskip_install_trust", {})
    home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    env = {"PATH": os.environ["PATH"], **home}
    with running(command, port=place.https, env=env, log=folder / "log", what="caddy"):
        yield place


def names_of_certificate(place: Place, host: str) -> list[str]:
    """What the certificate is for. Raises `ssl.SSLError` if there is none."""
    with connect(place.https, tls=host, timeout=20) as connection:
        assert isinstance(connection, ssl.SSLSocket)
        certificate = x509.load_der_x509_certificate(connection.getpeercert(binary_form=True) or b"")
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return names.get_values_for_type(x509.DNSName)


@pytest.mark.parametrize("host", ["north.localhost", "www.north.localhost", "south.localhost"])
def test_the_host_of_a_site_gets_a_certificate(caddy: Place, host: str) -> None:
    assert names_of_certificate(caddy, host) == [host]


def test_its_pages_are_served(caddy: Place) -> None:
    assert "North Valley School" in visit(caddy.https, "north.localhost", tls=True).body
    plain = visit(caddy.http, "north.localhost")
    assert (plain.status, plain.headers["Location"].partition(":")[0]) == (301, "https")
    assert plain.headers["X-Site-Id"], "Caddy redirects by itself: without SECURE_SSL_REDIRECT nothing would be served"


@pytest.mark.parametrize("host", ["nowhere.localhost", "x.north.localhost", "north.localhost.evil.test"])
def test_any_other_name_is_refused_in_the_handshake(caddy: Place, host: str) -> None:
    with pytest.raises(ssl.SSLError):
        names_of_certificate(caddy, host)


def test_a_site_that_is_added_later(caddy: Place, database: str) -> None:
    with pytest.raises(ssl.SSLError):
        names_of_certificate(caddy, "late.localhost")
    managed("sites", "add", "late.localhost", DATABASE_URL=database)
    wait_until(lambda: has_certificate(caddy, "late.localhost"), what="a certificate for the new site")


def has_certificate(place: Place, host: str) -> bool:
    try:
        return names_of_certificate(place, host) == [host]
    except ssl.SSLError:
        return False


def test_no_visitor_can_ask(caddy: Place) -> None:
    def ask(domain: str) -> tuple[int, str]:
        answer: Response = visit(caddy.https, "north.localhost", f"/tls/ask?domain={domain}", tls=True)
        return answer.status, answer.body

    assert ask("north.localhost") == ask("nowhere.localhost") == (404, "Not Found\n")


def test_the_application_allows_exactly_these(application: int) -> None:
    """As Caddy asks: directly, under the server's own address."""

    def ask(domain: str) -> int:
        return request(application, f"/tls/ask?domain={domain}", host=f"127.0.0.1:{application}").status

    assert [ask(f"{name}.localhost") for name in ("north", "www.south", "nowhere")] == [200, 200, 404]


def test_the_compose_file_asks_in_the_same_way() -> None:
    recipes = [(ROOT / path).read_text() for path in ("docker/proxies/Caddyfile", "docker/compose/Caddyfile")]
    blocks = [re.sub(r"\s+#[^\n]*|web:|127\.0\.0\.1:", "", text) for text in recipes]
    assert len({block[block.index("{") : block.index("(colonnade)")] for block in blocks}) == 1
