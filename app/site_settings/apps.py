from django.utils.translation import gettext_lazy as _

from app.extension import SiteAppConfig


class SiteSettingsConfig(SiteAppConfig):
    name = "app.site_settings"
    verbose_name = _("Settings of a site")
    panels = ("app.site_settings.panel.settings_panel",)
