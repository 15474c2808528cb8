"""Feeds from Twitter (X)."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TwitterConfig(AppConfig):
    name = "app.twitter"
    verbose_name = _("Twitter (X)")

    def ready(self) -> None:
        # Models can be imported only once the apps are loaded.
        from app.observability.metrics import register_collector
        from app.twitter.poll.record import collect_metrics

        register_collector(collect_metrics)
