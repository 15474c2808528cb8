"""Which of several processes acts: the one that holds a Lease, as Kubernetes' own controllers choose theirs.

A process measures time with its own monotonic clock from when it saw a change of the Lease; the clocks of two machines
are never compared. It stops acting before another one may start.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from app.routes.cluster.api import ApiRefused, ApiServer, ApiUnavailable
from app.routes.cluster.outage import Outage

log = logging.getLogger(__name__)

LEASE_SECONDS = 15
#: A holder that could not renew for so long no longer acts.
HOLD_SECONDS = 10.0
RETRY_SECONDS = 2.0


class Election:
    def __init__(
        self,
        api: ApiServer,
        name: str,
        identity: str,
        outage: Outage | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api, self._name, self._identity, self._clock = api, name, identity, clock
        self._outage = outage or Outage()
        self._held_until = float("-inf")
        self._seen: tuple[object, ...] = ()
        self._seen_at = 0.0

    @property
    def leads(self) -> bool:
        return self._clock() < self._held_until

    @property
    def held_until(self) -> float:
        """On the clock of this process. No write may last longer."""
        return self._held_until

    def run(self, stop: threading.Event, on_change: Callable[[], object]) -> None:
        """Takes the Lease when it is free and renews it, until `stop`; then gives it up."""
        led = False
        while not stop.is_set():
            self.step()
            if self.leads != led:
                led = self.leads
                log.info("This process %s", "keeps the routes now" if led else "no longer keeps the routes")
                on_change()
            stop.wait(RETRY_SECONDS)
        self.release()

    def step(self) -> None:
        """Takes or renews the Lease, if it may. An API server that is away changes nothing: what is held runs out."""
        started = self._clock()
        try:
            if self._take():
                self._held_until = started + HOLD_SECONDS
            self._outage.ended()
        except ApiUnavailable as error:
            self._outage.began(error)
        except ApiRefused as refused:
            if refused.status != 409:
                log.warning("The Lease %s cannot be used: %s", self._name, refused)
        except Exception:
            # Any fault is caught: without this thread the process would look healthy and never act.
            log.exception("The Lease %s cannot be used", self._name)

    def release(self) -> None:
        """Lets another process take over without waiting for the Lease to end."""
        if not self.leads:
            return
        self._held_until = float("-inf")
        try:
            lease = self._api.lease(self._name)
            if lease is not None and lease["spec"].get("holderIdentity") == self._identity:
                lease["spec"] |= {"holderIdentity": "", "leaseDurationSeconds": 1, "renewTime": _now()}
                self._api.write_lease(lease)
        except (ApiUnavailable, ApiRefused) as error:
            log.info("The Lease was not given up (%s); it ends by itself", error)

    def _take(self) -> bool:
        lease = self._api.lease(self._name)
        # After the response: it may tell of a renewal that is younger than the request.
        now = self._clock()
        if lease is None:
            lease = {
                "apiVersion": "coordination.k8s.io/v1",
                "kind": "Lease",
                "metadata": {"name": self._name},
                "spec": {},
            }
        spec = lease.setdefault("spec", {})
        holder = spec.get("holderIdentity") or ""
        seen = (holder, spec.get("renewTime"), spec.get("leaseTransitions"))
        if seen != self._seen:
            self._seen, self._seen_at = seen, now
        if holder not in {"", self._identity} and now < self._seen_at + (spec.get("leaseDurationSeconds") or 0):
            return False
        if holder != self._identity:
            spec["acquireTime"] = _now()
            spec["leaseTransitions"] = (spec.get("leaseTransitions") or 0) + 1
        spec |= {"holderIdentity": self._identity, "leaseDurationSeconds": LEASE_SECONDS, "renewTime": _now()}
        self._api.write_lease(lease)
        return True


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
