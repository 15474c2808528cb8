from __future__ import annotations

from django.apps import AppConfig


class WagtailSitesConfig(AppConfig):
    name = "bench.pages.projects.wagtail_sites"
    label = "wagtail_sites"
