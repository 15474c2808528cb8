"""Feeds and a site's own credential. The admin sends nothing to X: it queues a poll, or shows its requests."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from app.tenancy.admin import SiteRelatedAdmin
from app.tenancy.current import current_site
from app.twitter.models import Credential, Feed


@admin.register(Feed)
class FeedAdmin(SiteRelatedAdmin[Feed]):
    list_display = ("name", "kind", "active", "coloured_status", "succeeded_at", "next", "last_error")
    list_filter = ("kind", "active")
    search_fields = ("value",)
    actions = ("poll_now",)
    readonly_fields = ("coloured_status", "succeeded_at", "tried_at", "next", "last_error")
    fieldsets = (
        (None, {"fields": ("kind", "value", "active", "is_default")}),
        (_("Polling"), {"fields": readonly_fields}),
    )

    class Media:
        css = {"all": ("twitter/admin.css",)}

    @admin.display(description=_("feed"), ordering="value")
    def name(self, feed: Feed) -> str:
        return str(feed)

    @admin.display(description=_("status"))
    def coloured_status(self, feed: Feed) -> SafeString:
        return format_html('<strong class="feed-{}">{}</strong>', feed.status.value, feed.status.label)

    @admin.display(description=_("next poll"), ordering="next_poll_at")
    def next(self, feed: Feed) -> Any:
        if not feed.active:
            return "-"
        return feed.state.waits_until(timezone.now()) or _("with the next run")

    def save_model(self, request: HttpRequest, obj: Feed, form: forms.ModelForm[Feed], change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and any(getattr(obj, name) != form.initial[name] for name in ("kind", "value")):
            obj.restart()

    @admin.action(description=_("Poll the selected feeds with the next run"), permissions=["change"])
    def poll_now(self, request: HttpRequest, feeds: QuerySet[Feed]) -> None:
        for feed in feeds:
            feed.request_poll()
            self.log_change(request, feed, "Requested a poll.")
        count = len(feeds)
        text = ngettext("%d feed is queued for the next run.", "%d feeds are queued for the next run.", count)
        self.message_user(request, text % count, messages.SUCCESS)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:feed_id>/requests/", view(self.requests), name="twitter_feed_requests"),
            path("<int:feed_id>/poll-now/", view(self.queue), name="twitter_feed_poll_now"),
            *super().get_urls(),
        ]

    def queue(self, request: HttpRequest, feed_id: int) -> HttpResponse:
        """POST: queues one feed and redirects to it."""
        feed = self._feed(request, feed_id)
        if request.method != "POST" or not self.has_change_permission(request, feed):
            raise PermissionDenied
        self.poll_now(request, Feed.objects.filter(pk=feed.pk))
        return HttpResponseRedirect(reverse("admin:twitter_feed_change", args=[feed.pk]))

    def requests(self, request: HttpRequest, feed_id: int) -> HttpResponse:
        """The requests of the next poll for this feed. Sends nothing, and shows nothing of other sites' feeds."""
        from app.twitter.poll.run import read_work  # here: every process imports this module, and few need tweepy

        feed = self._feed(request, feed_id)
        work = read_work(current_site().id, timezone.now(), feed_id=feed.pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Requests of the next poll for %s") % feed,
            "feed": feed,
            "requests": work.preview(),
            "errors": [error.message for _, error in work.faults()],
            "waits": bool(work.due.skipped),
        }
        return render(request, "admin/twitter/feed/requests.html", context)

    def _feed(self, request: HttpRequest, feed_id: int) -> Feed:
        feed = self.get_object(request, str(feed_id))
        if feed is None:
            raise Http404
        if not self.has_view_permission(request, feed):
            raise PermissionDenied
        return feed


class CredentialForm(forms.ModelForm[Credential]):
    # SECURITY: a stored token is never sent to a browser.
    token = forms.CharField(
        label=_("Bearer token"),
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "off", "size": 60}),
        max_length=500,
        help_text=_("Of the site's own app on X. It is never shown again; enter a new one to change it."),
    )

    class Meta:
        model = Credential
        fields = ("token",)


@admin.register(Credential)
class CredentialAdmin(SiteRelatedAdmin[Credential]):
    form = CredentialForm
    list_display = ("__str__",)
