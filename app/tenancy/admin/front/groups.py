"""What a person may use, in four groups: on the front page, and at the side of every page of the admin."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

from django.apps import apps
from django.contrib.admin import AdminSite, ModelAdmin
from django.http import HttpRequest
from django.urls import NoReverseMatch, URLResolver, get_resolver, get_script_prefix, get_urlconf, reverse
from django.utils.translation import gettext_lazy as _

from app.extension import ADMIN_GROUPS
from app.tenancy.admin.front.faults import guarded
from app.tenancy.admin.plain_words import rows_name
from app.tenancy.admin.site_related import SuperuserPermissions
from app.tenancy.site_apps import labelled_here

CONTENT, PEOPLE, SITE, PLATFORM = ADMIN_GROUPS
TITLES = {CONTENT: _("Content"), PEOPLE: _("People"), SITE: _("This site"), PLATFORM: _("Platform")}
FIRST = 0
#: Of entries that name no place.
LAST = 50


def group_of(model_admin: ModelAdmin[Any]) -> str:
    own = getattr(model_admin, "admin_group", "")
    if own:
        return str(own)
    if isinstance(model_admin, SuperuserPermissions):
        return PLATFORM
    return group_of_app(model_admin.opts.app_label)


def grouped(request: HttpRequest, site: AdminSite) -> list[dict[str, Any]]:
    """The models and the pages by group. A group with nothing that the person may use is left out."""
    found: dict[str, list[dict[str, Any]]] = {group: [] for group in TITLES}
    for model_admin in site._registry.values():
        if entry := _entry(request, model_admin):
            found[group_of(model_admin)].append(entry)
    for group, entry in _pages(request, site):
        found[group].append(entry)
    return [
        {
            "name": TITLES[group],
            "app_label": group,
            "app_url": f"{address_of('admin:index')}#group-{group}",
            "has_module_perms": True,
            "models": sorted(entries, key=lambda entry: (entry["place"], entry["name"].casefold())),
        }
        for group, entries in found.items()
        if entries
    ]


def _entry(request: HttpRequest, model_admin: ModelAdmin[Any]) -> dict[str, Any]:
    """What Django's own list has of a model; empty for one with which the person may do nothing."""
    perms = model_admin.get_model_perms(request) if model_admin.has_module_permission(request) else {}
    if not any(perms.values()):
        return {}
    name = f"admin:{model_admin.opts.app_label}_{model_admin.opts.model_name}"
    is_listed = perms.get("change") or perms.get("view")
    return {
        "model": model_admin.model,
        "name": rows_name(model_admin),
        "object_name": model_admin.opts.object_name,
        "perms": perms,
        "admin_url": _address_if_any(f"{name}_changelist") if is_listed else None,
        "add_url": _address_if_any(f"{name}_add") if perms.get("add") else None,
        "view_only": not perms.get("change"),
        "place": getattr(model_admin, "place_in_group", LAST),
    }


def address_of(view: str) -> str:
    """The address of a view without arguments. Every page of the admin has dozens of them."""
    return _kept_address(get_resolver(get_urlconf()), get_script_prefix(), view)


def _address_if_any(view: str) -> str | None:
    """None for a model without this page, as in Django's own list: an app may leave pages out."""
    try:
        return address_of(view)
    except NoReverseMatch:
        return None


@lru_cache(maxsize=1024)
def _kept_address(_resolver: URLResolver, _prefix: str, view: str) -> str:
    return reverse(view)  # depends on all of them


def _pages(request: HttpRequest, site: AdminSite) -> Iterator[tuple[str, dict[str, Any]]]:
    """Pages of the admin that are no list of a model."""
    if not site.has_permission(request):
        return  # the page for signing in has the frame of the admin, too
    for label, find in labelled_here("admin_pages"):
        for entry in _pages_of(find, request):
            yield group_of_app(label), entry
    if request.user.is_superuser:
        yield PLATFORM, _page(_("Status"), address_of("admin:status"), LAST)
        activity = address_of("admin:tenancy_auditentry_changelist")
        yield PLATFORM, _page(_("Activity of the platform"), f"{activity}?sites=platform", LAST)


def _pages_of(find: Callable[[HttpRequest], Iterable[tuple[Any, str]]], request: HttpRequest) -> list[dict[str, Any]]:
    """None if it fails: every page of the admin has this list."""

    def entries() -> list[dict[str, Any]]:
        return [_page(title, address, FIRST) for title, address in find(request)]

    return guarded(entries, "list of admin_pages", find, lambda _name: [])


def _page(name: Any, address: str, place: int) -> dict[str, Any]:
    key = address.strip("/").rpartition("/")[2].partition("?")[0]
    return {
        "name": str(name),
        "object_name": key,
        "admin_url": address,
        "add_url": None,
        "view_only": True,
        "perms": {},
        "place": place,
    }


def by_group(attribute: str) -> list[Any]:
    """What the apps of the current site name in an attribute, imported: in the order of their groups."""
    found = labelled_here(attribute)
    return [value for label, value in sorted(found, key=lambda pair: ADMIN_GROUPS.index(group_of_app(pair[0])))]


def group_of_app(label: str) -> str:
    config = apps.get_app_config(label)
    return str(getattr(config, "admin_group", CONTENT))
