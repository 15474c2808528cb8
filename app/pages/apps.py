from django.apps import AppConfig
from django.contrib import admin
from django.core.checks import Tags, register


class PagesConfig(AppConfig):
    name = "app.pages"

    def ready(self) -> None:
        from app.pages import checks
        from app.pages.admin import PageKindAdmin
        from app.pages.kinds import kinds
        from app.pages.samples import samples
        from app.themes.samples import register_sample

        for kind in kinds():
            if not admin.site.is_registered(kind):
                admin.site.register(kind, PageKindAdmin)
        for sample in samples():
            register_sample(sample)
        register(checks.page_kinds, Tags.models)
        register(checks.admin_classes, Tags.admin)
