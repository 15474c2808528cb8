"""Base classes of the admin."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn, TypeVar

from django.contrib import admin
from django.contrib.admin.filters import SimpleListFilter
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.widgets import url_params_from_lookup_dict
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.http import Http404, HttpRequest, HttpResponse

from app.postgresql.row_security.scope import every_site
from app.tenancy.admin.key_fields import widget_for
from app.tenancy.admin.missing_fields import tell_of_missing_fields
from app.tenancy.admin.newer_save import digests, keep_newer_values, refuse_to_replace_newer_values
from app.tenancy.admin.plain_words import PlainWords
from app.tenancy.admin.read_only import linked_for
from app.tenancy.audit.record import record
from app.tenancy.audit.verbs import Verb
from app.tenancy.isolation.content_version import lock_site
from app.tenancy.models import LoggedAction

Row = TypeVar("Row", bound=models.Model)

# What Django's filters write into an address after a field's name.
FILTER_LOOKUPS = ("exact", "in", "isnull", "isempty", "gt", "gte", "lt", "lte", "year", "month", "day")


class OfferedFilters(PlainWords[Row]):
    """Takes from the address only the filters that the list offers.

    Django takes any lookup by any field of the model: `?token__startswith=a` would find out a value that no page
    shows, one character after the other.
    """

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        # SECURITY: refused with 400, unless a filter of the list or a foreign key's own limit has written it.
        return lookup in self._offered_lookups(request) or (lookup, value) in self._limits_of_foreign_keys()

    def _offered_lookups(self, request: HttpRequest) -> set[str]:
        offered: set[str] = set()
        for item in (*self.get_list_filter(request), self.date_hierarchy):
            if isinstance(item, type) and issubclass(item, SimpleListFilter):
                offered.add(item.parameter_name or "")
            elif item:
                path = str(item[0] if isinstance(item, list | tuple) else item)
                target = getattr(get_fields_from_path(self.model, path)[-1], "target_field", None)
                bases = [path, f"{path}__{target.name}"] if target else [path]
                offered |= {path, *(f"{base}__{kind}" for base in bases for kind in FILTER_LOOKUPS)}
        return offered

    def _limits_of_foreign_keys(self) -> set[tuple[str, Any]]:
        """`limit_choices_to` of the keys that point here: Django writes them into the address of a popup."""
        limits = (limit() if callable(limit) else limit for limit in self.opts.related_fkey_lookups)
        return {pair for limit in limits for pair in url_params_from_lookup_dict(limit).items()}


def with_offered_filters(admin_class: type[admin.ModelAdmin[Any]]) -> type[admin.ModelAdmin[Any]]:
    """The class, or a subclass of it that takes only the filters that its list offers."""
    if issubclass(admin_class, OfferedFilters):
        return admin_class
    return type(admin_class.__name__, (OfferedFilters, admin_class), {"__module__": admin_class.__module__})


class ReportsConflicts(admin.ModelAdmin[Row]):
    """Two requests may pass validation with the same value. The second one to save gets the form with the message.

    Its first attempt is rolled back as a whole; the validation of the second attempt finds what was in the way.
    """

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except (IntegrityError, ValidationError):
            return super().changeform_view(request, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changelist_view(request, *args, **kwargs)
        except IntegrityError:
            if "_save" not in request.POST:
                raise  # an action, which may have done a part of its work
            return super().changelist_view(request, *args, **kwargs)


class RefusesNewerSaves(admin.ModelAdmin[Row]):
    """A form is not saved over what somebody else has saved since it was opened (`newer_save`)."""

    #: Whether a row is saved by the admin only, so that the log says who did it.
    is_always_logged: ClassVar[bool] = True

    def get_form(self, request: HttpRequest, obj: Row | None = None, change: bool = False, **kwargs: Any) -> Any:
        # By name: the admin of accounts takes no third argument.
        form = tell_of_missing_fields(super().get_form(request, obj, change=change, **kwargs))
        return refuse_to_replace_newer_values(form, is_always_logged=self.is_always_logged) if change else form

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return tell_of_missing_fields(super().get_changelist_form(request, **kwargs))

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        context["opened_with"] = digests(context["adminform"].form)
        return super().render_change_form(request, context, *args, **kwargs)


class ActionsBelongToTheSite(OfferedFilters[Row], RefusesNewerSaves[Row], ReportsConflicts[Row]):
    """Records with every logged action the site on which it was done, so that recent actions are listed per site.

    Each is an entry of the audit list too, unless the model's own code records its changes (`records_itself`).
    """

    records_itself: ClassVar[bool] = False
    #: Whether an action is kept from the lists of the sites: it is on the platform's.
    is_above_sites: ClassVar[bool] = False

    def log_addition(self, request: HttpRequest, obj: Row, message: Any) -> LogEntry:
        return self._recorded(Verb.ADDED, super().log_addition(request, obj, message))

    def log_change(self, request: HttpRequest, obj: Row, message: Any) -> LogEntry:
        return self._recorded(Verb.CHANGED, super().log_change(request, obj, message))

    def log_deletions(self, request: HttpRequest, queryset: Any) -> list[LogEntry]:
        entries = super().log_deletions(request, queryset)
        return [self._recorded(Verb.DELETED, entry) for entry in entries]

    def _recorded(self, verb: Verb, entry: LogEntry) -> LogEntry:
        LoggedAction.objects.create(entry=entry)
        if not self.records_itself:
            target = self.model(pk=entry.object_id)
            changes = {"changes": entry.get_change_message()} if verb is Verb.CHANGED else None
            record(
                verb,
                target=target,
                target_name=entry.object_repr,
                details=changes,
                actor=entry.user,
                on_platform=self.is_above_sites,
            )
        return entry


class SiteRelatedAdmin(ActionsBelongToTheSite[Row]):
    """For a `SiteRelated` model. Lists, choices, searches and links see the current site through `objects`."""

    def choice_text(self, row: Row) -> str:
        """The text of a row in a list of choices."""
        return str(row)

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Row | None:
        if request.method == "POST" and connection.in_atomic_block and getattr(self.model, "is_content", False):
            lock_site()  # of two people who save at one moment, the second one sees what the first one saved
        return super().get_object(request, *args, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is None:
            return None
        chosen_otherwise = db_field.name in (*self.radio_fields, *self.get_autocomplete_fields(request))
        widget = None if chosen_otherwise else widget_for(db_field, self.admin_site)
        if widget is not None:
            widget.is_required = field.required
            field.widget = widget  # without the buttons that Django wraps around a key
        return field

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method != "POST" or "_save" not in request.POST or not getattr(self.model, "is_content", False):
            return super().changelist_view(request, *args, **kwargs)
        with transaction.atomic():
            lock_site()  # as in `get_object`: the rows of the list are read after what others saved
            return super().changelist_view(request, *args, **kwargs)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        listed = super().get_changelist_instance(request)
        if request.method == "POST" and "_save" in request.POST and listed.list_editable:
            # A form with an error is shown beside its row, which a filter may have left out meanwhile.
            sent = self._get_list_editable_queryset(request, "form")
            rows = {str(row.pk): row for row in sent}
            keys = [request.POST.get(f"form-{number}-{self.opts.pk.name}") for number in range(len(rows))]
            listed.result_list = [rows[key] for key in keys if key in rows]
        return listed

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return keep_newer_values(super().get_changelist_form(request, **kwargs))

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        context["adminform"] = linked_for(request, context["adminform"])
        return super().render_change_form(request, context, *args, **kwargs)

    def _get_obj_does_not_exist_redirect(self, *_: Any, **__: Any) -> NoReturn:
        # Django would redirect to the index with a message. A missing row, or another site's, is a 404 here.
        raise Http404


class SuperuserPermissions:
    """For what is above a single site. No role may grant it: a role's permissions hold on one site.

    Every model that is not site-related gets it, unless its admin class sets `open_to_roles = True`.
    """

    def has_module_permission(self, request: HttpRequest, *_: Any, **__: Any) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    has_view_permission = has_add_permission = has_change_permission = has_delete_permission = has_module_permission

    def history_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # SECURITY: Django looks the row up before it asks for the permission: others would learn which keys exist.
        if not self.has_module_permission(request):
            raise PermissionDenied
        response: HttpResponse = super().history_view(request, *args, **kwargs)  # type: ignore[misc]  # of ModelAdmin
        return response


class SuperusersOnly(SuperuserPermissions, ActionsBelongToTheSite[Row]):
    is_above_sites = True
    is_always_logged = False  # commands, a site's own settings and people's own pages save such rows too

    # every_site: rows of all sites may go with what is above them, or prevent its deletion.

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        with every_site():
            return super().get_deleted_objects(objs, request)

    def delete_model(self, request: HttpRequest, obj: Row) -> None:
        with every_site():
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[Row]) -> None:
        with every_site():
            super().delete_queryset(request, queryset)
