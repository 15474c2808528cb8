from app.extension import SiteAppConfig


class MenusConfig(SiteAppConfig):
    name = "app.menus"

    def ready(self) -> None:
        from app.menus.shown import menu_at
        from app.themes.menus import register_menus

        register_menus(menu_at)
