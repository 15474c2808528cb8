"""What a site may change of its security headers: the map `headers` in its settings.

```yaml
headers:
  content_security_policy: {img-src: ["https://images.example.org"], frame-ancestors: ["https://portal.example.org"]}
  permissions_policy: {geolocation: [self]}
  hsts_seconds: 31536000
  hsts_include_subdomains: true
  hsts_preload: true
```
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError

from app.tenancy.hosts.names import InvalidHost, normalise_alias

Sources = Mapping[str, tuple[str, ...]]

#: What a page may be given access to. No page of the platform uses any of it, so browsers refuse it by default.
FEATURES = (
    "accelerometer", "browsing-topics", "camera", "display-capture", "geolocation", "gyroscope", "hid",
    "idle-detection", "local-fonts", "magnetometer", "microphone", "midi", "payment", "screen-wake-lock", "serial",
    "usb", "window-management", "xr-spatial-tracking",
)  # fmt: skip
SCHEMES = {"img-src": ("data:", "blob:"), "media-src": ("data:", "blob:"), "font-src": ("data:",)}
HASHED = ("script-src", "style-src")
DIRECTIVES = (
    "connect-src", "font-src", "form-action", "frame-ancestors", "frame-src", "img-src", "manifest-src", "media-src",
    "script-src", "style-src", "worker-src",
)  # fmt: skip
SECONDS_TO_PRELOAD = 31_536_000
# A proxy in front has a buffer of 4 or 8 KB for all headers of a response.
MAX_CHARACTERS = 2000
_ADDRESS = re.compile(r"https://([a-z0-9.*-]+)(?::[0-9]{1,5})?(/[A-Za-z0-9._~%/-]*)?")
_HASH = re.compile(r"'sha(?:256|384|512)-[A-Za-z0-9+/]{43,88}={0,2}'")


@dataclass(frozen=True, slots=True)
class SiteHeaders:
    """Sources by directive and by feature, added to the platform's own; `hsts_seconds` None: the platform's."""

    content_security_policy: Sources = field(default_factory=dict)
    permissions_policy: Sources = field(default_factory=dict)
    hsts_seconds: int | None = None
    hsts_include_subdomains: bool = False
    hsts_preload: bool = False


def clean_headers(raw: Any) -> SiteHeaders:
    """Raises one `ValidationError` with all faults."""
    if not isinstance(raw, dict):
        raise ValidationError("headers: must be a map.")
    faults = [f"headers.{name}: unknown; must be one of {', '.join(CLEAN)}." for name in raw if name not in CLEAN]
    values: dict[str, Any] = {}
    for name, clean in CLEAN.items():
        if name in raw:
            values[name] = clean(f"headers.{name}", raw[name], faults)
    if len(json.dumps(raw, default=str)) > MAX_CHARACTERS:
        faults.append(f"headers: more than {MAX_CHARACTERS} characters as JSON.")
    if not faults:
        headers = SiteHeaders(**values)
        if not headers.hsts_preload or (
            headers.hsts_include_subdomains and (headers.hsts_seconds or 0) >= SECONDS_TO_PRELOAD
        ):
            return headers
        faults.append(
            f"headers.hsts_preload: needs hsts_include_subdomains and hsts_seconds of at least {SECONDS_TO_PRELOAD}."
        )
    raise ValidationError(faults)


def _policy(place: str, raw: Any, faults: list[str]) -> Sources:
    return _sources(place, raw, faults, names=DIRECTIVES, fault_of=_fault_of_source)


def _permissions(place: str, raw: Any, faults: list[str]) -> Sources:
    return _sources(place, raw, faults, names=FEATURES, fault_of=_fault_of_origin)


def _sources(
    place: str, raw: Any, faults: list[str], *, names: tuple[str, ...], fault_of: Callable[[str, str], str]
) -> Sources:
    if not isinstance(raw, dict):
        faults.append(f"{place}: must be a map of lists.")
        return {}
    for name, sources in raw.items():
        if name not in names:
            faults.append(f"{place}.{name}: unknown; must be one of {', '.join(names)}.")
        elif not isinstance(sources, list) or not all(isinstance(source, str) for source in sources):
            faults.append(f"{place}.{name}: must be a list of texts.")
        else:
            found = ((source, fault_of(name, source)) for source in sources)
            faults += [f"{place}.{name}: {source!r} {fault}." for source, fault in found if fault]
            continue
        return {}
    return {name: tuple(sources) for name, sources in raw.items()}


def _fault_of_source(directive: str, source: str) -> str:
    # SECURITY: no 'unsafe-inline', no 'unsafe-eval', no scheme that lets any script in, and nothing that ends the
    # directive or the header: ; , spaces and line ends.
    if source == "'self'" or source in SCHEMES.get(directive, ()):
        return ""
    if directive in HASHED and _HASH.fullmatch(source):
        return ""
    match = _ADDRESS.fullmatch(source)
    if match and _is_host(match[1]):
        return ""
    others = ["'self'", *SCHEMES.get(directive, ()), *(["a hash"] if directive in HASHED else [])]
    return f"is not allowed; must be https://HOST, https://*.HOST or one of {', '.join(others)}"


def _fault_of_origin(_: str, source: str) -> str:
    match = _ADDRESS.fullmatch(source)
    if source == "self" or (match and not match[2] and "*" not in source and _is_host(match[1])):
        return ""
    return "is not allowed; must be self or https://HOST"


def _is_host(host: str) -> bool:
    try:
        return normalise_alias(host) == host
    except InvalidHost:
        return False


def _seconds(place: str, raw: Any, faults: list[str]) -> int:
    if type(raw) is int and 0 <= raw < 10**9:
        return raw
    faults.append(f"{place}: must be a number of seconds, 0 or more.")
    return 0


def _switch(place: str, raw: Any, faults: list[str]) -> bool:
    if not isinstance(raw, bool):
        faults.append(f"{place}: must be true or false.")
    return bool(raw)


CLEAN: Mapping[str, Callable[[str, Any, list[str]], Any]] = {
    "content_security_policy": _policy,
    "permissions_policy": _permissions,
    "hsts_seconds": _seconds,
    "hsts_include_subdomains": _switch,
    "hsts_preload": _switch,
}
