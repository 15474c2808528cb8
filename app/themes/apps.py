from django.apps import AppConfig


class ThemesConfig(AppConfig):
    name = "app.themes"

    def ready(self) -> None:
        from app.tenancy.sites.themes import register_themes
        from app.themes import checks
        from app.themes.catalogue import themes

        register_themes(themes)
        checks.register()
