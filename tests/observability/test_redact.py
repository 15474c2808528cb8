"""Secrets in every spelling that a log line or a report may use."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import RequestFactory

from app.observability.redact import MOST_SECRETS, REDACTED, Redactor, secrets_of

SECRET = 'pl"an/ted s3cret\\'


@pytest.fixture
def redactor() -> Redactor:
    made = Redactor()
    made.learn([SECRET, None, "", "short"])
    return made


@pytest.mark.parametrize("text", [SECRET, json.dumps(SECRET), repr(SECRET), "postgres://u:pl%22an/ted%20s3cret%5C@h"])
def test_a_known_secret_is_removed(redactor: Redactor, text: str) -> None:
    assert "s3cret" not in redactor.clean_known(f"before {text} after")


def test_a_short_value_is_not_a_secret(redactor: Redactor) -> None:
    assert redactor.clean("a short word") == "a short word"


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Authorization: Bearer abc.def", f"Authorization: Bearer {REDACTED}"),
        ("GET /x?access_token=abc&page=2", f"GET /x?access_token={REDACTED}&page=2"),
        ('{"api_key": "abc"}', f'{{"api_key": "{REDACTED}"}}'),
        ("redis://user:abc@cache:6379/0", f"redis://user:{REDACTED}@cache:6379/0"),
        ("Listening at: http://127.0.0.1:8000 (12)", "Listening at: http://127.0.0.1:8000 (12)"),
    ],
)
def test_what_looks_like_a_credential_is_removed(redactor: Redactor, text: str, cleaned: str) -> None:
    assert redactor.clean(text) == cleaned


def test_a_tree_is_cleaned_to_its_leaves(redactor: Redactor) -> None:
    tree = {"frames": [{"vars": {"x": f"-{SECRET}-"}}, ("token=abc", 7)], "n": None}
    assert redactor.clean_tree(tree) == {
        "frames": [{"vars": {"x": f"-{REDACTED}-"}}, [f"token={REDACTED}", 7]],
        "n": None,
    }


def test_the_secrets_of_a_request_are_known() -> None:
    request = RequestFactory().get(
        "/",
        {"q": "asked for"},
        HTTP_AUTHORIZATION="Basic bm9yYTp4",
        HTTP_COOKIE="sessionid=cookie-value",
        HTTP_HOST="north.example",
    )
    carried = secrets_of(request)
    assert {"bm9yYTp4", "cookie-value", "asked for", "asked+for"} <= set(carried)
    assert "north.example" not in carried


def test_a_request_has_a_bounded_number_of_secrets() -> None:
    headers: dict[str, Any] = {
        f"HTTP_X_AUTH_{number}": ";".join(f"value-{number}-{part}" for part in range(99)) for number in range(90)
    }
    assert len(secrets_of(RequestFactory(**headers).get("/"))) <= 5 * MOST_SECRETS
