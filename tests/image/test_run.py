"""The running image, with as few rights as a restricted cluster gives it."""

from __future__ import annotations

import http.client
import json
import subprocess
import threading
import time

import pytest

from tests.image.engine import Platform, docker
from tests.support.http import visit
from tests.support.programs import wait_until

pytestmark = [pytest.mark.service("docker")]


def test_it_works(released: Platform) -> None:
    with released.web() as web:
        web.wait_for()
        north, south = (visit(web.port(), f"{name}.localhost").body for name in ("north", "south"))
        rights = web.python("print(open('/proc/self/status').read())")

        assert "North Valley School" in north
        assert "South Quarter Gazette" in south
        assert web.python("import os; print(os.getuid(), os.getgid())") == "10001 0"
        assert "CapEff:\t0000000000000000" in rights
        assert "NoNewPrivs:\t1" in rights


def test_its_first_process_is_the_server_itself(released: Platform) -> None:
    with released.web() as web:
        web.wait_for()
        assert "gunicorn" in web.python("print(open('/proc/1/cmdline').read().replace(chr(0), ' '))")


def test_the_engine_finds_it_healthy(released: Platform) -> None:
    with released.web(extra=("--health-interval=1s",)) as web:
        wait_until(lambda: web.health == "healthy", what="healthy")


def test_a_random_user_of_group_0_may_run_it(released: Platform) -> None:
    with released.web(extra=("--user=1000680000:0",)) as web:
        web.wait_for()
        web.python("open('/media/a', 'w').write('x')")

        assert visit(web.port(), "north.localhost").status == 200


def test_release_and_migrate_can_be_repeated(released: Platform) -> None:
    for words in ("release", "migrate"):
        done = released.run(words)
        assert done.returncode == 0, done.stderr
        assert "No migrations to apply." in done.stdout


def test_release_makes_declared_sites_and_the_superuser(released: Platform, spare: str) -> None:
    sites = json.dumps({"sites": {"east": {"domain": "east.example", "name": "East"}}})
    options = released.options(
        DATABASE_URL=spare,
        SITES_FILE="/tmp/sites.json",
        DJANGO_SUPERUSER_USERNAME="root",
        DJANGO_SUPERUSER_PASSWORD="planted-password",
    )
    code = (
        f"import os; open('/tmp/sites.json', 'w').write({sites!r});"
        "os.execv('/app/docker/entrypoint', ['entrypoint', 'release'])"
    )
    done = docker("run", "--rm", *options, "--entrypoint=python", released.image, "-c", code, check=False)

    assert done.returncode == 0, done.stderr
    assert "+ east  east.example" in done.stdout
    assert "The superuser root was created." in done.stdout
    assert "planted-password" not in done.stdout + done.stderr


def test_check_deploy_finds_no_error(released: Platform) -> None:
    done = released.run("manage", "check", "--deploy", SECURE_SSL_REDIRECT="true", HSTS_SECONDS="3600")

    assert done.returncode == 0, done.stderr
    assert "ERROR" not in done.stderr


def test_poll_without_a_token_says_so_in_its_last_line(released: Platform) -> None:
    done = released.run("poll")  # the demo has feeds

    assert done.returncode == 2, done.stderr
    assert done.stdout.splitlines()[-1].endswith("There is no bearer token for X.")


def test_poll_with_nothing_to_do_succeeds(released: Platform, spare: str) -> None:
    assert released.run("release", DATABASE_URL=spare).returncode == 0

    done = released.run("poll", DATABASE_URL=spare)

    assert done.returncode == 0, done.stderr


def test_a_site_for_unknown_hosts_does_not_stop_a_first_release(released: Platform, spare: str) -> None:
    done = released.run("release", DATABASE_URL=spare, MEZZANINE_SITE_ID="1")

    assert done.returncode == 0, done.stderr


def test_it_runs_on_a_volume_alone(released: Platform) -> None:
    """Without any setting: the embedded database, with a key of its own, on /data."""
    with released.web(SECRET_KEY="", DATABASE_URL="") as web:
        web.wait_for(path="/readyz", status=503)
        docker("exec", web.name, "docker/entrypoint", "release")
        web.wait_for()

        assert web.python("import os; print(sorted(os.listdir('/data'))[:1])") == "['db.sqlite3']"


def visit_until_told_to_leave(port: int, seen: list[int | str]) -> None:
    """As a proxy does: one kept connection, request upon request, until an answer says that it was the last."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        while True:
            connection.request("GET", "/", headers={"Host": "north.localhost"})
            answer = connection.getresponse()
            answer.read()
            seen.append(answer.status)
            if answer.getheader("Connection") == "close":
                return
    except (OSError, http.client.HTTPException) as error:
        seen.append(repr(error))
    finally:
        connection.close()


def test_sigterm_under_load_ends_in_time_and_fails_no_request(released: Platform) -> None:
    with released.web() as web:
        web.wait_for()
        seen: list[int | str] = []
        visitors = [threading.Thread(target=visit_until_told_to_leave, args=(web.port(), seen)) for _ in range(4)]
        for visitor in visitors:
            visitor.start()
        wait_until(lambda: len(seen) > 40, what="load")
        started = time.monotonic()
        docker("stop", "--time=60", web.name)
        took = time.monotonic() - started
        for visitor in visitors:
            visitor.join()

        assert web.state["ExitCode"] == 0, web.logs()
        assert took < 25
        assert set(seen) == {200}


@pytest.mark.parametrize("words", [["wait"], ["release"]])
def test_a_waiting_job_ends_at_sigterm(released: Platform, spare: str, words: list[str]) -> None:
    away = spare.replace(released.database.name, "nobody.invalid")
    with released.web(*words, DATABASE_URL=away) as job:
        wait_until(lambda: "Waiting up to" in job.logs(), what="the first line")
        docker("stop", "--time=20", job.name)

        assert job.state["ExitCode"] == 143


def test_wait_ends_with_the_release(released: Platform, spare: str) -> None:
    with released.web("wait", DATABASE_URL=spare) as waiting:
        wait_until(lambda: "are not applied yet" in waiting.logs(), what="waiting")
        assert released.run("release", DATABASE_URL=spare).returncode == 0
        wait_until(lambda: not waiting.state["Running"], what="the end of waiting")

        assert waiting.state["ExitCode"] == 0


def test_many_releases_at_once_migrate_once(released: Platform, spare: str) -> None:
    results: list[subprocess.CompletedProcess[str]] = []
    threads = [
        threading.Thread(target=lambda: results.append(released.run("release", DATABASE_URL=spare))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [done.returncode for done in results] == [0, 0, 0], [done.stderr for done in results]
    assert sum("Applying tenancy.0001_initial" in done.stdout for done in results) == 1
