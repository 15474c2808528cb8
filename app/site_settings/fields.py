"""The fields of the form, by group, and what the settings of a site are in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.admin import site as admin_site
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from app.media.file_field import FileWidget
from app.media.models import MediaFile
from app.publishing.rich_text import RichTextField
from app.tenancy.sites.state_messages import LONGEST
from app.tenancy.sites.values.analytics import PROVIDERS, Key, offered_keys
from app.tenancy.sites.values.language import languages, time_zones
from app.tenancy.sites.values.registered import MAX_TAGLINE
from app.tenancy.sites.values.social import SERVICES, clean_address

STATES = {"suspended": _("While it is suspended"), "archived": _("After it was archived")}
AREAS = (
    "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific",
)  # fmt: skip
PUBLIC_PICTURE = {"kind": MediaFile.Kind.PICTURE, "is_private": False}
#: Gives the widget its model and the limits of its choice; no model has this field.
_logo_key: Any = models.ForeignKey(MediaFile, models.CASCADE, to_field="id", limit_choices_to=PUBLIC_PICTURE)


def text(label: Any, help_text: Any = "", *, most: int, lines: int = 0, **named: Any) -> forms.CharField:
    attributes = {"class": "vLargeTextField" if lines else "vTextField", **({"rows": lines} if lines else {})}
    widget: forms.Widget = forms.Textarea(attributes) if lines else forms.TextInput(attributes)
    named = {"required": False, "max_length": most, **named}
    return forms.CharField(label=label, help_text=help_text, widget=widget, **named)


def tagline() -> forms.Field:
    return text(_("Tagline"), _("One line that says what the site is about."), most=MAX_TAGLINE)


def logo() -> forms.Field:
    # SECURITY: the manager binds the choices, and what a posted value is checked against, to the current site.
    return forms.ModelChoiceField(
        label=_("Logo"),
        queryset=MediaFile.objects.filter(**PUBLIC_PICTURE),
        required=False,
        widget=FileWidget(_logo_key.remote_field, admin_site),
        help_text=_(
            "A picture of the media library: PNG, JPEG or WebP of at most %(most)s MB. A square one is the icon in the "
            "browser's tab too."
        )
        % {"most": settings.MEDIA_MAX_MB},
    )


def footer() -> forms.Field:
    field: forms.Field = RichTextField(blank=True).formfield(
        label=_("Footer"), help_text=_("Below every page: an address, opening hours, who is responsible.")
    )
    return field


def language() -> forms.Field:
    default = _("As the platform: %s") % languages()[settings.LANGUAGE_CODE]
    return forms.ChoiceField(
        label=_("Language"),
        choices=[("", default), *languages().items()],
        required=False,
        help_text=_("Of the texts around your content, of dates, and what screen readers are told."),
    )


def time_zone(stored: str) -> forms.Field:
    zones = sorted({*(zone for zone in time_zones() if zone.startswith(AREAS)), "UTC", *([stored] if stored else [])})
    groups: dict[str, list[tuple[str, str]]] = {}
    for zone in zones:
        area, _slash, place = zone.partition("/")
        groups.setdefault(area if place else str(_("Other")), []).append((zone, (place or zone).replace("_", " ")))
    default = _("As the platform: %s") % settings.TIME_ZONE
    return forms.ChoiceField(
        label=_("Time zone"),
        choices=[("", default), *sorted(groups.items())],
        required=False,
        help_text=_("Of the dates and times that visitors see."),
    )


def social() -> Iterator[tuple[str, forms.Field]]:
    for service, label in SERVICES.items():
        yield (f"social_{service}", text(label, most=300, validators=[_checked(label, clean_address)]))


def robots() -> forms.Field:
    return text(
        _("Rules for crawlers"),
        _("Lines for /robots.txt, such as Disallow: /internal/. Empty: search engines may read everything."),
        most=10_000,
        lines=4,
    )


def analytics() -> Iterator[tuple[str, forms.Field]]:
    services = [(name, PROVIDERS[name].label) for name in offered_keys()]
    yield (
        "analytics_provider",
        forms.ChoiceField(
            label=_("Service"),
            choices=[("", _("None")), *services],
            required=False,
            help_text=_(
                "Counts visits without cookies. Nobody is counted in a preview, and nobody who is signed in. Say in "
                "your privacy notice which service you use."
            ),
        ),
    )
    for name, keys in offered_keys().items():
        for key, wanted in keys.items():
            label = f"{PROVIDERS[name].label}: {wanted.label}"
            yield f"analytics_{name}_{key}", _host(label, wanted) if wanted.is_host else _value(label, wanted)


def _value(label: str, key: Key) -> forms.Field:
    return text(label, _sentence(key.hint), most=200)


def _host(label: str, key: Key) -> forms.Field:
    nothing = "---------" if key.is_required else _("The service's own")
    choices = [("", nothing), *((host, host) for host in settings.ANALYTICS_HOSTS)]
    help_text = _("One of the servers that the operator of the platform allows.")
    return forms.ChoiceField(label=label, choices=choices, required=False, help_text=help_text)


def messages() -> Iterator[tuple[str, forms.Field]]:
    for state, label in STATES.items():
        title = text(f"{label}: {_('title')}", most=LONGEST["title"])
        body = text(f"{label}: {_('text')}", most=LONGEST["text"], lines=3)
        yield from ((f"{state}_title", title), (f"{state}_text", body))


def initial(stored: Mapping[str, Any]) -> dict[str, Any]:
    """By field, from settings that were checked."""
    values: dict[str, Any] = {name: stored.get(name) or "" for name in ("tagline", "footer", "language", "time_zone")}
    chosen = stored.get("logo") or {}
    values |= {"logo": key_of_picture(chosen.get("url", "")), "logo_alt": chosen.get("alt", "")}
    values |= {f"social_{service}": (stored.get("social") or {}).get(service, "") for service in SERVICES}
    found = stored.get("analytics") or {}
    values["analytics_provider"] = found.get("provider", "")
    for name, keys in offered_keys().items():
        own = found if found.get("provider") == name else {}
        values |= {f"analytics_{name}_{key}": own.get(key, "") for key in keys}
    for state in STATES:
        parts = (stored.get("messages") or {}).get(state, {})
        values |= {f"{state}_{part}": parts.get(part, "") for part in LONGEST}
    return values


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that cleaned fields say, by name; they are checked afterwards."""
    found = {name: values.get(name) or "" for name in ("tagline", "footer", "language", "time_zone")}
    picture: MediaFile | None = values.get("logo")
    alt = values.get("logo_alt") or ""
    provider = values.get("analytics_provider") or ""
    keys = offered_keys()[provider] if provider else {}
    return {
        **found,
        "logo": {"url": picture.get_absolute_url(), "alt": alt} if picture is not None else {},
        "social": {service: values.get(f"social_{service}") or "" for service in SERVICES},
        "analytics": {
            **({"provider": provider} if provider else {}),
            **{key: values.get(f"analytics_{provider}_{key}") or "" for key in keys},
        },
        "messages": {state: {part: values.get(f"{state}_{part}") or "" for part in LONGEST} for state in STATES},
    }


def key_of_picture(address: str) -> int | None:
    """The key of the row of a picture of the current site; None if it is no longer there."""
    parts = address.split("/")
    if len(parts) != 4:
        return None
    row = MediaFile.objects.filter(file__contains=f"/public/{parts[2]}/").first()
    return None if row is None else row.pk


def _checked(label: str, clean: Callable[[Any], Any]) -> Callable[[Any], None]:
    def validate(value: Any) -> None:
        try:
            clean(value)
        except ValidationError as fault:
            raise ValidationError([f"{label}: {message}" for message in fault.messages]) from None

    return validate


def _sentence(hint: str) -> str:
    return f"{hint[:1].upper()}{hint[1:]}."
