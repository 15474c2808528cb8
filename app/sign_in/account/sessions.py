"""The sessions of a person: where each was begun, and their end."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.usersessions.internal.flows.sessions import end_other_sessions, end_sessions
from allauth.usersessions.models import UserSession
from django.http import HttpRequest

from app.accounts.models import User
from app.tenancy.directory import directory
from app.tenancy.requests.sessions import CREATED_ON

# The first that is in the header: Edge and Opera name Chrome too, and Chrome names Safari.
BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


@dataclass(frozen=True, slots=True)
class Session:
    id: int
    site: str
    address: str
    browser: str
    begun: datetime
    is_current: bool


def sessions_of(request: HttpRequest, person: User) -> list[Session]:
    """Those that still sign in, the newest first. Forgets the others."""
    if not UserSession.objects.filter(session_key=request.session.session_key).exists():
        UserSession.objects.create_from_request(request)
    rows = UserSession.objects.purge_and_list(person)
    return sorted((_session(row) for row in rows), key=lambda one: (one.is_current, one.begun), reverse=True)


def follow_renewal(before: str, now: str, **_: object) -> None:
    """Receiver of `session_renewed`: a session under a new key is still listed, and can be ended."""
    UserSession.objects.filter(session_key=before).update(session_key=now)


def end_session(request: HttpRequest, person: User, pk: int) -> bool:
    """Ends one of the person's other sessions; False if there is none."""
    row = UserSession.objects.filter(user=person, pk=pk).first()
    if row is None or row.is_current():
        return False
    end_sessions(request, [row])
    return True


def end_others(request: HttpRequest, person: User) -> None:
    end_other_sessions(request, person)


def browser_in(agent: str) -> str:
    """For people to recognise: browser and system, if the header names known ones."""
    browser = next((name for mark, name in BROWSERS.items() if f"{mark}/" in agent), "")
    system = next((name for mark, name in SYSTEMS.items() if mark in agent), "")
    if browser and system:
        return f"{browser}, {system}"
    return browser or system or re.sub(r"[^ -~]", "", agent)[:40]


def _session(row: Any) -> Session:
    site = directory.snapshot().sites.get(row._session_store(row.session_key).get(CREATED_ON))
    return Session(
        row.pk, site.name if site else "", row.ip, browser_in(row.user_agent), row.created_at, row.is_current()
    )
