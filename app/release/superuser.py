from __future__ import annotations

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import validate_email


class SuperuserRefused(Exception):
    """DJANGO_SUPERUSER_* are not valid; the message names the variable."""


def create_superuser() -> str:
    """Creates the superuser of DJANGO_SUPERUSER_*. Returns a sentence on what was done; empty when none is set.

    An existing one is not changed, in particular not its password. Raises `SuperuserRefused`.
    """
    username, email, password = settings.SUPERUSER_USERNAME, settings.SUPERUSER_EMAIL, settings.SUPERUSER_PASSWORD
    if not username:
        return ""
    users = get_user_model()._default_manager
    if users.filter(username=username).exists():
        return f"The user {username} exists and is unchanged."
    if not password:
        raise SuperuserRefused("DJANGO_SUPERUSER_USERNAME is set; set DJANGO_SUPERUSER_PASSWORD as well.")
    user = get_user_model()(username=username, email=email, is_staff=True, is_superuser=True)
    user.set_password(password)
    try:
        if email:
            validate_email(email)
        user.full_clean(exclude=["email"])
    except ValidationError as error:
        raise SuperuserRefused(f"DJANGO_SUPERUSER_USERNAME or _EMAIL: {' '.join(error.messages)}") from None
    user.save()
    return f"The superuser {username} was created."
