from django.utils.translation import gettext_lazy as _

from app.extension import SiteAppConfig
from app.tenancy import apps as tenancy_apps


class SignInConfig(SiteAppConfig):
    name = "app.sign_in"
    verbose_name = _("Sign-in")
    admin_group = "people"
    first_steps = ("app.sign_in.invitations.first_steps.first_steps",)

    def ready(self) -> None:
        from app.sign_in.account import changes, sessions  # they use models
        from app.tenancy.requests.sessions import session_renewed

        changes.connect()
        session_renewed.connect(sessions.follow_renewal)


class AdminConfig(tenancy_apps.AdminConfig):
    """The admin of `app.tenancy`, with the sign-in of this app."""

    default = False
    default_site = "app.sign_in.admin_site.SignInAdmin"
