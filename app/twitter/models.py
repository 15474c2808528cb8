"""Feeds, their tweets, a site's own credential, and what polls store between runs.

A tweet is the row that a feed shows; X calls what it sends a post (see `x/posts.py`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from contextlib import suppress
from dataclasses import asdict, fields
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from app.tenancy.models import SiteRelated
from app.twitter.feed_state import FeedState, Status
from app.twitter.feed_values import MAX_SEARCH_LENGTH, InvalidValue, normalise
from app.twitter.rendering import tweet_html
from app.twitter.x.posts import Profile
from app.twitter.x.tokens import InvalidToken, clean_token

MAX_FEEDS = 100


def fingerprint(token: str) -> str:
    """Sixteen characters that identify a token and do not reveal it; empty for no token."""
    return hashlib.sha256(token.encode()).hexdigest()[:16] if token else ""


class Feed(SiteRelated):
    """A user, list or search of X that a site shows. Polls store its tweets; pages only read them."""

    class Kind(models.TextChoices):
        USER = "user", _("Posts of a user")
        LIST = "list", _("Posts of a list")
        SEARCH = "search", _("Posts that a search finds")

    kind = models.CharField(_("kind"), max_length=6, choices=Kind.choices, default=Kind.USER)
    value = models.CharField(
        _("value"),
        max_length=MAX_SEARCH_LENGTH,
        help_text=_("A user name or address, a list's id or address, or a search query."),
    )
    active = models.BooleanField(_("active"), default=True, help_text=_("Only active feeds are polled and shown."))
    is_default = models.BooleanField(
        _("default feed"), default=False, help_text=_("Shown where a template names no feed.")
    )

    # See `FeedState`.
    succeeded_at = models.DateTimeField(_("last success"), null=True, editable=False)
    tried_at = models.DateTimeField(_("last try"), null=True, editable=False)
    next_poll_at = models.DateTimeField(_("next poll"), null=True, editable=False)
    requested_at = models.DateTimeField(_("poll requested"), null=True, editable=False)
    last_error = models.TextField(_("last error"), blank=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
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
                violation_error_message=_("Another feed is the site's default feed already."),
            ),
        ]

    def __str__(self) -> str:
        return {"user": f"@{self.value}", "list": f"list {self.value}"}.get(self.kind, self.value)

    def clean(self) -> None:
        super().clean()
        try:
            self.value = normalise(self.kind, self.value)
        except InvalidValue as error:
            raise ValidationError({"value": str(error)}) from None
        # One site must not use up the quota that all sites share.
        if self.active and Feed.objects.filter(active=True).exclude(pk=self.pk).count() >= MAX_FEEDS:
            raise ValidationError(_("A site has at most %(most)s active feeds.") % {"most": MAX_FEEDS})

    def save(self, **kwargs: Any) -> None:
        # An invalid value is stored as written, so that the next poll can say in the admin what is wrong with it.
        with suppress(InvalidValue):
            self.value = normalise(self.kind, self.value)
        super().save(**kwargs)

    def restart(self) -> None:
        """Deletes the tweets and the state of what the feed followed before its kind or value changed; saves it."""
        with transaction.atomic():
            self.tweets.all().delete()
            for name, value in asdict(FeedState(requested_at=self.requested_at)).items():
                setattr(self, name, value)
            self.save()

    def request_poll(self) -> None:
        """Queues the feed for the next run, which takes it first."""
        Feed.objects.filter(pk=self.pk).update(requested_at=timezone.now())

    @property
    def state(self) -> FeedState:
        return FeedState(**{field.name: getattr(self, field.name) for field in fields(FeedState)})

    @property
    def status(self) -> Status:
        return self.state.status(timezone.now()) if self.active else Status.OFF


class Tweet(SiteRelated):
    """A post of X as one feed of one site shows it. Each feed has its own rows, so that sites stay independent."""

    remote_id = models.BigIntegerField()
    feed = models.ForeignKey(Feed, on_delete=models.CASCADE, related_name="tweets")
    text = models.TextField()
    entities = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    author_id = models.BigIntegerField()
    author_username = models.CharField(max_length=50)
    author_name = models.CharField(max_length=200)
    # A repost shows the original: text, entities, author and time are the original's.
    is_repost = models.BooleanField(default=False)
    reposter_username = models.CharField(max_length=50, blank=True, default="", db_default="")
    reposter_name = models.CharField(max_length=200, blank=True, default="", db_default="")
    original_id = models.BigIntegerField(null=True)
    # When X last returned this post.
    checked_at = models.DateTimeField()

    role_actions = {}

    class Meta:
        ordering = ("-remote_id",)
        constraints = [models.UniqueConstraint(fields=["site", "feed", "remote_id"], name="a_feed_has_a_tweet_once")]
        indexes = [
            models.Index(fields=["checked_at"], name="tweet_checked_at"),
            models.Index(fields=["remote_id"], name="tweet_remote_id"),
            models.Index(
                fields=["original_id"], name="tweet_original_id", condition=models.Q(original_id__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"@{self.author_username}: {self.text[:50]}"

    @property
    def author_url(self) -> str:
        return f"https://x.com/{self.author_username}"

    @property
    def url(self) -> str:
        return f"https://x.com/{self.author_username}/status/{self.original_id or self.remote_id}"

    @property
    def reposted_by(self) -> str:
        """The name of the account that reposted it; empty for an account's own post."""
        # X did not always include the original: then all that is known is the repost itself.
        return (self.reposter_name or self.author_name) if self.is_repost else ""

    @property
    def html(self) -> str:
        """The text, escaped, each of its entities linked once."""
        return tweet_html(self.text, self.entities)


class Credential(SiteRelated):
    """A site's own token for X, used instead of the deployment's. The admin never shows it."""

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
        # SECURITY: lists, messages and the admin's log show this text.
        return f"X credential {fingerprint(self.token)}"

    def clean(self) -> None:
        super().clean()
        try:
            self.token = clean_token(self.token)
        except InvalidToken as error:
            raise ValidationError({"token": str(error)}) from None


class KnownAccount(models.Model):
    """An account that a feed follows. Stored with its id, because a user name can pass to another account."""

    name = models.CharField(max_length=15, unique=True)  # as in `Feed.value`
    remote_id = models.BigIntegerField(db_column="number")
    username = models.CharField(max_length=50)
    display_name = models.CharField(max_length=200)
    checked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"@{self.username}"

    @property
    def profile(self) -> Profile:
        return Profile(self.remote_id, self.username, self.display_name, protected=False)


class QuotaUsage(models.Model):
    """How much a credential read on a day (UTC). A credential is named by its fingerprint."""

    credential = models.CharField(max_length=16, unique=True)
    day = models.DateField()
    reads = models.PositiveIntegerField(default=0)
    # By site id, as text. Null: the day's reads are not known by site.
    reads_by_site = models.JSONField(default=dict, null=True)

    class Meta:
        db_table = "twitter_spending"

    def __str__(self) -> str:
        return f"{self.credential}: {self.reads} on {self.day}"

    def reads_on(self, day: dt.date) -> int:
        # A day before the stored one means that the clock was set back; what was read still counts.
        return self.reads if day <= self.day else 0

    def reads_by_site_on(self, day: dt.date) -> dict[int, int]:
        by_site = self.reads_by_site if day <= self.day else None
        return {int(site): reads for site, reads in (by_site or {}).items()}


class RateWindow(models.Model):
    """The rate window of an endpoint, from the last response to a credential."""

    credential = models.CharField(max_length=16)
    endpoint = models.CharField(max_length=60)
    remaining = models.PositiveIntegerField()
    reset_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["credential", "endpoint"], name="one_window_per_endpoint")]

    def __str__(self) -> str:
        return f"{self.credential} {self.endpoint}: {self.remaining} until {self.reset_at}"

    def is_full(self, now: dt.datetime) -> bool:
        # A window seen in the future means that the clock was set back; it is ignored.
        return self.remaining <= 0 and self.seen_at <= now < self.reset_at


class PollRecord(models.Model):
    """One row: the last poll and the totals of all polls, for the metrics and the health report."""

    finished_at = models.DateTimeField(null=True)
    succeeded_at = models.DateTimeField(null=True)
    exit_code = models.PositiveSmallIntegerField(default=0)
    calls = models.PositiveBigIntegerField(default=0)
    posts_read = models.PositiveBigIntegerField(default=0)
    failures = models.JSONField(default=dict)  # count by kind of failure
    line = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.line
