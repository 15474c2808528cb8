"""Feeds and a site's own credential. The web never asks X: buttons queue, or show what would be asked."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from app.tenancy.admin import SiteRelatedAdmin, panels
from app.tenancy.current import current_site
from app.twitter.models import Credential, Feed, Status
from app.twitter.poll.preview import preview
from app.twitter.poll.run import read_work

COLOURS = {"failing": "#ba2121", "waiting": "#8a5a00", "queued": "#205067", "fine": "#1e6b35"}


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

    @admin.display(description=_("feed"), ordering="value")
    def name(self, feed: Feed) -> str:
        return str(feed)

    @admin.display(description=_("status"))
    def coloured_status(self, feed: Feed) -> SafeString:
        colour = COLOURS.get(feed.status, "inherit")
        return format_html('<strong style="color: {}">{}</strong>', colour, feed.status.label)

    @admin.display(description=_("next poll"), ordering="next_poll_at")
    def next(self, feed: Feed) -> Any:
        if not feed.active:
            return "-"
        waits = feed.next_poll_at and feed.next_poll_at > timezone.now() and not feed.requested_at
        return feed.next_poll_at if waits else _("with the next run")

    @admin.action(description=_("Poll the selected feeds with the next run"), permissions=["change"])
    def poll_now(self, request: HttpRequest, feeds: QuerySet[Feed]) -> None:
        for feed in feeds:
            feed.request_poll()
            self.log_change(request, feed, "Asked for a poll.")
        count = len(feeds)
        text = ngettext("%d feed is queued for the next run.", "%d feeds are queued for the next run.", count)
        self.message_user(request, text % count, messages.SUCCESS)

    def get_urls(self) -> list[URLPattern]:
        ask = path(
            "<int:feed_id>/questions/", self.admin_site.admin_view(self.questions), name="twitter_feed_questions"
        )
        queue = path("<int:feed_id>/poll-now/", self.admin_site.admin_view(self.queue), name="twitter_feed_poll_now")
        return [ask, queue, *super().get_urls()]

    def queue(self, request: HttpRequest, feed_id: int) -> HttpResponse:
        """POST: queues one feed and goes back to it."""
        feed = self._feed(request, feed_id)
        if request.method != "POST" or not self.has_change_permission(request, feed):
            raise PermissionDenied
        self.poll_now(request, Feed.objects.filter(pk=feed.pk))
        return HttpResponseRedirect(reverse("admin:twitter_feed_change", args=[feed.pk]))

    def questions(self, request: HttpRequest, feed_id: int) -> HttpResponse:
        """What the next poll would ask for this feed. Asks nothing, and tells of no other site's feeds."""
        feed = self._feed(request, feed_id)
        work = read_work(current_site().id, timezone.now(), feed_id=feed.pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("What the next poll would ask for %s") % feed,
            "feed": feed,
            "questions": preview(work),
            "unusable": [sentence for _row, sentence in work.due.unusable],
            "waiting": bool(work.due.waiting),
            "no_token": any(not source.credential for source in work.due.sources),
        }
        return render(request, "admin/twitter/feed/questions.html", context)

    def _feed(self, request: HttpRequest, feed_id: int) -> Feed:
        feed = self.get_object(request, str(feed_id))
        if feed is None:
            raise Http404
        if not self.has_view_permission(request, feed):
            raise PermissionDenied
        return feed


class CredentialForm(forms.ModelForm[Credential]):
    # SECURITY: a token that was given once is never sent to a browser again.
    token = forms.CharField(
        label=_("bearer token"),
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "off", "size": 60}),
        max_length=500,
        help_text=_("Of the site's own app on X. It is kept, and never shown again; write a new one to change it."),
    )

    class Meta:
        model = Credential
        fields = ("token",)

    def clean_token(self) -> str:
        token: str = self.cleaned_data["token"].strip()
        if not token.isascii() or not token.isprintable() or " " in token:
            raise forms.ValidationError(_("A bearer token has letters, digits and signs only, without spaces."))
        return token


@admin.register(Credential)
class CredentialAdmin(SiteRelatedAdmin[Credential]):
    form = CredentialForm
    list_display = ("__str__",)


def feeds_panel(request: HttpRequest) -> SafeString:
    """How the feeds of the current site do, on its overview."""
    if not request.user.has_perm("twitter.view_feed"):
        return SafeString("")
    feeds = list(Feed.objects.filter(active=True))
    return render_to_string(
        "admin/twitter/panel.html",
        {
            "feeds": len(feeds),
            "failing": [feed for feed in feeds if feed.status == Status.FAILING],
            "newest": max((feed.succeeded_at for feed in feeds if feed.succeeded_at), default=None),
        },
    )


panels.register(feeds_panel)
