from django.apps import AppConfig
from django.core.checks import Tags, register


class PublishingConfig(AppConfig):
    name = "app.publishing"

    def ready(self) -> None:
        from app.publishing import checks  # the admin's classes need the models
        from app.publishing.schedule import coming_changes
        from app.tenancy.content_cache import register_schedule

        register(checks.publishable_admins, Tags.admin)
        register_schedule(coming_changes)
