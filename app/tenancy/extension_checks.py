"""System checks of what apps declare (app.extension)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.contrib import admin
from django.core import checks
from django.template.utils import get_app_template_dirs

from app.extension import ADMIN_GROUPS, SiteAppConfig, declared, site_apps

PROBES = ("livez", "readyz", "startupz", "healthz", "metrics")
TAKEN = (*PROBES, "admin/", "static/", "media/", "tls/", "robots.txt", "sitemap.xml", "favicon.ico")
HOOKS = ("health_checks", "metrics", "panels", "first_steps", "admin_pages", "sitemaps", "menu_targets")


def register() -> None:
    checks.register(prefixes, checks.Tags.urls)
    checks.register(hidden_templates, checks.Tags.templates)
    checks.register(hooks)
    checks.register(groups)


def prefixes(**_: Any) -> list[checks.CheckMessage]:
    """E001: a prefix of URLs that does not end with a slash, is the platform's, or is another app's."""
    found: list[checks.CheckMessage] = []
    owners: dict[str, str] = {}
    for config in site_apps():
        prefix = config.url_prefix
        if not prefix:
            continue
        if prefix.startswith("/") or not prefix.endswith("/"):
            found.append(_error(config, f"The url_prefix {prefix!r} must end with a slash, and not begin with one."))
        taken = next((path for path in TAKEN if prefix.startswith(path) or path.startswith(prefix)), None)
        if taken:
            found.append(_error(config, f"The url_prefix {prefix!r} belongs to the platform ({taken})."))
        other = next((name for name in owners if name.startswith(prefix) or prefix.startswith(name)), None)
        if other is not None:
            found.append(_error(config, f"The url_prefix {prefix!r} is also that of {owners[other]} ({other!r})."))
        owners[prefix] = config.name
    return found


def hooks(**_: Any) -> list[checks.CheckMessage]:
    """E002: a name that an app declares and that cannot be imported."""
    found: list[checks.CheckMessage] = []
    for hook in HOOKS:
        texts = [config.name for config in site_apps() if isinstance(getattr(config, hook), str)]
        if texts:
            message = f"{hook} of {texts[0]} is a text. It must be a tuple; is a comma missing?"
            found.append(checks.Error(message, id="extension.E002"))
            continue
        try:
            declared(hook)
        except ImportError as error:
            found.append(checks.Error(f"{hook} of an app cannot be imported: {error}", id="extension.E002"))
    return found


def groups(**_: Any) -> list[checks.CheckMessage]:
    """E003: a group of the admin's front page that does not exist, of an app or of a registered admin class."""
    named = [(config.name, config.admin_group) for config in site_apps()]
    # A class without a group is in that of its app.
    classes = [(str(shown), getattr(shown, "admin_group", "")) for shown in admin.site._registry.values()]
    named += [(name, str(group)) for name, group in classes if group]
    choices = ", ".join(map(repr, ADMIN_GROUPS))
    return [
        checks.Error(f"The admin_group {group!r} must be one of {choices}.", obj=name, id="extension.E003")
        for name, group in named
        if group not in ADMIN_GROUPS
    ]


def hidden_templates(**_: Any) -> list[checks.CheckMessage]:
    """W001: a template that is never used, because the platform or another app has one of this name before it."""
    folders = [Path(folder) for folder in get_app_template_dirs("templates")]
    found: list[checks.CheckMessage] = []
    for config in settings.EXTRA_APPS:
        own = Path(config.path) / "templates"
        before = folders[: folders.index(own)] if own in folders else []
        for name, folder in _hidden(own, before):
            message = f"Its template {name} is never used: {folder / name} comes first."
            found.append(checks.Warning(message, hint="Give it another name.", obj=config.name, id="extension.W001"))
    return found


def _hidden(own: Path, before: list[Path]) -> Iterator[tuple[str, Path]]:
    for path in sorted(own.rglob("*")):
        name = path.relative_to(own).as_posix()
        first = next((folder for folder in before if (folder / name).is_file()), None)
        if path.is_file() and first is not None:
            yield name, first


def _error(config: SiteAppConfig | AppConfig, message: str) -> checks.CheckMessage:
    return checks.Error(message, obj=config.name, id="extension.E001")
