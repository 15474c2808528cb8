from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "app.pages"

    def ready(self) -> None:
        from app.pages.samples import SAMPLES
        from app.themes.samples import register_sample

        for sample in SAMPLES:
            register_sample(sample)
