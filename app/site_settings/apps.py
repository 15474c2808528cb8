from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SiteSettingsConfig(AppConfig):
    name = "app.site_settings"
    verbose_name = _("Settings of a site")

    def ready(self) -> None:
        from app.site_settings.views import PERMISSION
        from app.tenancy.admin.front.groups import SITE, AdminPage, register_admin_page

        register_admin_page(AdminPage(SITE, _("Settings"), "site-settings", PERMISSION, place=0))
