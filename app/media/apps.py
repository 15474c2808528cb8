from django.db.models.signals import post_delete
from django.utils.translation import gettext_lazy as _

from app.extension import SiteAppConfig


class MediaConfig(SiteAppConfig):
    name = "app.media"
    verbose_name = _("Media library")
    panels = ("app.media.panel.storage_panel",)

    def ready(self) -> None:
        from app.media.file_field import FileWidget
        from app.media.logo import clean_logo, shown_logo
        from app.media.models import MediaFile, remove_files_of
        from app.tenancy.admin.key_fields import register_key_widget
        from app.tenancy.sites.values.registered import register_setting

        register_key_widget(MediaFile, FileWidget)
        register_setting("logo", clean_logo, shown_logo)
        post_delete.connect(remove_files_of, sender=MediaFile)
