"""Which hosts are redirected to HTTPS: all or none of them, with exceptions."""

from __future__ import annotations

from django.conf import settings
from django.http.response import HttpResponseBase


def requires_https(host: str) -> bool:
    """Whether plain requests for this normalised host are redirected to HTTPS, and its cookies are Secure.

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


def secure_cookies(response: HttpResponseBase, host: str) -> None:
    """Cookies of an exception are Secure when those of other hosts are not, and the other way round."""
    secure = requires_https(host)
    if secure is not bool(settings.REDIRECT_TO_HTTPS):
        for cookie in response.cookies.values():
            cookie["secure"] = secure
