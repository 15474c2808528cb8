"""The review of a draft: in the form of the row, in the list, and as a filter."""

from __future__ import annotations

from typing import Any, TypeVar

from django.contrib import admin, messages
from django.contrib.auth import get_permission_codename
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from app.publishing.review.models import LONGEST_NOTE, Review
from app.publishing.review.requests import ask, give_back, review_of, reviews_of
from app.publishing.versions.row_keys import named_by
from app.tenancy.admin import SiteRelatedAdmin

Row = TypeVar("Row", bound=models.Model)
#: The buttons of the form, and the field for the note.
ASK, TAKE_BACK, GIVE_BACK, NOTE = "_ask_review", "_take_back_review", "_give_back", "_review_note"


class ReviewFilter(admin.SimpleListFilter):
    title = _("review")
    parameter_name = "review"

    def lookups(self, *_args: object) -> list[tuple[str, Any]]:
        return [("waiting", _("Ready for review")), ("returned", _("Given back"))]

    def queryset(self, _request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        if self.value() not in {"waiting", "returned"}:
            return queryset
        reviews = Review.objects.filter(returned_at__isnull=self.value() == "waiting")
        return named_by(queryset.filter(status="draft"), reviews)


class ReviewedAdmin(SiteRelatedAdmin[Row]):
    """Who may change a draft asks for its review; who may publish it publishes it, or gives it back with a note.

    A draft that waits can be changed as before: reviewers see its newest text.
    """

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"{self.opts.app_label}.{get_permission_codename('publish', self.opts)}")

    def get_list_display(self, request: HttpRequest) -> Any:
        return [*super().get_list_display(request), "review_state"]

    def get_list_filter(self, request: HttpRequest) -> Any:
        return [*super().get_list_filter(request), ReviewFilter]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        listed = super().get_changelist_instance(request)
        reviews = reviews_of(listed.result_list)
        for row in listed.result_list:
            vars(row)["review"] = reviews.get(row.pk)
        return listed

    @admin.display(description=_("review"))
    def review_state(self, row: Any) -> str:
        review: Review | None = vars(row).get("review")
        if review is None or row.is_published:
            return ""
        if review.is_waiting:
            return str(_("Ready for review (%s)") % review.asked_by)
        return str(_("Given back (%s)") % review.returned_by)

    def render_change_form(
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Row | None = None,
    ) -> HttpResponse:
        may_write = self.has_change_permission(request, obj) if change else self.has_add_permission(request)
        if may_write and not (obj is not None and getattr(obj, "is_published", False)):
            found = review_of(obj) if obj is not None else None
            is_waiting = found is not None and found.is_waiting
            context["review"] = {
                "found": found,
                "may_ask": not is_waiting,
                "may_give_back": is_waiting and self.has_publish_permission(request),
                "may_take_back": is_waiting and not self.has_publish_permission(request),
                "note": request.POST.get(NOTE, ""),
                "longest_note": LONGEST_NOTE,
            }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        row, note = form.instance, request.POST.get(NOTE, "")
        if row.is_published:
            return
        if ASK in request.POST:
            ask(row, note)
            self.message_user(request, _("The draft is ready for review."), messages.SUCCESS)
        review = review_of(row) if {TAKE_BACK, GIVE_BACK} & {*request.POST} else None
        if review is None:
            return
        if TAKE_BACK in request.POST:
            review.delete()
            self.message_user(request, _("The draft no longer waits for a review."), messages.SUCCESS)
        elif review.is_waiting:
            # SECURITY: the button is not shown to others, and may be sent by anybody.
            if not self.has_publish_permission(request):
                raise PermissionDenied
            give_back(review, note)
            self.message_user(request, _("The draft was given back to %s.") % review.asked_by, messages.SUCCESS)
