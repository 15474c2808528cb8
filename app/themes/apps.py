from django.apps import AppConfig


class ThemesConfig(AppConfig):
    name = "app.themes"

    def ready(self) -> None:
        from app.tenancy.sites.themes import register_themes
        from app.themes import checks
        from app.themes.catalogue import themes
        from app.themes.definition import DEFAULT
        from app.themes.samples import Sample, register_sample

        register_themes(themes, DEFAULT)
        checks.register()
        register_sample(Sample("page that does not exist", "404.html"))
