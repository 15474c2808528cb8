"""A form that was refused: by its token, or because a proxy hides the address that the browser uses."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

import structlog
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import REASON_BAD_ORIGIN, REASON_BAD_REFERER, REASON_INSECURE_REFERER, REASON_NO_REFERER
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from app.observability.text import escaped
from app.tenancy.hosts.names import InvalidHost, parse_host
from app.tenancy.requests import responses
from app.tenancy.requests.tenancy import tenancy_of

log = structlog.stdlib.get_logger(__name__)
LONGEST_ORIGIN = 255
FROM_A_PAGE = tuple(text.partition("%s")[0] for text in (REASON_BAD_ORIGIN, REASON_BAD_REFERER))


@dataclass(frozen=True, slots=True)
class Fault:
    """`name` and `advice` are for the operator's log, `title` and `text` for the visitor."""

    name: str
    advice: str
    title: str | Promise
    text: str | Promise


PROXY_TITLE = _("This site is not set up completely")
PROXY_TEXT = _(
    "Nothing was saved. Your form is in order, but the server in front of this site hides the address that your "
    "browser uses. The log of the platform says what its operator has to set."
)
SCHEME = Fault(
    "scheme",
    "The page was opened over https and the form arrived over http. The proxy has to send X-Forwarded-Proto, and its "
    "address has to be in TRUSTED_PROXIES.",
    PROXY_TITLE,
    PROXY_TEXT,
)
HOST = Fault(
    "host",
    "The page was opened on another host or port of this platform than the form arrived for. The proxy has to keep "
    "Host, or to send X-Forwarded-Host from an address in TRUSTED_PROXIES.",
    PROXY_TITLE,
    PROXY_TEXT,
)
ORIGIN = Fault(
    "origin",
    "The form was sent from a website that this platform does not serve.",
    _("Sent from another website"),
    _("Nothing was saved. This form can only be sent from this site's own pages."),
)
REFERER = Fault(
    "referer",
    "The browser sent neither Origin nor Referer over https.",
    _("Your browser hides where the form comes from"),
    _("Nothing was saved. Allow your browser to send the Referer header to this site, and send the form again."),
)
TOKEN = Fault(
    "token",
    "The form has no valid token: it was opened before the last sign-in, or cookies are blocked.",
    _("This form is out of date"),
    _("Nothing was saved. Go back, reload the page and send the form again; cookies have to be allowed."),
)


def failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The view of CSRF_FAILURE_VIEW."""
    sent_from = request.headers.get("Origin") or request.headers.get("Referer", "")
    expected = f"{request.scheme}://{request.get_host()}"
    fault = fault_of(request, reason, sent_from)
    origin = escaped(sent_from.partition("?")[0], LONGEST_ORIGIN)
    log.warning("Form refused: " + fault.advice, fault=fault.name, origin=origin, expected=expected)
    return responses.page(str(fault.title), str(fault.text), 403)


def fault_of(request: HttpRequest, reason: str, sent_from: str) -> Fault:
    if reason == REASON_NO_REFERER:
        return REFERER
    if reason == REASON_INSECURE_REFERER:
        return SCHEME
    if not reason.startswith(FROM_A_PAGE):
        return TOKEN
    try:
        page = urlsplit(sent_from)
        name = parse_host(page.netloc).name
    except (ValueError, InvalidHost):
        return ORIGIN  # "null", for example
    tenancy = tenancy_of(request)
    if name == tenancy.host:
        return HOST if page.scheme == request.scheme else SCHEME
    known = tenancy.snapshot.find(name) is not None or name in tenancy.fallbacks.listed_hosts
    return HOST if known else ORIGIN
