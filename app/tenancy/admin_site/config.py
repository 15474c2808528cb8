from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class AdminConfig(DjangoAdminConfig):
    """Makes our admin the one that `@admin.register` and `admin.site` mean."""

    default_site = "app.tenancy.admin_site.site.SiteAdmin"
