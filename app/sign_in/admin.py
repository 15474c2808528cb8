"""Users with their second factors. allauth's tables are not for the admin: one of them holds secrets."""

from __future__ import annotations

from allauth.account import admin as account_admin  # noqa: F401  # registers what is unregistered here
from allauth.account.models import EmailAddress
from allauth.mfa import admin as mfa_admin  # noqa: F401
from allauth.mfa.models import Authenticator
from allauth.socialaccount import admin as socialaccount_admin  # noqa: F401
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions import admin as sessions_admin  # noqa: F401
from allauth.usersessions.models import UserSession
from django.contrib import admin

from app.accounts.models import User
from app.sign_in.factors.removal import PersonWithFactorsAdmin
from app.sign_in.invitations import admin as invitations  # noqa: F401  # registers its own

admin.site.unregister([EmailAddress, Authenticator, UserSession, SocialAccount, SocialApp, SocialToken])
admin.site.unregister(User)
admin.site.register(User, PersonWithFactorsAdmin)
