"""The access line of a request, and its counts: one function for every way in which a request is served."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Protocol
from urllib.parse import quote

from app.observability import metrics
from app.observability.redact import redactor
from app.observability.text import escaped

LOGGER = "app.access"
LONGEST_METHOD = 20
LONGEST_PATH = 1024
LONGEST_AGENT = 200
NO_FIELDS: Mapping[str, object] = MappingProxyType({})

logger = logging.getLogger(LOGGER)


class SiteOfRequest(Protocol):
    """The site that a request was served for, as `request.tenancy.site` describes it."""

    @property
    def id(self) -> int: ...
    @property
    def domain(self) -> str: ...
    @property
    def source(self) -> str: ...


def record(
    *,
    request_id: str,
    client: str,
    method: str,
    path: str,
    agent: str,
    status: int,
    size: int | None,
    seconds: float,
    site: SiteOfRequest | None,
    refused: Mapping[str, object] = NO_FIELDS,
) -> None:
    """Counts the request and writes its line. What the client wrote is escaped and cut here."""
    metrics.count_request(site.id if site else None, status, seconds)
    level = logging.ERROR if status >= 500 else logging.INFO
    if not logger.isEnabledFor(level):
        return
    fields: dict[str, object] = {
        "event": "request",
        "method": escaped(method, LONGEST_METHOD),
        "path": _path(path[: LONGEST_PATH + 1]),
        "status": status,
        "bytes": size,
        "ms": round(seconds * 1000, 1),
        "agent": _agent(agent[: LONGEST_AGENT + 1]),
        **refused,
    }
    if site is not None:
        fields |= {"site": site.id, "site_domain": site.domain, "site_source": site.source}
    fields |= {
        "client": client,
        "request_id": request_id,
        "level": logging.getLevelName(level).lower(),
        "logger": LOGGER,
        "time": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
    }
    logger.handle(AccessRecord(level, fields))


# What other formatters print of a record: here always the same.
TEMPLATE = vars(logging.LogRecord(LOGGER, logging.INFO, __file__, 0, "request", None, None, "record"))


class AccessRecord(logging.LogRecord):
    """A whole record would look up thread and process, and `logger.info` the file and line of its caller."""

    def __init__(self, level: int, fields: dict[str, object]) -> None:
        vars(self).update(TEMPLATE)
        self.levelno, self.levelname = level, logging.getLevelName(level)
        self.created = time.time()
        self.fields = fields


# A few paths and agents are those of nearly all requests.


@lru_cache(maxsize=1024)
def _path(text: str) -> str:
    # Quoted because it may contain line ends; the query is omitted because it may contain secrets.
    return escaped(quote(text[:LONGEST_PATH], safe="/:@!$&'()*+,;=~"), LONGEST_PATH)


@lru_cache(maxsize=1024)
def _agent(text: str) -> str:
    return redactor.clean(escaped(text, LONGEST_AGENT))
