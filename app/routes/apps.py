from django.utils.translation import gettext_lazy as _

from app.extension import SiteAppConfig


class RoutesConfig(SiteAppConfig):
    name = "app.routes"
    verbose_name = _("Routes")
    metrics = ("app.routes.record.collect_metrics",)

    def ready(self) -> None:
        from app.routes.record import route_steps
        from app.tenancy.sites.reachability.routes import routes

        routes.source = route_steps
