from django.core.checks import Tags, register

from app.extension import SiteAppConfig


class PublishingConfig(SiteAppConfig):
    name = "app.publishing"
    panels = ("app.publishing.work.panel.work_panel",)

    def ready(self) -> None:
        from app.publishing import checks  # the admin's classes need the models
        from app.publishing.footer import clean_footer, shown_footer
        from app.publishing.models import Publishable
        from app.publishing.schedule import coming_changes
        from app.publishing.versions.keeping import connect
        from app.tenancy.content_cache import register_schedule
        from app.tenancy.sites.values.registered import register_setting

        register(checks.publishable_admins, Tags.admin)
        register_schedule(coming_changes)
        register_setting("footer", clean_footer, shown_footer)
        connect(Publishable)
