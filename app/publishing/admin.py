"""The right to publish in the admin: without it a person writes drafts, and what is published is read-only for her."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import DateTimeField, Field, QuerySet
from django.http import HttpRequest
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import gettext_lazy as _

from app.publishing.models import Publishable
from app.publishing.outcome import Outcome, has_expired
from app.publishing.previews.admin import PreviewsRows
from app.publishing.review.admin import ReviewedAdmin
from app.publishing.time_field import TimeField
from app.publishing.versions.admin import VersionedAdmin
from app.publishing.work.drafts import WorkFilter
from app.tenancy.isolation.content_version import lock_site

Row = TypeVar("Row", bound=Publishable)
FIELDS = ("status", "publish_at", "expire_at")


class PublishableAdmin(PreviewsRows[Row], ReviewedAdmin[Row], VersionedAdmin[Row]):
    """For a `Publishable` model. Its rows are published and withdrawn with the permission `publish_<model>` only.

    A person without it asks for a review of her drafts. The page "Versions" shows and restores what was saved before.
    """

    actions = ("publish", "withdraw")
    delete_confirmation_template = "admin/publishing/delete_confirmation.html"
    delete_selected_confirmation_template = "admin/publishing/delete_selected_confirmation.html"

    def has_change_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return super().has_change_permission(request, obj) and self._may_write(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return super().has_delete_permission(request, obj) and self._may_write(request, obj)

    def _may_write(self, request: HttpRequest, row: Row | None) -> bool:
        # SECURITY: to change or delete what is published changes what visitors see.
        return row is None or not row.is_published or self.has_publish_permission(request)

    def get_readonly_fields(self, request: HttpRequest, obj: Row | None = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return fields if self.has_publish_permission(request) else (*fields, *FIELDS)

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        is_time = isinstance(db_field, DateTimeField)
        if is_time:
            kwargs = {"form_class": TimeField, **kwargs}
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if is_time and field is not None:
            zone = _("In the time zone of the site: %s.") % get_current_timezone_name()
            field.help_text = f"{field.help_text} {zone}".strip()
        return field

    def get_list_filter(self, request: HttpRequest) -> Any:
        return [*super().get_list_filter(request), WorkFilter]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        listed = super().get_changelist_instance(request)
        if not self.has_publish_permission(request):
            # SECURITY: Django saves the rows of a list without asking for the permission on each of them.
            listed.list_editable = ()
        return listed

    def save_model(self, request: HttpRequest, obj: Row, form: Any, change: bool) -> None:
        # SECURITY: whatever form a subclass has, and whatever was sent.
        if not self.has_publish_permission(request) and (obj.is_published or {*FIELDS} & {*form.changed_data}):
            raise PermissionDenied
        super().save_model(request, obj, form, change)
        if has_expired(obj):
            text = _("“%s” has expired: visitors do not see it.")
            self.message_user(request, text % obj, messages.WARNING)

    @admin.action(description=_("Publish the selected %(verbose_name_plural)s"), permissions=["publish"])
    def publish(self, request: HttpRequest, rows: QuerySet[Row]) -> None:
        self.set_status(request, rows, Publishable.Status.PUBLISHED)

    @admin.action(description=_("Turn the selected %(verbose_name_plural)s into drafts"), permissions=["publish"])
    def withdraw(self, request: HttpRequest, rows: QuerySet[Row]) -> None:
        self.set_status(request, rows, Publishable.Status.DRAFT)

    def set_status(self, request: HttpRequest, rows: Iterable[Row], status: str) -> None:
        outcome = Outcome(self.opts, status)
        for listed in rows:
            try:
                with transaction.atomic():
                    row = self._set_status(request, listed, status)
            except ValidationError as error:
                outcome.refused.append((listed, error))
            else:
                (outcome.unchanged if row is None else outcome.changed).append(row or listed)
        for level, text in outcome.messages():
            self.message_user(request, text, level)

    def _set_status(self, request: HttpRequest, listed: Row, status: str) -> Row | None:
        """The row as it is saved; None if it has the status already. Raises `ValidationError`."""
        # The row was read without the lock: somebody may have saved it since.
        lock_site()
        row: Row | None = type(listed).objects.filter(pk=listed.pk).first()
        if row is None:
            raise ValidationError(_("Somebody has deleted it meanwhile."))
        if row.status == status:
            return None
        row.status = status
        row.save(update_fields={"status"})
        self.log_change(request, row, [{"changed": {"fields": ["Status"]}}])
        return row
