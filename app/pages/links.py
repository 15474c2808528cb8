"""Where links lead: addresses that an editor may enter, and the targets that apps declare."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from django import forms
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.http import HttpRequest
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from app.extension import site_apps
from app.publishing.links.choices import Choice, matching
from app.tenancy.current import current_site
from app.tenancy.directory import directory
from app.tenancy.hosts.names import InvalidHost, normalise_alias
from app.tenancy.site_apps import is_on

SCHEMES = ("http", "https")
# What browsers remove from an address, or read as a slash.
REMOVED = re.compile(r"[\x00-\x20\x7f\\]")
MOST_LINKS = 20


class MenuTarget(NamedTuple):
    """A page of an app that a link may lead to. `key` is stored: keep it when the title or the address changes."""

    key: str
    title: str
    url: str


def menu_targets() -> dict[str, MenuTarget]:
    """What the apps offer on the current site, by the label of the app and the key: `events.list`."""
    return {f"{label}.{target.key}": target for label, target in _declared()}


def link_choices(_request: HttpRequest, words: Sequence[str]) -> Iterable[Choice]:
    """Source of the editor's dialog for links: the same targets."""
    targets = (Choice(str(target.title), target.url, str(_("Page of an app"))) for target in menu_targets().values())
    return matching(targets, words)


def _declared() -> Iterator[tuple[str, MenuTarget]]:
    for config in site_apps():
        for name in config.menu_targets if is_on(config.label) else ():
            yield from ((config.label, MenuTarget(*target)) for target in import_string(name)())


def validate_address(value: str) -> None:
    """Raises `ValidationError` for what is neither an http address nor a path of this site."""
    # SECURITY: `javascript:` would run in the visitor's page, and "//host" or "/\\host" look like paths.
    if REMOVED.search(value):
        raise ValidationError(_("An address has no spaces, control characters or backslashes."))
    if value.startswith("/") and not value.startswith("//"):
        return
    try:
        URLValidator(schemes=SCHEMES)(value)
    except ValidationError:
        raise ValidationError(_("Enter an address with https://, or a path of this site such as /about/.")) from None


class AddressField(models.URLField[Any, Any]):
    """An http address, or a path of the site."""

    default_validators = [validate_address]

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": forms.CharField, **kwargs})


def destination_of(address: str, target: str) -> str | None:
    """Where a link leads; None if no app has its target on the current site any longer."""
    return address or _url_in(menu_targets(), target)


def destinations(links: Iterable[tuple[str | None, str | None]]) -> list[str | None]:
    """Where each of these leads: "" for what is no link, None for a link whose target does not exist any longer."""
    links = list(links)
    targets = menu_targets() if any(target for _, target in links) else {}
    return [address or (_url_in(targets, target) if target else "") for address, target in links]


def _url_in(targets: Mapping[str, MenuTarget], key: str) -> str | None:
    return targets[key].url if key in targets else None


def leads_back_to(path: str, destination: str) -> bool:
    """Whether a link at `path` that leads to `destination` would come back to `path`, by way of other links too."""
    link_page: Any = apps.get_model("pages.LinkPage")
    for _step in range(MOST_LINKS):
        local = path_here(destination)
        if local is None or local == path:
            return local == path
        row = link_page.objects.filter(path=local).values_list("address", "target").first()
        next_one = destination_of(*row) if row is not None else None
        if next_one is None:
            return False
        destination = next_one
    return True


def path_here(destination: str) -> str | None:
    """The path of an address of the current site, with its slash at the end; None for an address elsewhere."""
    parts = urlsplit(destination)
    if parts.netloc and not _is_here(parts.hostname or ""):
        return None
    return unquote(parts.path).rstrip("/") + "/"


def _is_here(host: str) -> bool:
    try:
        match = directory.snapshot().find(normalise_alias(host))
    except InvalidHost:
        return False
    return match is not None and match.site.id == current_site().id
