"""Old addresses in the one spelling under which redirects are stored and found.

The path is decoded, in composed characters (NFC) and without a slash at the end; the keys of the query are sorted and
encoded. `%`, `?` and `#` stay encoded in a path, so a stored address can be normalised again.
"""

from __future__ import annotations

import unicodedata
from urllib.parse import parse_qsl, unquote_to_bytes, urlencode, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.encoding import repercent_broken_unicode
from django.utils.translation import gettext_lazy as _

#: The longest one; a page's path has 500 characters. Of four bytes each, PostgreSQL still has them in an index.
LONGEST = 600
MOST_KEYS = 50
ADMIN = "/admin/"
PREVIEW = "/preview-link"


def is_never_redirected(path: str) -> bool:
    """Whether a missing page at this path stays one: it belongs to the platform."""
    return path == PREVIEW or path.startswith((ADMIN, settings.STATIC_URL, settings.MEDIA_URL))


def wanted(path: str, query: str) -> tuple[str, str]:
    """The stored addresses that a request may match: with its query, and without.

    `path` is decoded, as in `HttpRequest.path_info`; `query` is as WSGI has it.
    """
    stem = _stem(path)
    pairs = _sorted_pairs(query.encode("latin-1", "replace").decode("utf-8", "replace")) if query else ""
    return (f"{stem}?{pairs}" if pairs else stem), stem


def normalised(text: str) -> str:
    """An address as a person writes it, with or without a domain, encoded or not.

    Raises `ValidationError`. What has no slash at its start gets one.
    """
    address = without_domain(text.strip())
    if address.startswith("//"):
        raise ValidationError(_("An address begins with one slash."))
    path, _mark, query = address.partition("#")[0].partition("?")
    decoded = repercent_broken_unicode(unquote_to_bytes(path)).decode()
    decoded = decoded if decoded.startswith("/") else f"/{decoded}"
    if any(unicodedata.category(character) == "Cc" for character in decoded + query):
        raise ValidationError(_("An address has no control characters."))
    if is_never_redirected(f"{decoded.rstrip('/')}/"):
        raise ValidationError(_("Addresses below %(path)s are not redirected."), params={"path": _first(decoded)})
    pairs = _sorted_pairs(query)
    if pairs is None:
        raise ValidationError(_("The query has more than %(most)d keys."), params={"most": MOST_KEYS})
    found = f"{_stem(decoded)}?{pairs}" if pairs else _stem(decoded)
    if len(found) > LONGEST:
        raise ValidationError(_("An address has at most %(most)d characters."), params={"most": LONGEST})
    return found


def without_domain(address: str) -> str:
    """The path, query and fragment of a full address; another text as it is. Raises `ValidationError`."""
    if not address.lower().startswith(("http://", "https://")):
        return address
    try:
        parts = urlsplit(address)
    except ValueError:
        raise ValidationError(_("This is not an address.")) from None
    return parts._replace(scheme="", netloc="", path=f"/{parts.path.lstrip('/')}").geturl()


def path_of(stored: str) -> str:
    """The decoded path of a stored address."""
    return repercent_broken_unicode(unquote_to_bytes(stored.partition("?")[0])).decode()


def _stem(path: str) -> str:
    path = unicodedata.normalize("NFC", path).rstrip("/") or "/"
    return path.replace("%", "%25").replace("?", "%3F").replace("#", "%23")


def _sorted_pairs(query: str) -> str | None:
    """None for a query with too many keys, which no redirect has."""
    try:
        return urlencode(sorted(parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_KEYS)))
    except ValueError:
        return None


def _first(path: str) -> str:
    return f"/{path.split('/')[1]}/"
