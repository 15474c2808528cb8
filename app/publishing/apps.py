from django.apps import AppConfig
from django.core.checks import Tags, register


class PublishingConfig(AppConfig):
    name = "app.publishing"

    def ready(self) -> None:
        from app.publishing import checks  # the admin's classes need the models

        register(checks.publishable_admins, Tags.admin)
