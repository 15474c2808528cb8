from django.contrib import admin
from django.core.checks import Tags, register

from app.extension import SiteAppConfig


class PagesConfig(SiteAppConfig):
    name = "app.pages"
    first_steps = ("app.pages.first_steps.first_steps",)
    sitemaps = ("app.pages.sitemaps.PagesSitemap",)

    def ready(self) -> None:
        from app.pages import checks
        from app.pages.admin import PageKindAdmin
        from app.pages.kinds import kinds
        from app.pages.links import link_choices
        from app.pages.models import published_paths
        from app.pages.samples import samples
        from app.publishing.links.choices import register_link_source
        from app.redirects import served
        from app.themes.samples import register_sample

        served.register(published_paths)
        for kind in kinds():
            if not admin.site.is_registered(kind):
                admin.site.register(kind, PageKindAdmin)
        for sample in samples():
            register_sample(sample)
        register_link_source(link_choices)
        register(checks.page_kinds, Tags.models)
        register(checks.admin_classes, Tags.admin)
