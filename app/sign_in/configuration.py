"""The settings of sign-in and of django-allauth. docs/decisions/0006-sign-in.md explains them."""

from __future__ import annotations

#: After `app.sign_in`, whose templates come before allauth's own.
APPS = [
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
]

FACTORS: dict[str, object] = {
    "MFA_ADAPTER": "app.sign_in.factors.adapter.FactorsAdapter",
    "MFA_SUPPORTED_TYPES": ["totp", "webauthn", "recovery_codes"],
    "MFA_PASSKEY_LOGIN_ENABLED": True,
    "MFA_ALLOW_UNVERIFIED_EMAIL": True,  # nobody makes an account for herself
    "MFA_RECOVERY_CODES_SHOW_ONCE": True,
    "MFA_TOTP_TOLERANCE": 1,  # the code before and the one after, as RFC 6238 recommends
    # SECURITY: app.sign_in.factors.passkeys refuses every address but the request's own.
    "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN": True,
}

SETTINGS: dict[str, object] = {
    **FACTORS,
    "AUTHENTICATION_BACKENDS": ["app.tenancy.people.permissions.MembershipBackend"],
    "AUTH_PASSWORD_VALIDATORS": [
        {"NAME": f"django.contrib.auth.password_validation.{name}"}
        for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
    ],
    "LOGIN_URL": "admin:login",
    "LOGIN_REDIRECT_URL": "admin:index",  # after a sign-in whose `next` was refused
    "ACCOUNT_ADAPTER": "app.sign_in.adapter.AccountAdapter",
    "ACCOUNT_LOGIN_METHODS": {"username"},
    "ACCOUNT_SIGNUP_FIELDS": ["username*", "email", "password1*"],
    "ACCOUNT_EMAIL_VERIFICATION": "none",  # of a sign-up, which there is not
    "ACCOUNT_RATE_LIMITS": False,  # app.sign_in.rate_limit counts for all processes and sites
    "ACCOUNT_EMAIL_NOTIFICATIONS": True,
    "ACCOUNT_SESSION_REMEMBER": True,
    "ACCOUNT_AUTHENTICATED_LOGIN_REDIRECTS": False,  # a person without a role on this site would be sent in circles
    "ACCOUNT_LOGIN_ON_PASSWORD_RESET": True,  # by the steps of every sign-in: a second factor is still required
    "MFA_RATE_LIMITS": False,
}
