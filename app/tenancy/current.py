"""The current site: kept in a ContextVar for the length of a request or of a `use_site` block.

Outside both, in a script that calls `django.setup()`, it is the site of `MEZZANINE_SITE_ID`, if that is set. In a
server that variable is one of the steps of a request (docs/sites.md): nothing else there has a site because of it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from inspect import CO_GENERATOR
from types import FrameType
from typing import Protocol

from django.conf import settings

from app.observability.context import bind_site, unbind_site
from app.tenancy.directory import find_site
from app.tenancy.hosts.snapshot import CurrentSite

# Their generators are suspended on purpose while the block is open: @contextmanager, a fixture.
BLOCK_GENERATORS = {"contextlib", "_pytest.fixtures"}


class NoCurrentSite(RuntimeError):
    """Code that works on a site's data ran while no site is current."""

    def __init__(self) -> None:
        super().__init__("No site is current here. Wrap the code in use_site(site), or run the command with --site=ID.")


class SiteOfAnotherBlock(RuntimeError):
    """A generator yielded inside `use_site`, and its consumer asked for the current site."""

    def __init__(self) -> None:
        super().__init__("A generator yielded inside use_site(). Leave the block before each yield.")


class HasSiteId(Protocol):
    """A `Site` row, a directory entry, a current site."""

    @property
    def id(self) -> int: ...


class Block:
    """A context manager in which a site is current. Blocks nest, and may end in any order."""

    def __init__(self, site: CurrentSite) -> None:
        self.site = site
        self.is_open = False
        self.outer: Block | None = None
        self.generator: FrameType | None = None

    def __enter__(self) -> CurrentSite:
        frame = sys._getframe(1)
        caller = frame.f_back
        if frame.f_code.co_flags & CO_GENERATOR and caller and caller.f_globals["__name__"] not in BLOCK_GENERATORS:
            self.generator = frame
        self.outer, self.is_open = _current.get(), True
        _set(self)
        return self.site

    def __exit__(self, *_: object) -> None:
        self.is_open, self.generator = False, None
        # Two generators may leave their blocks in another order than they entered them.
        block = _current.get()
        while block is not None and not block.is_open:
            block = block.outer
        _set(block)

    @property
    def is_suspended(self) -> bool:
        """Whether the block is in a generator that does not run now: a suspended frame has no caller."""
        return self.generator is not None and self.generator.f_back is None


class SiteOfProcess:
    """Which site is current where neither a request nor a `use_site` block decides."""

    is_server = False

    @property
    def site_id(self) -> int | None:
        """What MEZZANINE_SITE_ID says. The directory is not read, so there may be no such site."""
        return None if self.is_server or _in_request.get() else settings.MEZZANINE_SITE_ID

    def find(self) -> CurrentSite | None:
        """The site of MEZZANINE_SITE_ID. Raises `NoSuchSite`, `DirectoryUnavailable`."""
        site_id = self.site_id
        return None if site_id is None else find_site(site_id).chosen_by("environment")


site_of_process = SiteOfProcess()
_in_request: ContextVar[bool] = ContextVar("in_request", default=False)
_current: ContextVar[Block | None] = ContextVar("current_site", default=None)


def current_site() -> CurrentSite:
    """The site that this code runs for. Raises `NoCurrentSite`, or `SiteOfAnotherBlock`."""
    site = current_site_or_none()
    if site is None:
        raise NoCurrentSite
    return site


def current_site_or_none() -> CurrentSite | None:
    """As `current_site`, but None without a site."""
    block = _current.get()
    if block is None:
        return site_of_process.find()
    # SECURITY: without this the consumer of a generator would work on the generator's site instead of its own.
    if block.is_suspended:
        raise SiteOfAnotherBlock
    return block.site


def site_id_of_statement() -> int | None:
    """The site whose rows a statement may reach (app.postgresql.row_security). Raises nothing and reads nothing: the
    statement may be one of the directory's own, and a block of another generator gives no site."""
    block = _current.get()
    if block is None:
        return site_of_process.site_id
    return None if block.is_suspended else block.site.id


def use_site(site: HasSiteId | int) -> Block:
    """Makes a site current inside a `with` block; nests, and restores the previous one. Raises `NoSuchSite`."""
    return activate(find_site(site if isinstance(site, int) else site.id).chosen_by("override"))


def activate(site: CurrentSite) -> Block:
    return Block(site)


@contextmanager
def chosen_by_request() -> Iterator[None]:
    """Inside the block only the request's pipeline makes a site current, whatever MEZZANINE_SITE_ID says."""
    token = _in_request.set(True)
    try:
        yield
    finally:
        _in_request.reset(token)


def _set(block: Block | None) -> None:
    _current.set(block)
    if block is None:
        unbind_site()
    else:
        bind_site(site_id=block.site.id, domain=block.site.domain, source=block.site.source)
