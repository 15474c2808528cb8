"""The addresses of pages: which ones an editor may choose, and which belong to apps, which come before pages."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from app.extension import site_apps
from app.publishing.slugs import normalised, validate_slug
from app.tenancy.site_apps import is_on

HOME = "/"
LONGEST_PATH = 500
#: The name of the URL that all pages have.
PAGE_URL = "page"


def app_at(path: str) -> str:
    """The title of the app of the current site that has this path, or of the platform; empty if none has it."""
    title = next(
        (
            str(config.verbose_name)
            for config in site_apps()
            if config.url_prefix and path.startswith(f"/{config.url_prefix}") and is_on(config.label)
        ),
        "",
    )
    return title or ("" if _is_free(path) else _("the platform"))


def _is_free(path: str) -> bool:
    try:
        return resolve(path).url_name == PAGE_URL
    except Resolver404:
        return True


def normalised_path(path: str) -> str:
    """One spelling of an own path: composed characters, and a slash at its end."""
    path = path.strip()
    return f"/{'/'.join(map(normalised, path[1:].rstrip('/').split('/')))}/" if path.startswith("/") else path


def validate_own_path(value: str) -> None:
    """Raises `ValidationError` for what is not a path of slugs, such as /landing/summer/."""
    if not value.startswith("/"):
        raise ValidationError(_("An own path begins with a slash, such as /landing/summer/."))
    path = normalised_path(value)
    if path.strip("/") == "":
        raise ValidationError(_("The home page has no own path: it is the page without a slug and a parent."))
    parts = path[1:-1].split("/")
    if not all(parts):
        raise ValidationError(_("An own path has one slash between its parts."))
    for part in parts:
        validate_slug(part)
