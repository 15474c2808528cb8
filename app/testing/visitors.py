"""Who sends requests, to which host, and what comes back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any, Literal, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.sites.models import Site
from django.test import Client

from app.tenancy.requests.sessions import CHOICE, CREATED_ON
from app.testing.channels import channels
from app.testing.data.canaries import Side
from app.testing.data.twins import Twins

ROLES = ("anonymous", "author", "editor", "site-admin", "member-of-both", "superuser")
Host = Literal["a", "alias of a", "b", "a listed host", "an unknown host"]
HOSTS: tuple[Host, ...] = ("a", "alias of a", "b", "a listed host", "an unknown host")
LISTED = "listed.isolation.test"
UNKNOWN = "unknown.isolation.test"


@dataclass(frozen=True, eq=False)
class Request:
    """`view` is the name in the URLconf, or the path of the function."""

    view: str
    path: str
    data: Mapping[str, Any] | None = None
    """None for a GET."""

    @property
    def method(self) -> str:
        return "GET" if self.data is None else "POST"

    @property
    def sent(self) -> str:
        """What the visitor knows already."""
        return self.path + (urlencode(self.data, doseq=True) if self.data else "")


@dataclass
class Result:
    """A response and everything beside it in which a site's content could be."""

    status: int
    headers: dict[str, str]
    body: str
    context: Any = None
    others: list[tuple[str, str]] = field(default_factory=list)

    def places(self) -> list[tuple[str, str]]:
        found = [("the body", self.body)]
        found += [(f"the header {name}", value) for name, value in self.headers.items()]
        return found + self.others


class Visitor:
    """One person at one host. Each request starts with the cookies of the sign-in."""

    def __init__(self, twins: Twins, role: str, host: Host) -> None:
        self.role, self.host = role, host
        self.name = self._host_name(twins)
        self.client = Client(HTTP_HOST=self.name, raise_request_exception=False)
        if role != "anonymous":
            self.client.force_login(twins.people[role])
            session = self.client.session
            home = _site_of(twins, host)
            session[CREATED_ON] = home.pk
            if host == "a listed host":
                session[CHOICE] = twins.sites["a"].pk
            session.save()
        self.cookies = {name: morsel.value for name, morsel in self.client.cookies.items()}
        self.served: Side | None = self._served()

    def send(self, request: Request) -> Result:
        self.client.cookies = SimpleCookie(self.cookies)
        channels.start()
        if request.data is None:
            response = self.client.get(request.path)
        else:
            response = self.client.post(request.path, request.data)
        return Result(
            response.status_code,
            dict(response.headers.items()),
            _body(response),
            getattr(response, "context", None),
            [*channels.all(), *(("a cookie", morsel.OutputString()) for morsel in response.cookies.values())],
        )

    def _served(self) -> Side | None:
        """The site whose content this visitor gets; None for one without twins."""
        if self.host == "a listed host" and self.role != "anonymous":
            return "a"
        sides: dict[Host, Side] = {"a": "a", "alias of a": "a", "b": "b"}
        return sides.get(self.host)

    def _host_name(self, twins: Twins) -> str:
        names = {"alias of a": twins.aliases["a"], "a listed host": LISTED, "an unknown host": UNKNOWN}
        return names.get(self.host) or twins.sites[cast("Side", self.host)].domain


Visitors = Mapping[tuple[str, Host], Visitor]


def _site_of(twins: Twins, host: Host) -> Site:
    if host in {"a", "alias of a", "an unknown host"}:
        return twins.sites["a"]
    return twins.sites["b"] if host == "b" else Site.objects.get(pk=settings.DEFAULT_SITE_ID)


def _body(response: Any) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    text = content.decode(response.charset or "utf-8", "replace")
    is_json = response.headers.get("Content-Type", "").startswith("application/json")
    return json.dumps(json.loads(text), ensure_ascii=False) if is_json and text else text
