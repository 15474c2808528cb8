"""Where a redirect may lead: a path of the site, or a full address."""

from __future__ import annotations

import unicodedata
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

from app.tenancy.current import current_site
from app.tenancy.directory import directory
from app.tenancy.hosts.names import InvalidHost, normalise_domain

SCHEMES = ["http", "https"]
LONGEST = 2000
NO_TARGET = _("Enter a path, such as /new-page/, or an address that begins with https://.")


def normalised(text: str) -> str:
    """A path, an address with http or https, or an empty text for “gone”. Raises `ValidationError`.

    An address on a domain of the current site becomes a path.
    """
    target = text.strip()
    # SECURITY: browsers read a backslash as a slash, and leave tabs and line ends out.
    if "\\" in target or any(unicodedata.category(character)[0] in "CZ" for character in target):
        raise ValidationError(_("The target has no spaces, backslashes or control characters."))
    if len(target) > LONGEST:
        raise ValidationError(_("The target has at most %(most)d characters."), params={"most": LONGEST})
    try:
        parts = urlsplit(target)
    except ValueError:
        raise ValidationError(NO_TARGET) from None
    if parts.scheme:
        return _on_a_domain(target, parts)
    # SECURITY: browsers take `//evil.example/` for another website.
    if target.startswith("//"):
        raise ValidationError(_("A path begins with one slash. Write https:// before the name of another website."))
    return target if target.startswith("/") or not target else f"/{target}"


def _on_a_domain(target: str, parts: SplitResult) -> str:
    URLValidator(schemes=SCHEMES, message=NO_TARGET)(target)
    if parts.username is not None:
        raise ValidationError(_("The target has no user name."))  # `https://your-bank.example@evil.example/`
    try:
        host = normalise_domain(parts.hostname or "")
    except InvalidHost:
        return target  # an address of IPv6, for example, which URLValidator knows
    if _is_own(host):
        return parts._replace(scheme="", netloc="", path=f"/{parts.path.lstrip('/')}").geturl()
    port = "" if parts.port is None else f":{parts.port}"
    return parts._replace(netloc=f"{host}{port}").geturl()


def own_part(target: str) -> str | None:
    """The path and query of a target on a domain of the current site; None for one on another website.

    A stored target may have a domain that became one of the site later.
    """
    if target.startswith("/"):
        return target
    try:
        parts = urlsplit(target)
        host = normalise_domain(parts.hostname or "")
    except (InvalidHost, ValueError):
        return None
    return parts._replace(scheme="", netloc="", path=f"/{parts.path.lstrip('/')}").geturl() if _is_own(host) else None


def _is_own(host: str) -> bool:
    match = directory.snapshot().find(host)
    return match is not None and match.site.id == current_site().id
