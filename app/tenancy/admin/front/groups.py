"""What a person may use, in four groups: on the front page, and at the side of every page of the admin."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from django.apps import apps
from django.contrib.admin import AdminSite, ModelAdmin
from django.http import HttpRequest
from django.urls import reverse
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


def grouped(request: HttpRequest, site: AdminSite, listed: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What Django lists by app, by group. A group with nothing that the person may use is left out."""
    found: dict[str, list[dict[str, Any]]] = {group: [] for group in TITLES}
    for app in listed.values():
        for entry in app["models"]:
            model_admin = site._registry[entry["model"]]
            place = getattr(model_admin, "place_in_group", LAST)
            found[group_of(model_admin)].append({**entry, "name": rows_name(model_admin), "place": place})
    for group, entry in _pages(request, site):
        found[group].append(entry)
    return [
        {
            "name": TITLES[group],
            "app_label": group,
            "app_url": f"{reverse('admin:index')}#group-{group}",
            "has_module_perms": True,
            "models": sorted(entries, key=lambda entry: (entry["place"], entry["name"].casefold())),
        }
        for group, entries in found.items()
        if entries
    ]


def _pages(request: HttpRequest, site: AdminSite) -> Iterator[tuple[str, dict[str, Any]]]:
    """Pages of the admin that are no list of a model."""
    if not site.has_permission(request):
        return  # the page for signing in has the frame of the admin, too
    for label, find in labelled_here("admin_pages"):
        for entry in _pages_of(find, request):
            yield group_of_app(label), entry
    if request.user.is_superuser:
        yield PLATFORM, _page(_("Status"), reverse("admin:status"), LAST)
        activity = reverse("admin:tenancy_auditentry_changelist")
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
