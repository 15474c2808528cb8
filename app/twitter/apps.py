"""Feeds from Twitter (X)."""

from django.utils.translation import gettext_lazy as _

from app.extension import SiteAppConfig


class TwitterConfig(SiteAppConfig):
    name = "app.twitter"
    verbose_name = _("Twitter (X)")
    admin_group = "site"
    health_checks = ("app.twitter.health.PollAge",)
    metrics = ("app.twitter.poll.record.collect_metrics",)
    panels = ("app.twitter.panel.feeds_panel",)
