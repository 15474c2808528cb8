from django.utils.translation import gettext_lazy as _

from app.extension import SiteAppConfig


class BackupsConfig(SiteAppConfig):
    name = "app.backups"
    verbose_name = _("Backups")
    health_checks = ("app.backups.health.BackupAge",)
    metrics = ("app.backups.record.collect_metrics",)
