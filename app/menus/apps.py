from app.extension import SiteAppConfig


class MenusConfig(SiteAppConfig):
    name = "app.menus"
    first_steps = ("app.menus.first_steps.first_steps",)

    def ready(self) -> None:
        from app.menus.links import menus_with_links_to
        from app.menus.shown import menu_at
        from app.publishing.links.following import register_links
        from app.themes.menus import register_menus

        register_links(menus_with_links_to)
        register_menus(menu_at)
