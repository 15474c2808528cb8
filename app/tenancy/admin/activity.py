"""The list "Activity": who did what on the current site; for superusers also on all sites and on the platform."""

from __future__ import annotations

from typing import Any, cast

from django.apps import apps
from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from app.tenancy.admin.site_related import SiteRelatedAdmin
from app.tenancy.audit.verbs import CONTENT_VERBS, Verb
from app.tenancy.models import AuditEntry

Entries = QuerySet[AuditEntry]
MOST_LISTED = 10_000
#: The people to choose from are those of the newest entries.
ENTRIES_WITH_PEOPLE = 500
#: Details that need no name before them.
WITHOUT_NAME = {"changes", "role"}
KINDS: dict[str, Any] = {
    "content": (_("Content and settings"), CONTENT_VERBS),
    "sign-ins": (
        _("Sign-ins and sites"),
        [verb for verb in Verb if verb.startswith(("sign", "session")) or verb is Verb.SWITCHED_SITE],
    ),
    "members": (_("Members"), [verb for verb in Verb if verb.startswith(("member", "role", "invit"))]),
    "accounts": (
        _("Accounts"),
        [verb for verb in Verb if verb.startswith(("factor", "recovery", "password", "email", "identity"))],
    ),
    "sites": (_("The site itself"), [verb for verb in Verb if verb.startswith("site_")]),
}


class FirstEntries(Paginator[AuditEntry]):
    """Counts at most `MOST_LISTED` entries: those before them are found by a filter."""

    @cached_property
    def count(self) -> int:
        return cast("Entries", self.object_list).order_by()[:MOST_LISTED].count()


class SitesFilter(admin.SimpleListFilter):
    """For superusers: entries beyond those of the current site."""

    title = _("site")
    parameter_name = "sites"

    def lookups(self, *_args: object) -> list[tuple[str, Any]]:
        return [("all", _("All sites and the platform")), ("platform", _("The platform"))]

    def queryset(self, request: HttpRequest, queryset: Entries) -> Entries:
        # SECURITY: get_list_filter() offers this filter to superusers only, and others are refused with 400.
        if self.value() is None or not request.user.is_superuser:
            return queryset
        # all_sites: a superuser asked for them.
        every: Entries = AuditEntry.all_sites.select_related("site")
        return every.filter(site=None) if self.value() == "platform" else every

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": _("This site")}
        yield from others


class KindFilter(admin.SimpleListFilter):
    title = _("kind")
    parameter_name = "kind"

    def lookups(self, *_args: object) -> list[tuple[str, Any]]:
        return [(name, title) for name, (title, _verbs) in KINDS.items()]

    def queryset(self, _request: HttpRequest, queryset: Entries) -> Entries:
        chosen = KINDS.get(self.value() or "")
        return queryset.filter(verb__in=chosen[1]) if chosen else queryset


class PersonFilter(admin.SimpleListFilter):
    title = _("person")
    parameter_name = "who"

    def lookups(self, request: HttpRequest, *_args: object) -> list[tuple[str, str]]:
        # all_sites: a superuser asked for them.
        rows: Entries = (AuditEntry.all_sites if _beyond_this_site(request) else AuditEntry.objects).order_by("-time")
        newest = rows.values_list("actor", flat=True)[:ENTRIES_WITH_PEOPLE]
        names = {*newest, self.used_parameters.get(self.parameter_name, "")} - {""}
        return [(name, name) for name in sorted(names, key=str.casefold)]

    def queryset(self, _request: HttpRequest, queryset: Entries) -> Entries:
        return queryset.filter(actor=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class ActivityAdmin(SiteRelatedAdmin[AuditEntry]):
    rows_name = _("Activity")
    admin_group = "site"
    list_display = ("time", "who", "what", "on_what", "summary", "address")
    list_filter = (KindFilter, PersonFilter, "time")
    search_fields = ("actor", "target", "address")
    fields = ("time", "who", "what", "on_what", "summary", "address", "agent")
    ordering = ("-time",)
    sortable_by = ("time",)  # has indexes
    paginator = FirstEntries
    show_full_result_count = False

    def has_add_permission(self, *_args: Any) -> bool:
        return False

    def has_change_permission(self, *_args: Any) -> bool:
        return False

    def has_delete_permission(self, *_args: Any) -> bool:
        return False

    def get_list_filter(self, request: HttpRequest) -> Any:
        return (SitesFilter, *self.list_filter) if request.user.is_superuser else self.list_filter

    def get_list_display(self, request: HttpRequest) -> Any:
        shown = super().get_list_display(request)
        return (shown[0], "site_name", *shown[1:]) if _beyond_this_site(request) else shown

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> Any:
        # The page of an entry exists on its own site only.
        return None if _beyond_this_site(request) else super().get_list_display_links(request, list_display)

    @admin.display(description=_("site"))
    def site_name(self, entry: AuditEntry) -> Any:
        return entry.site.name if entry.site else _("Platform")

    @admin.display(description=_("who"))
    def who(self, entry: AuditEntry) -> str:
        return entry.actor or "-"

    @admin.display(description=_("what"))
    def what(self, entry: AuditEntry) -> str:
        label = str(Verb(entry.verb).label) if entry.verb in Verb.values else entry.verb
        return label if entry.count == 1 else _("%(what)s, %(count)d times") % {"what": label, "count": entry.count}

    @admin.display(description=_("object"))
    def on_what(self, entry: AuditEntry) -> str:
        if not entry.target_type:
            return entry.target or "-"
        try:
            kind = str(apps.get_model(entry.target_type)._meta.verbose_name)
        except (LookupError, ValueError):  # of an app that is no longer installed, or not a model
            kind = entry.target_type
        return f"{capfirst(kind)}: {entry.target}"

    @admin.display(description=_("details"))
    def summary(self, entry: AuditEntry) -> str:
        return "; ".join(_detail(name, value) for name, value in entry.details.items()) or "-"


def _detail(name: str, value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if name in WITHOUT_NAME else f"{name.replace('_', ' ')}: {text}"


def _beyond_this_site(request: HttpRequest) -> bool:
    return bool(request.user.is_superuser and SitesFilter.parameter_name in request.GET)
