from django.apps import AppConfig
from django.conf import settings


class ObservabilityConfig(AppConfig):
    """The first in INSTALLED_APPS, so that the other apps already start with these logs."""

    name = "app.observability"

    def ready(self) -> None:
        from app import __version__
        from app.observability import logs, sentry
        from app.observability.redact import redactor

        redactor.learn(settings.SECRETS)
        logs.configure(settings.LOG_FORMAT, settings.LOG_LEVEL)
        sentry.configure(
            settings.SENTRY_DSN,
            environment=settings.SENTRY_ENVIRONMENT,
            traces_sample_rate=settings.SENTRY_TRACES_SAMPLE_RATE,
            release=f"colonnade@{__version__}",
        )
