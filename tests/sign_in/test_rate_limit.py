"""Wrong passwords are counted per account and per address, over all sites; then nobody signs in for a while."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.utils import timezone
from pytest_django import Settings

from app.accounts.models import User
from app.sign_in import counters, rate_limit
from app.sign_in.models import Counter
from tests.support.commands import call, call_main
from tests.support.logs import Lines
from tests.support.makers import Browser

Response = Any  # the test client's
WAIT = re.compile(r"Too many attempts\. Try again in 1[45] minutes\.")


def sign_in(name: str, password: str, *, host: str = "north.test", **headers: str) -> Response:
    return Browser(host, **headers).post("/admin/login/", {"username": name, "password": password})


def guess(name: str, times: int, **headers: str) -> list[int]:
    return [sign_in(name, f"wrong{number}", **headers).status_code for number in range(times)]


def text_for(name: str, response: Response) -> str:
    page = response.content.decode().replace(name, "NAME")
    return re.sub(r'value="[A-Za-z0-9]{64}"', "", page)


@pytest.mark.parametrize("name", ["nora", "root"])
def test_after_five_wrong_passwords_the_right_one_is_refused(nora: User, root: User, name: str) -> None:
    assert guess(name, 40) == [200] * 5 + [429] * 35
    response = sign_in(name, name)
    assert response.status_code == 429
    assert WAIT.search(response.content.decode())
    assert 14 * 60 < int(response.headers["Retry-After"]) <= 15 * 60


def test_another_account_is_not_limited(nora: User, root: User) -> None:
    guess("nora", 40)
    assert sign_in("root", "root").status_code == 302


def test_an_unknown_name_gets_the_same_response(nora: User) -> None:
    responses = {}
    for name in ("nora", "nobody"):
        responses[name] = [text_for(name, sign_in(name, "wrong")) for _ in range(7)]
    assert responses["nora"] == responses["nobody"]


def test_a_name_in_another_case_is_the_same_account(nora: User) -> None:
    assert guess("NORA", 5) == [200] * 5
    assert sign_in("nora", "nora").status_code == 429


def test_the_count_is_over_all_sites(root: User, north: Site, south: Site) -> None:
    guess("root", 3)
    assert sign_in("root", "wrong", host="south.test").status_code == 200
    assert sign_in("root", "wrong", host="south.test").status_code == 200
    assert sign_in("root", "root", host="south.test").status_code == 429
    assert sign_in("root", "root").status_code == 429


def test_a_right_password_without_a_role_counts_too(sam: User, north: Site) -> None:
    """Otherwise the count would tell that the password is right."""
    assert [sign_in("sam", "sam").status_code for _ in range(6)] == [200] * 5 + [429]


def test_it_ends_by_itself(nora: User) -> None:
    guess("nora", 6)
    Counter.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    assert guess("nora", 1) == [200]
    assert sign_in("nora", "nora").status_code == 302


def test_the_right_password_forgets_the_wrong_ones(nora: User) -> None:
    for _ in range(3):
        guess("nora", 4)
        assert sign_in("nora", "nora").status_code == 302


def test_an_operator_lifts_it(nora: User) -> None:
    guess("nora", 40)
    assert call("people", "unlock", "nora") == "nora can sign in again now, from any address.\n"
    assert guess("nora", 4) == [200] * 4
    assert sign_in("nora", "nora").status_code == 302


def test_an_operator_lifts_it_also_on_a_limited_address(nora: User, root: User) -> None:
    for number in range(40):
        guess(f"name{number}", 1)
    assert sign_in("nora", "nora").status_code == 429
    call("people", "unlock", "nora")
    assert sign_in("nora", "nora").status_code == 302
    assert sign_in("root", "root").status_code == 429


def test_nobody_unlocks_an_unknown_name(db: None) -> None:
    done = call_main("people", "unlock", "nosuch")
    assert (done.returncode, done.stdout) == (2, "")
    assert "There is no user 'nosuch'." in done.stderr


def test_many_names_from_one_address(nora: User) -> None:
    statuses = [sign_in(f"name{number}", "wrong", REMOTE_ADDR="192.0.2.7").status_code for number in range(60)]
    assert statuses == [200] * 30 + [429] * 30
    assert Counter.objects.count() == 31, "refused attempts leave no row"
    assert sign_in("nora", "nora", REMOTE_ADDR="192.0.2.7").status_code == 429
    assert sign_in("nora", "nora", REMOTE_ADDR="192.0.2.8").status_code == 302


def test_a_right_password_in_between_does_not_free_an_address(nora: User) -> None:
    for number in range(30):
        sign_in(f"name{number}", "wrong")
        if number < 29:
            assert sign_in("nora", "nora").status_code == 302
    assert sign_in("nora", "nora").status_code == 429


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("no address", "unknown"),
    ],
)
def test_what_counts_as_one_address(address: str, network: str) -> None:
    assert rate_limit.network_of(address) == network


def test_addresses_of_one_ipv6_network_are_one(nora: User) -> None:
    for number in range(30):
        sign_in(f"name{number}", "wrong", REMOTE_ADDR=f"2001:db8::{number:x}")
    assert sign_in("nora", "nora", REMOTE_ADDR="2001:db8::ffff").status_code == 429
    assert sign_in("nora", "nora", REMOTE_ADDR="2001:db8:0:1::1").status_code == 302


def test_the_header_of_an_untrusted_peer_is_no_other_address(nora: User) -> None:
    for number in range(30):
        sign_in(f"name{number}", "wrong", REMOTE_ADDR="192.0.2.7", HTTP_X_FORWARDED_FOR=f"198.51.100.{number}")
    assert sign_in("nora", "nora", REMOTE_ADDR="192.0.2.7", HTTP_X_FORWARDED_FOR="198.51.100.99").status_code == 429


def test_behind_a_trusted_proxy_its_header_is_the_address(nora: User) -> None:
    """The nearest proxy's value; the client may write others in front of it."""
    for number in range(30):
        sign_in(f"name{number}", "wrong", HTTP_X_FORWARDED_FOR=f"10.9.9.{number}, 198.51.100.7")
    assert sign_in("nora", "nora", HTTP_X_FORWARDED_FOR="198.51.100.7").status_code == 429
    assert sign_in("nora", "nora", HTTP_X_FORWARDED_FOR="198.51.100.8").status_code == 302


def test_a_flood_of_names_from_everywhere_is_bounded_and_frees_no_account(
    nora: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counters, "MOST_ROWS", 20)
    guess("nora", 5, REMOTE_ADDR="192.0.2.1")
    for number in range(60):
        sign_in(f"name{number}", "wrong", REMOTE_ADDR=f"198.51.100.{number}")
    assert Counter.objects.count() <= 20
    assert sign_in("nora", "nora").status_code == 429


def test_rows_that_have_ended_are_deleted(nora: User) -> None:
    guess("nora", 1)
    Counter.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    guess("nobody", 1, REMOTE_ADDR="192.0.2.1")
    assert Counter.objects.filter(ends_at__lte=timezone.now()).count() == 0


def test_nothing_that_was_typed_is_stored(nora: User) -> None:
    sign_in("planted-password", "wrong")
    assert "planted" not in repr(list(Counter.objects.values()))


def test_without_the_shared_cache_the_database_counts(nora: User, settings: Settings, lines: Lines) -> None:
    """A Redis that is away lets nobody guess, and keeps nobody out."""
    settings.CACHE_IS_SHARED = True
    away = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": ["redis://127.0.0.1:1"]}
    settings.CACHES = {**settings.CACHES, "every_site": away}
    assert guess("nora", 6) == [200] * 5 + [429]
    assert any("counted in the database" in line["event"] for line in lines())
    call("people", "unlock", "nora")
    assert sign_in("nora", "nora").status_code == 302
