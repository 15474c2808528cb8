from django.apps import AppConfig


class ReleaseConfig(AppConfig):
    name = "app.release"
    verbose_name = "Releases"
