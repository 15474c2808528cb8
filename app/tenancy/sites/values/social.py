"""`social` in the settings of a site: its addresses on social networks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from app.tenancy.sites.values.checks import clean_map, clean_text

#: Service → its name, in the order in which themes show them.
SERVICES: Mapping[str, str] = {
    "mastodon": "Mastodon",
    "bluesky": "Bluesky",
    "x": "X",
    "threads": "Threads",
    "facebook": "Facebook",
    "instagram": "Instagram",
    "linkedin": "LinkedIn",
    "youtube": "YouTube",
    "vimeo": "Vimeo",
    "tiktok": "TikTok",
    "pinterest": "Pinterest",
    "flickr": "Flickr",
    "github": "GitHub",
    "gitlab": "GitLab",
    "telegram": "Telegram",
    "whatsapp": "WhatsApp",
}
LONGEST = 300
_is_address = URLValidator(schemes=["https"])


class Profile(NamedTuple):
    """An address of the site on a social network."""

    service: str
    label: str
    url: str


def clean_social(raw: Any) -> dict[str, str]:
    """Service → address, without the empty ones. Raises one `ValidationError` with all faults."""
    clean: dict[str, str] = {}
    faults: list[str] = []
    for service, address in clean_map(raw, SERVICES).items():
        try:
            clean[service] = clean_address(address)
        except ValidationError as fault:
            faults += [f"{service}: {message}" for message in fault.messages]
    if faults:
        raise ValidationError(faults)
    return {service: address for service, address in clean.items() if address}


def clean_address(raw: Any) -> str:
    """Raises `ValidationError`."""
    address = clean_text(raw, LONGEST)
    try:
        if address:
            _is_address(address)
    except ValidationError:
        raise ValidationError("must be a full address that begins with https://.") from None
    return address


def profiles(social: Mapping[str, str]) -> tuple[Profile, ...]:
    return tuple(Profile(name, label, social[name]) for name, label in SERVICES.items() if name in social)
