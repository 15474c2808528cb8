"""What depends on TLS: which hosts are redirected to HTTPS, and the names of the cookies."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

HOST_PREFIX = "__Host-"


def requires_https(host: str) -> bool:
    """Whether plain requests for this normalised host are redirected to HTTPS.

    `SSL_REDIRECT_EXCEPT` names the hosts for which the opposite of the variable `SECURE_SSL_REDIRECT` holds;
    `*.example.org` is every host below `example.org`.
    """
    exceptions = settings.SSL_REDIRECT_EXCEPT
    if not exceptions:
        return bool(settings.REDIRECT_TO_HTTPS)
    labels = host.split(".")
    patterns = ("*." + ".".join(labels[start:]) for start in range(1, len(labels)))
    listed = host in exceptions or any(pattern in exceptions for pattern in patterns)
    return bool(settings.REDIRECT_TO_HTTPS) is not listed


def sent_name(name: str, *, secure: bool) -> str:
    """The name under which a browser sends the cookie that the settings call `name`."""
    return HOST_PREFIX + name if secure else name


def read_cookies(request: HttpRequest) -> None:
    """Gives the session's and the CSRF token's cookie the names of the settings, under which all other code reads them.

    Over TLS they are called `__Host-…`: a browser takes such a name only from this very host, over TLS and for all
    paths. The names depend on the request and not on the deployment, because a host may be served with and without
    TLS: a browser lets no plain response replace a Secure cookie, so under one name no form would work there.
    """
    if not request.is_secure():
        return
    for name in _names():
        # SECURITY: without the prefix the cookie may come from another subdomain or from somebody on the network.
        request.COOKIES.pop(name, None)
        value = request.COOKIES.pop(sent_name(name, secure=True), None)
        if value is not None:
            request.COOKIES[name] = value


def write_cookies(request: HttpRequest, response: HttpResponseBase) -> None:
    """The opposite of `read_cookies`. Every cookie is Secure over TLS and none is without, where it would be lost."""
    secure = request.is_secure()
    for cookie in response.cookies.values():
        cookie["secure"] = secure
    for name in _names() if secure else ():
        if name in response.cookies:
            cookie = response.cookies.pop(name)
            cookie.set(sent_name(name, secure=True), cookie.value, cookie.coded_value)
            cookie.update({"path": "/", "domain": ""})
            response.cookies[cookie.key] = cookie


def _names() -> tuple[str, str]:
    return settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME
