"""The pages of this process: bounded, and shared fairly by the sites, with the shared store behind them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from app.pagecache.entry import MOST_BYTES, Address, Entry, State
from app.pagecache.shared import SharedPages
from app.tenancy.fair_cache import FairCache

# Longer than nearly every page takes; after it the page is made a second time.
LONGEST_WAIT_SECONDS = 0.5


class Pages:
    """Entries by address. One that is out of date is replaced, so versions do not add up."""

    def __init__(self, *, seconds: float, most_bytes: int, shared: SharedPages | None) -> None:
        self.seconds, self.shared = seconds, shared
        self._entries: FairCache[Address, Entry] = FairCache(most_bytes, lambda entry: entry.size)
        self._lock = threading.Lock()
        self._in_the_making: dict[Address, threading.Event] = {}

    def fresh(self, address: Address, state: State) -> Entry | None:
        """The page of this process, to be served as it is."""
        with self._lock:
            entry = self._entries.get(address)
        return entry if entry is not None and entry.is_fresh() and entry.is_current(state) else None

    def from_other_processes(self, address: Address, state: State) -> Entry | None:
        """The shared page, which becomes one of this process."""
        if self.shared is None:
            return None
        entry = self.shared.get(address, state, seconds=self.seconds)
        if entry is None or not entry.is_current(state):
            return None
        self._keep(address, entry)
        return entry

    def stale(self, address: Address, state: State) -> Entry | None:
        """A page that was made of the same content and is only old: better than none, or than to wait."""
        with self._lock:
            entry = self._entries.get(address)
        return entry if entry is not None and entry.is_current(state) else None

    def keep(self, address: Address, entry: Entry) -> bool:
        """For this process and the others. False for a page that is too large, or whose content has changed by the
        clock while it was made."""
        if entry.size > MOST_BYTES or not entry.is_current(entry.state):
            return False
        self._keep(address, entry)
        if self.shared is not None:
            self.shared.put(address, entry, seconds=self.seconds)
        return True

    @contextmanager
    def making(self, address: Address) -> Iterator[bool]:
        """Whether this thread is to make the page. If another one does, False comes when that is done, or in 0.5 s."""
        event = threading.Event()
        other = self._in_the_making.setdefault(address, event)
        if other is not event:
            yield not other.wait(LONGEST_WAIT_SECONDS)
            return
        try:
            yield True
        finally:
            del self._in_the_making[address]
            event.set()

    def is_in_the_making(self, address: Address) -> bool:
        return address in self._in_the_making

    def _keep(self, address: Address, entry: Entry) -> None:
        with self._lock:
            if entry.size <= self._entries.maxsize:
                self._entries[address] = entry
