from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RedirectsConfig(AppConfig):
    name = "app.redirects"
    label = "site_redirects"  # `redirects` is the label of django.contrib.redirects, which may be installed beside
    verbose_name = _("Redirects")
