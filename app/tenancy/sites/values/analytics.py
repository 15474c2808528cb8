"""`analytics` in the settings of a site: the service that counts its visitors, out of a list.

Each of them works without cookies. The policy of the site's public pages gets exactly the sources that it needs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError

from app.tenancy.hosts.names import InvalidHost, normalise_domain
from app.tenancy.sites.values.checks import clean_map, clean_text

Values = Mapping[str, str]
Sources = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class Key:
    """What a provider has to know. `pattern` is for the whole value, and empty for a host of `ANALYTICS_HOSTS`; `hint`
    says in words what it is."""

    label: str
    hint: str
    pattern: str = ""
    default: str = ""
    is_required: bool = True

    @property
    def is_host(self) -> bool:
        return not self.pattern

    def clean(self, raw: Any) -> str:
        text = clean_text(raw, 200)
        if not text and not self.is_required:
            return ""
        if self.is_host:
            return _host(text)
        # SECURITY: these values are written into addresses and attributes of a script.
        if not re.fullmatch(self.pattern, text):
            raise ValidationError(f"must be {self.hint}.")
        return text


def _host(text: str) -> str:
    bare = text.removeprefix("https://").rstrip("/")
    try:
        host = normalise_domain(bare)
    except InvalidHost as error:
        raise ValidationError(f"{text!r} is not a host such as stats.example.org: {error.reason}.") from None
    # SECURITY: its scripts run on the pages of the site, and on a host that serves the admin too they can act as the
    # person who is signed in there. So the operator lists the hosts, and no site adds one.
    if host not in settings.ANALYTICS_HOSTS:
        allowed = ", ".join(settings.ANALYTICS_HOSTS)
        rule = f"must be one of {allowed}" if allowed else "the platform allows none"
        raise ValidationError(f"{host} is not a host of the platform's analytics: {rule} (ANALYTICS_HOSTS).")
    return host


OWN_HOST = Key(label="Own host", hint="the host of your own installation, such as stats.example.org", is_required=False)


@dataclass(frozen=True, kw_only=True)
class Script:
    """The element that counts a visit. An address that begins with "static:" is a file of the platform."""

    src: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    is_async: bool = False


@dataclass(frozen=True, kw_only=True)
class Provider:
    """`script` and `sources` are made from clean values."""

    label: str
    keys: Mapping[str, Key]
    script: Callable[[Values], Script]
    sources: Callable[[Values], Sources]


def _everything_from(origin: str) -> Sources:
    return {"script-src": (origin,), "connect-src": (origin,)}


def _origin(values: Values, default: str) -> str:
    return f"https://{values.get('host') or default}"


def _umami_sources(values: Values) -> Sources:
    origin = _origin(values, "cloud.umami.is")
    # The host that the cloud's script sends to has changed several times.
    gateways = () if values.get("host") else ("https://*.umami.is", "https://*.umami.dev")
    return {"script-src": (origin,), "connect-src": gateways or (origin,)}


def _goatcounter(values: Values) -> str:
    return f"https://{values['host']}" if values.get("host") else f"https://{values['code']}.goatcounter.com"


def _goatcounter_script(values: Values) -> str:
    return f"https://{values['host']}/count.js" if values.get("host") else "https://gc.zgo.at/count.js"


def _goatcounter_sources(values: Values) -> Sources:
    count = _goatcounter(values)
    script = _goatcounter_script(values).removesuffix("/count.js")
    return {"script-src": (script,), "connect-src": (count,)}


def _matomo_sources(values: Values) -> Sources:
    origin = f"https://{values['host']}"
    return {"script-src": (origin,), "connect-src": (origin,), "img-src": (origin,)}


PROVIDERS: Mapping[str, Provider] = {
    "plausible": Provider(
        label="Plausible",
        keys={
            "domain": Key(
                label="Domain",
                hint="the domain as Plausible has it, such as school.example",
                pattern=r"[a-z0-9][a-z0-9./-]{2,100}",
            ),
            "host": OWN_HOST,
        },
        script=lambda values: Script(
            src=f"{_origin(values, 'plausible.io')}/js/script.js", attributes={"data-domain": values["domain"]}
        ),
        sources=lambda values: _everything_from(_origin(values, "plausible.io")),
    ),
    "matomo": Provider(
        label="Matomo",
        keys={
            "host": Key(label="Host", hint="the host of Matomo, such as stats.example.org"),
            "site_id": Key(label="Site ID", hint="the number that Matomo gave the site", pattern=r"[1-9][0-9]{0,8}"),
        },
        script=lambda values: Script(
            src="static:tenancy/matomo.js",
            attributes={"data-host": f"https://{values['host']}", "data-site": values["site_id"]},
        ),
        sources=_matomo_sources,
    ),
    "umami": Provider(
        label="Umami",
        keys={
            "website_id": Key(
                label="Website ID",
                hint="the id that Umami gave the site, such as 4fb7fa4c-5b46-438d-94b3-3a8fb9bc2e8b",
                pattern=r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
            ),
            "host": OWN_HOST,
        },
        script=lambda values: Script(
            src=f"{_origin(values, 'cloud.umami.is')}/script.js", attributes={"data-website-id": values["website_id"]}
        ),
        sources=_umami_sources,
    ),
    "goatcounter": Provider(
        label="GoatCounter",
        keys={
            "code": Key(
                label="Code",
                hint="the first part of your address at goatcounter.com, such as school",
                pattern=r"[a-z0-9]([a-z0-9-]{0,48}[a-z0-9])?",
                is_required=False,
            ),
            "host": OWN_HOST,
        },
        script=lambda values: Script(
            src=_goatcounter_script(values),
            attributes={"data-goatcounter": f"{_goatcounter(values)}/count"},
            is_async=True,
        ),
        sources=_goatcounter_sources,
    ),
    "fathom": Provider(
        label="Fathom",
        keys={
            "site_id": Key(
                label="Site ID", hint="the id that Fathom gave the site, such as ABCDEFGH", pattern=r"[A-Z0-9]{4,16}"
            )
        },
        script=lambda values: Script(
            src="https://cdn.usefathom.com/script.js",
            # Fathom refuses a request without a referrer, which the pages of the platform do not send to other hosts.
            attributes={"data-site": values["site_id"], "referrerpolicy": "strict-origin"},
        ),
        sources=lambda _: {
            "script-src": ("https://cdn.usefathom.com",),
            "connect-src": ("https://cdn.usefathom.com",),
            "img-src": ("https://cdn.usefathom.com",),
        },
    ),
    "cloudflare": Provider(
        label="Cloudflare Web Analytics",
        keys={
            "token": Key(label="Token", hint="the 32 characters that Cloudflare gave the site", pattern=r"[0-9a-f]{32}")
        },
        script=lambda values: Script(
            src="https://static.cloudflareinsights.com/beacon.min.js",
            attributes={"data-cf-beacon": f'{{"token": "{values["token"]}"}}'},
        ),
        sources=lambda _: {
            "script-src": ("https://static.cloudflareinsights.com",),
            "connect-src": ("https://cloudflareinsights.com",),
        },
    ),
}


def clean_analytics(raw: Any) -> dict[str, str]:
    """`provider` and its keys. An empty map: no analytics. Raises one `ValidationError` with all faults."""
    if not isinstance(raw, dict):
        raise ValidationError("must be a map.")
    if not raw:
        return {}
    name = raw.get("provider")
    if not isinstance(name, str) or name not in PROVIDERS:
        raise ValidationError(f"provider: must be one of {', '.join(PROVIDERS)}.")
    keys = PROVIDERS[name].keys
    given = clean_map({key: value for key, value in raw.items() if key != "provider"}, keys)
    clean: dict[str, str] = {}
    faults: list[str] = []
    for key, wanted in keys.items():
        try:
            clean[key] = wanted.clean(given.get(key, wanted.default))
        except ValidationError as fault:
            faults += [f"{key}: {message}" for message in fault.messages]
    if not faults and name == "goatcounter" and not (clean["code"] or clean["host"]):
        faults.append("code: missing; it or host must be given.")
    if faults:
        raise ValidationError(faults)
    return {"provider": name, **{key: value for key, value in clean.items() if value}}


def offered_keys() -> dict[str, dict[str, Key]]:
    """Provider → the keys that a site can set. Without `ANALYTICS_HOSTS` none has a host, and a provider that needs one
    is left out."""
    found: dict[str, dict[str, Key]] = {}
    for name, provider in PROVIDERS.items():
        keys = {key: wanted for key, wanted in provider.keys.items() if settings.ANALYTICS_HOSTS or not wanted.is_host}
        if all(key in keys or not wanted.is_required for key, wanted in provider.keys.items()):
            found[name] = keys
    return found


def script_of(analytics: Values) -> Script | None:
    """The script for clean values; None without analytics."""
    return PROVIDERS[analytics["provider"]].script(analytics) if analytics else None


def sources_of(analytics: Values) -> Sources:
    """What the policy has to allow for it."""
    return PROVIDERS[analytics["provider"]].sources(analytics) if analytics else {}
