from django.apps import AppConfig, apps
from django.contrib.admin import apps as admin_apps
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.core.checks import Tags, register
from django.db.models.signals import m2m_changed, post_delete, post_migrate, post_save, pre_migrate, pre_save

from app.postgresql.row_security.scope import tenancy


class TenancyConfig(AppConfig):
    name = "app.tenancy"
    verbose_name = "Sites and members"
    admin_group = "site"

    def ready(self) -> None:
        from django.contrib.sites.management import create_default_site
        from django.contrib.sites.models import Site  # models exist only from here on

        from app.tenancy import checks, extension_checks, stored_checks
        from app.tenancy.audit import signals as audit
        from app.tenancy.current import site_id_of_statement
        from app.tenancy.directory import expire_on_change
        from app.tenancy.isolation.cross_site import refuse_cross_site_links
        from app.tenancy.isolation.database import install, policies
        from app.tenancy.isolation.fixtures import use_the_site_of_each_row
        from app.tenancy.isolation.links import links_changed, scope_tables_of_links
        from app.tenancy.models import Membership
        from app.tenancy.people import roles
        from app.tenancy.requests.contrib_sites import patch_contrib_sites
        from app.tenancy.sites import signals, triggers
        from app.tenancy.sites.domains import triggers as host_triggers
        from app.tenancy.sites.models import Alias, PendingHost, SiteProfile

        patch_contrib_sites()
        tenancy.site_id, tenancy.tables = site_id_of_statement, policies.protected_tables
        checks.register()
        extension_checks.register()
        stored_checks.register()
        scope_tables_of_links()
        use_the_site_of_each_row()
        m2m_changed.connect(refuse_cross_site_links)
        m2m_changed.connect(links_changed)
        post_migrate.disconnect(create_default_site, sender=apps.get_app_config("sites"))
        pre_migrate.connect(install.before_migrations, sender=self)
        post_migrate.connect(triggers.install, sender=self)
        post_migrate.connect(install.install, sender=self)
        pre_migrate.connect(host_triggers.remove_from_sqlite, sender=self)
        post_migrate.connect(host_triggers.install, sender=self)
        post_migrate.connect(signals.create_first_site, sender=self)
        post_migrate.connect(roles.create_default_roles)
        pre_save.connect(signals.clean_before_save, sender=Site)
        pre_save.connect(signals.clean_profile_before_save, sender=SiteProfile)
        pre_save.connect(signals.clean_alias_before_save, sender=Alias)
        post_save.connect(signals.create_profile, sender=Site)
        user_logged_in.connect(audit.signed_in)
        user_logged_out.connect(audit.signed_out)
        user_login_failed.connect(audit.sign_in_failed)
        pre_save.connect(audit.note_role_before, sender=Membership)
        post_save.connect(audit.membership_saved, sender=Membership)
        post_delete.connect(audit.membership_deleted, sender=Membership)
        for model in (Site, SiteProfile, Alias, PendingHost):
            post_save.connect(expire_on_change, sender=model)
            post_delete.connect(expire_on_change, sender=model)


class AdminConfig(admin_apps.AdminConfig):
    """Makes our admin the one that `@admin.register` and `admin.site` mean."""

    default = False
    default_site = "app.tenancy.admin.admin_site.SiteAdmin"

    def ready(self) -> None:
        super().ready()
        # Django's own classes for these models are registered by now; ours take their place.
        from app.tenancy.admin import activity, checks, members, people, roles, sites  # noqa: F401

        register(checks.registered_models, Tags.admin)
        register(checks.lookups, Tags.admin)
