from django.apps import AppConfig


class PublishingConfig(AppConfig):
    name = "app.publishing"

    def ready(self) -> None:
        from app.publishing.schedule import coming_changes
        from app.tenancy.content_cache import register_schedule

        register_schedule(coming_changes)
