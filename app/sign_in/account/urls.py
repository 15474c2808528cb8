"""Below `/admin/account/`: one's own account. The names with `account_` and `mfa_` are those that allauth reverses."""

from __future__ import annotations

from django.urls import path

from app.sign_in.account import confirmation, email, views
from app.sign_in.factors import own_factors

urlpatterns = [
    path("", views.account, name="account"),
    path("name/", views.change_name, name="change_name"),
    path("password/", views.change_password, name="account_change_password"),
    path("email/", email.change_email, name="change_email"),
    path("email/confirm/", email.confirm_email, name="confirm_email"),
    path("sessions/end/", views.end, name="end_session"),
    path("confirm/", confirmation.by_password, name="account_reauthenticate"),
    path("confirm/code/", confirmation.by_code, name="mfa_reauthenticate"),
    path("factors/", own_factors.factors, name="factors"),
    path("factors/app/", own_factors.set_up_app, name="set_up_app"),
    path("factors/app/remove/", own_factors.remove_app, name="remove_app"),
    path("factors/passkeys/add/", own_factors.add_passkey, name="add_passkey"),
    path("factors/passkeys/<int:pk>/remove/", own_factors.remove_passkey, name="remove_passkey"),
    path("factors/codes/", own_factors.recovery_codes, name="recovery_codes"),
    path("factors/codes/new/", own_factors.make_codes, name="make_codes"),
]
