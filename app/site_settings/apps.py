from django.utils.translation import gettext_lazy as _

from app.extension import SiteAppConfig


class SiteSettingsConfig(SiteAppConfig):
    name = "app.site_settings"
    verbose_name = _("Settings of a site")
    admin_group = "site"
    admin_pages = ("app.site_settings.front_page.pages",)
    first_steps = ("app.site_settings.front_page.first_steps",)
