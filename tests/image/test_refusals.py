"""What cannot work ends at once, with one clear line and exit status 2."""

from __future__ import annotations

import pytest

from tests.image.engine import Container, Platform, docker
from tests.support.programs import wait_until

pytestmark = [pytest.mark.service("docker")]


def refusal(platform: Platform, *words: str, extra: tuple[str, ...] = (), **env: str) -> str:
    """The one paragraph on stderr of a container that would not work."""
    with platform.web(*words, extra=extra, **env) as refused:
        wait_until(lambda: not refused.state["Running"], what="the refusal")
        said = docker("logs", refused.name)
        assert refused.state["ExitCode"] == 2, said.stdout + said.stderr
    assert "Traceback" not in said.stdout + said.stderr
    return said.stderr.strip()


def test_an_unknown_sub_command(released: Platform) -> None:
    assert refusal(released, "serve").startswith("Unknown sub-command 'serve'.\nusage: web")


@pytest.mark.parametrize("words", [["web"], ["release"], ["manage", "check"]])
def test_no_secret_key(released: Platform, words: list[str]) -> None:
    assert "SECRET_KEY: Not set." in refusal(released, *words, SECRET_KEY="")


@pytest.mark.parametrize("words", [["web"], ["release"]])
def test_a_secret_key_file_that_cannot_be_read(released: Platform, words: list[str]) -> None:
    text = refusal(released, *words, SECRET_KEY="", SECRET_KEY_FILE="/run/secrets/none")

    assert "SECRET_KEY_FILE cannot be read (No such file or directory): /run/secrets/none." in text


def test_all_bad_values_are_named_at_once(released: Platform) -> None:
    text = refusal(released, "web", WEB_CONCURRENCY="many", METRICS_PORT="off", SITE_ID="zero")

    assert all(f"{name}:" in text for name in ("WEB_CONCURRENCY", "METRICS_PORT", "SITE_ID"))


@pytest.mark.parametrize("words", ["migrate", "release", "wait"])
def test_a_database_that_never_comes(released: Platform, words: str) -> None:
    text = refusal(released, words, DATABASE_URL="postgres://a:b@127.0.0.1:5999/c", DATABASE_WAIT_SECONDS="2")

    assert "The database at 127.0.0.1:5999 did not respond within 2 s: " in text
    assert len(text.splitlines()) == 1


def test_a_database_that_comes_late(released: Platform) -> None:
    with released.web("migrate", DATABASE_URL=released.url()) as job:
        docker("pause", released.database.name)
        docker("unpause", released.database.name)
        wait_until(lambda: not job.state["Running"], what="the end")
        assert job.state["ExitCode"] == 0


@pytest.mark.parametrize("words", ["migrate", "release", "wait"])
def test_a_wrong_password_is_not_waited_for(released: Platform, words: str) -> None:
    text = refusal(released, words, DATABASE_URL=released.url(password="wrong"))

    assert f"The database at {released.database.name}:5432 refuses connections: " in text
    assert "password authentication failed" in text
    assert len(text.splitlines()) == 1


def test_web_starts_without_a_database_and_is_not_ready(released: Platform) -> None:
    with released.web(DATABASE_URL="postgres://a:b@127.0.0.1:5999/c") as web:
        web.wait_for(path="/livez")
        web.wait_for(path="/readyz", status=503)


def test_media_that_cannot_be_written(released: Platform) -> None:
    text = refusal(released, "web", extra=("--user=12345:12345",))

    assert text.startswith("MEDIA_ROOT /media is not writable for user 12345, group 12345.")
    assert len(text.splitlines()) == 1


def test_a_port_that_is_taken(released: Platform) -> None:
    with released.web() as web:
        web.wait_for()
        assert taken(web, BIND="0.0.0.0:8000").startswith(
            "Port 8000 of 0.0.0.0 is not available (Address already in use)."
        )
        assert taken(web, BIND="0.0.0.0:8001").startswith(
            "Port 9090 of 0.0.0.0 is not available (Address already in use)."
        )


def taken(web: Container, **env: str) -> str:
    """A second server in the same network name space, as hostNetwork makes them meet."""
    given = [word for name, value in env.items() for word in ("--env", f"{name}={value}")]
    done = docker("exec", *given, web.name, "docker/entrypoint", "web", check=False)
    assert done.returncode == 2, done.stderr
    return done.stderr
