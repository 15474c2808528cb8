"""Which process sends requests to the API server, how many, and for how long."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import requests

from app.routes.cluster.api import ApiServer
from app.routes.cluster.lease import HOLD_SECONDS, LEASE_SECONDS, Election
from app.routes.cluster.outage import Outage
from app.routes.cluster.rate import RateLimit
from app.routes.cluster.watch import Cache, Watcher
from app.routes.models import RouteStatus
from app.routes.template import Kind
from tests.routes.conftest import Reconciling, declared_objects
from tests.routes.stand_in import Cluster
from tests.support.logs import Lines

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sites")]

NORTH, SOUTH = "demo-colonnade-route-north-test", "demo-colonnade-route-south-test"


def test_one_of_two_leads_and_the_other_takes_over(api: ApiServer, cluster: Cluster) -> None:
    now = [0.0]
    one, other = (Election(api, "lease", name, clock=lambda: now[0]) for name in ("one", "other"))
    for _ in range(10):
        one.step()
        other.step()
        assert (one.leads, other.leads) == (True, False)
        now[0] += 2
    # The first one is killed. It stops acting before the other one begins.
    now[0] += HOLD_SECONDS
    other.step()
    assert (one.leads, other.leads) == (False, False)
    now[0] += LEASE_SECONDS - HOLD_SECONDS
    other.step()
    one.step()
    assert (one.leads, other.leads) == (False, True)
    assert cluster.objects["leases", "lease"]["spec"]["leaseTransitions"] == 2
    other.release()
    one.step()
    assert (one.leads, other.leads) == (True, False)


def test_a_write_that_another_process_was_faster_with_wins_nothing(api: ApiServer, cluster: Cluster) -> None:
    one, other = Election(api, "lease", "one"), Election(api, "lease", "other")
    read = api.lease

    def read_and_lose(name: str) -> Any:
        found = read(name)
        other._api = ApiServer(api._url, api._account)
        other.step()
        return found

    api.lease = read_and_lose  # type: ignore[method-assign]
    one.step()
    assert (one.leads, other.leads) == (False, True)
    assert cluster.objects["leases", "lease"]["spec"]["holderIdentity"] == "other"


def test_a_renewal_during_a_slow_look_at_the_lease_counts_from_the_response(api: ApiServer, cluster: Cluster) -> None:
    now = [0.0]
    one, other = (Election(api, "lease", name, clock=lambda: now[0]) for name in ("one", "other"))
    slow = ApiServer(api._url, api._account)
    one._api = slow
    read = slow.lease

    def read_slowly(name: str) -> Any:
        now[0] += LEASE_SECONDS - 1
        other.step()
        return read(name)

    slow.lease = read_slowly  # type: ignore[method-assign]
    one.step()
    slow.lease = read  # type: ignore[method-assign]
    now[0] += 2
    one.step()
    assert (one.leads, other.leads) == (False, True)


def test_a_lease_that_nobody_can_read_ends_no_thread(api: ApiServer, cluster: Cluster, lines: Lines) -> None:
    cluster.put(
        "leases", {"metadata": {"name": "lease"}, "spec": {"holderIdentity": "x", "leaseDurationSeconds": "15s"}}
    )
    one = Election(api, "lease", "one")
    one.step()
    assert not one.leads
    assert any("cannot be used" in str(line) for line in lines())
    cluster.remove("leases", "lease")
    one.step()
    assert one.leads


def test_no_write_lasts_longer_than_the_lease(reconciling: Reconciling, monkeypatch: pytest.MonkeyPatch) -> None:
    timeouts: dict[str, float] = {}
    send = requests.Session.request

    def note(session: requests.Session, method: str, *rest: Any, **more: Any) -> Any:
        timeouts[method] = max(more["timeout"])
        return send(session, method, *rest, **more)

    monkeypatch.setattr(requests.Session, "request", note)
    reconciling.step()
    reconciling.cluster.put("httproutes", *declared_objects("north-test", "north.test"))
    assert reconciling.step() == [("delete", NORTH)]
    assert max(timeouts["PATCH"], timeouts["DELETE"]) <= HOLD_SECONDS < timeouts["GET"]


def test_without_the_lease_nothing_is_written(reconciling: Reconciling, api: ApiServer) -> None:
    Election(api, "demo-colonnade-routes", "somebody").step()
    assert reconciling.step() == []
    assert not RouteStatus.objects.exists()


def test_a_watch_that_ends_at_once_is_repeated_after_a_pause(
    api: ApiServer, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.ends_watches = True
    waits: list[float | None] = []

    class Stop(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waits.append(timeout)
            if len(waits) == 3:
                self.set()
            return self.is_set()

    delayed: list[float] = []
    api._limit = RateLimit(1, 1, clock=lambda: 0.0, sleep=delayed.append)
    cache = Cache(Kind("gateway.networking.k8s.io/v1", "HTTPRoute"), lambda: None)
    # However slow the machine is: each of these watches is a short one.
    monkeypatch.setattr("app.routes.cluster.watch.SHORT_SECONDS", 60.0)
    Watcher(api, cache, Outage()).run(Stop())
    assert waits[:3] == [60.0, 60.0, 60.0]
    assert len(delayed) == cluster.watches == 3, "watches count for the limit of requests, as the list before them"


def test_the_rate_of_requests_is_bounded() -> None:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    limit = RateLimit(20, 40, clock=lambda: now[0], sleep=sleep)
    for _ in range(2040):
        limit.wait()
    assert now[0] == pytest.approx(100)
