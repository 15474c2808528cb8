"""Feeds, the posts that they brought, a site's own credential, and what the poll keeps between its runs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from app.tenancy.models import SiteRelated
from app.twitter.feed_values import LONGEST_SEARCH, UnusableValue, normal
from app.twitter.rendering import linked
from app.twitter.tokens import fingerprint

MOST_FEEDS = 100
# What the poll writes on a feed; a feed that follows something else starts without it.
STATE = ("succeeded_at", "tried_at", "next_poll_at", "last_error", "failures", "since_id", "since_at")


class Status(models.TextChoices):
    """How a feed does, in a word."""

    OFF = "off", _("off")
    NEW = "new", _("not polled yet")
    QUEUED = "queued", _("queued")
    FAILING = "failing", _("failing")
    WAITING = "waiting", _("waiting")
    FINE = "fine", _("fine")


class Feed(SiteRelated):
    """Something on X that a site shows. The poll fills it; pages only read what is stored."""

    class Kind(models.TextChoices):
        USER = "user", _("Posts of a user")
        LIST = "list", _("Posts of a list")
        SEARCH = "search", _("Posts that a search finds")

    _stored: Mapping[str, str] = {}

    kind = models.CharField(_("kind"), max_length=6, choices=Kind.choices, default=Kind.USER)
    value = models.CharField(
        _("value"),
        max_length=LONGEST_SEARCH,
        help_text=_("A user name or address, a list's address or number, or the words of a search."),
    )
    active = models.BooleanField(_("active"), default=True, help_text=_("Only active feeds are polled and shown."))
    is_default = models.BooleanField(
        _("the site's feed"), default=False, help_text=_("Shown where a page asks for the site's own feed.")
    )

    succeeded_at = models.DateTimeField(_("last success"), null=True, editable=False)
    tried_at = models.DateTimeField(_("last try"), null=True, editable=False)
    next_poll_at = models.DateTimeField(_("next poll"), null=True, editable=False)  # null: the next run
    requested_at = models.DateTimeField(_("asked for"), null=True, editable=False)
    last_error = models.TextField(_("last error"), blank=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    # The post up to which this feed has everything, and when it was written.
    since_id = models.BigIntegerField(null=True, editable=False)
    since_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("feed")
        verbose_name_plural = _("feeds")
        ordering = ("kind", "value")
        constraints = [
            models.UniqueConstraint(
                fields=["site", "kind", "value"],
                name="a_site_follows_a_source_once",
                violation_error_message=_("This site has this feed already."),
            ),
            models.UniqueConstraint(
                fields=["site"],
                condition=models.Q(is_default=True),
                name="a_site_has_one_default_feed",
                violation_error_message=_("Another feed is the site's own already."),
            ),
        ]

    def __str__(self) -> str:
        return {"user": f"@{self.value}", "list": f"list {self.value}"}.get(self.kind, self.value)

    def clean(self) -> None:
        super().clean()
        try:
            self.value = normal(self.kind, self.value)
        except UnusableValue as error:
            raise ValidationError({"value": str(error)}) from None
        # One site must not use up what all sites share.
        if self.active and Feed.objects.filter(active=True).exclude(pk=self.pk).count() >= MOST_FEEDS:
            raise ValidationError(_("A site has at most %(most)s active feeds.") % {"most": MOST_FEEDS})

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Self:
        feed = super().from_db(*args, **kwargs)
        loaded = {"kind", "value"} - feed.get_deferred_fields()
        feed._stored = {name: getattr(feed, name) for name in loaded}
        return feed

    def save(self, **kwargs: Any) -> None:
        # An unusable value is kept as written, so that the poll can say in the admin what is wrong with it.
        with suppress(UnusableValue):
            self.value = normal(self.kind, self.value)
        changed = any(getattr(self, name) != value for name, value in self._stored.items())
        if changed and kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], *STATE}
        with transaction.atomic():
            if changed and self.pk:
                # What the feed followed before is no part of what it follows now.
                self.tweets.all().delete()
                untouched = Feed()
                for name in STATE:
                    setattr(self, name, getattr(untouched, name))
            super().save(**kwargs)
        self._stored = {"kind": self.kind, "value": self.value}

    def request_poll(self) -> None:
        """Queues the feed for the next run, which takes it first."""
        Feed.objects.filter(pk=self.pk).update(requested_at=timezone.now())

    @property
    def status(self) -> Status:
        if not self.active:
            return Status.OFF
        if self.requested_at:
            return Status.QUEUED
        if self.last_error:
            return Status.FAILING
        if self.next_poll_at and self.next_poll_at > timezone.now():
            return Status.WAITING
        return Status.FINE if self.succeeded_at else Status.NEW


class Tweet(SiteRelated):
    """A post in one feed of one site. Feeds have rows of their own, so that no site depends on another's."""

    remote_id = models.BigIntegerField()
    feed = models.ForeignKey(Feed, on_delete=models.CASCADE, related_name="tweets")
    text = models.TextField()
    entities = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    author_id = models.BigIntegerField()
    author_username = models.CharField(max_length=50)
    author_name = models.CharField(max_length=200)
    is_repost = models.BooleanField(default=False)
    # When X last said that this post stands.
    checked_at = models.DateTimeField()

    role_actions = {}

    class Meta:
        ordering = ("-remote_id",)
        constraints = [
            models.UniqueConstraint(fields=["site", "feed", "remote_id"], name="a_feed_has_a_tweet_once"),
        ]
        indexes = [
            models.Index(fields=["checked_at"], name="tweet_checked_at"),
            models.Index(fields=["remote_id"], name="tweet_remote_id"),
        ]

    def __str__(self) -> str:
        return f"@{self.author_username}: {self.text[:50]}"

    @property
    def author_url(self) -> str:
        return f"https://x.com/{self.author_username}"

    @property
    def url(self) -> str:
        return f"https://x.com/{self.author_username}/status/{self.remote_id}"

    @property
    def html(self) -> str:
        """The text, escaped, each of its entities linked once."""
        return linked(self.text, self.entities)


class Credential(SiteRelated):
    """A site's own token for X, instead of the deployment's. It is written in the admin and never shown."""

    token = models.TextField(_("bearer token"))

    role_actions = {"Site admin": ("view", "add", "change", "delete")}

    class Meta:
        verbose_name = _("X credential")
        verbose_name_plural = _("X credential")
        constraints = [
            models.UniqueConstraint(
                fields=["site"],
                name="a_site_has_one_x_credential",
                violation_error_message=_("This site has a credential already; change that one."),
            )
        ]

    def __str__(self) -> str:
        # SECURITY: this text is in lists, messages and the admin's log.
        return f"X credential {fingerprint(self.token)}"


class KnownAccount(models.Model):
    """An account that some feed follows, as X describes it. Pinned by number: a name can change hands."""

    name = models.CharField(max_length=15, unique=True)  # as feeds write it
    number = models.BigIntegerField()
    username = models.CharField(max_length=50)
    display_name = models.CharField(max_length=200)
    checked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"@{self.username}"


class Spending(models.Model):
    """What a credential read on a day (UTC). The name of a credential is its fingerprint."""

    credential = models.CharField(max_length=16, unique=True)
    day = models.DateField()
    reads = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.credential}: {self.reads} on {self.day}"

    def on(self, day: dt.date) -> int:
        # A day before the stored one is a clock that went back; what was read stays read.
        return self.reads if day <= self.day else 0


class RateWindow(models.Model):
    """What X last said about an endpoint to a credential."""

    credential = models.CharField(max_length=16)
    endpoint = models.CharField(max_length=60)
    remaining = models.PositiveIntegerField()
    reset_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["credential", "endpoint"], name="one_window_per_endpoint"),
        ]

    def __str__(self) -> str:
        return f"{self.credential} {self.endpoint}: {self.remaining} until {self.reset_at}"


class PollRecord(models.Model):
    """One row: how polling goes, for the metrics and the admin."""

    finished_at = models.DateTimeField(null=True)
    succeeded_at = models.DateTimeField(null=True)
    exit_code = models.PositiveSmallIntegerField(default=0)
    calls = models.PositiveBigIntegerField(default=0)
    posts_read = models.PositiveBigIntegerField(default=0)
    failures = models.JSONField(default=dict)  # kind of failure to how often
    line = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.line
