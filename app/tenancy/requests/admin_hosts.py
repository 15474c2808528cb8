"""On which hosts the admin is served: those of `ADMIN_HOSTS`, or all of them if it is empty."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from importlib import import_module
from types import ModuleType
from typing import Any, NoReturn

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, URLPattern, URLResolver, reverse


def offers_admin(host: str) -> bool:
    """Whether a normalised host serves the admin."""
    return not settings.ADMIN_HOSTS or host in settings.ADMIN_HOSTS


@functools.cache
def admin_path() -> str:
    return reverse("admin:index")


def is_in_admin(request: HttpRequest) -> bool:
    return request.path_info.startswith(admin_path())


def hide_admin(request: HttpRequest) -> None:
    """For this request no path below the admin's leads anywhere; links to the admin can still be made."""
    request.urlconf = _without_admin(settings.ROOT_URLCONF)  # type: ignore[assignment]  # Django takes modules too


@functools.cache
def _without_admin(urlconf: str) -> ModuleType:
    module = import_module(urlconf)
    hidden = ModuleType(f"{urlconf} without the admin")
    vars(hidden).update(vars(module), urlpatterns=list(_hidden(module.urlpatterns, "")))
    return hidden


def _hidden(patterns: Iterable[Any], before: str) -> Iterable[URLPattern | URLResolver]:
    prefix = admin_path().removeprefix("/")
    for entry in patterns:
        path = before + str(entry.pattern).removeprefix("^")
        is_resolver = isinstance(entry, URLResolver)
        if path.startswith(prefix):
            yield _HiddenResolver(*_parts(entry)) if is_resolver else _HiddenPattern(*_parts(entry))
        elif is_resolver and prefix.startswith(path):
            pattern, _urlconf, *rest = _parts(entry)
            yield URLResolver(pattern, list(_hidden(entry.url_patterns, path)), *rest)
        else:
            yield entry


def _parts(entry: Any) -> tuple[Any, ...]:
    if isinstance(entry, URLResolver):
        return entry.pattern, entry.urlconf_name, entry.default_kwargs, entry.app_name, entry.namespace
    return entry.pattern, entry.callback, entry.default_args, entry.name


class _HiddenResolver(URLResolver):
    def resolve(self, path: str) -> NoReturn:
        raise Resolver404({"tried": [], "path": path})


class _HiddenPattern(URLPattern):
    def resolve(self, _: str) -> None:
        return None
