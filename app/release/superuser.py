from __future__ import annotations

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import validate_email


class SuperuserRefused(Exception):
    """DJANGO_SUPERUSER_* do not describe a person; the message names the variable."""


def make_superuser() -> str:
    """Makes the superuser that the environment describes, once: a sentence on what was done, or nothing to do.

    One that exists is left alone, its password above all: it may have been changed since.
    """
    username, email, password = settings.SUPERUSER_USERNAME, settings.SUPERUSER_EMAIL, settings.SUPERUSER_PASSWORD
    if not username:
        return ""
    users = get_user_model()._default_manager
    if users.filter(username=username).exists():
        return f"The user {username} exists and is left as it is."
    if not password:
        raise SuperuserRefused("DJANGO_SUPERUSER_USERNAME is set; set DJANGO_SUPERUSER_PASSWORD as well.")
    person = get_user_model()(username=username, email=email, is_staff=True, is_superuser=True)
    person.set_password(password)
    try:
        if email:
            validate_email(email)
        person.full_clean(exclude=["email"])
    except ValidationError as error:
        raise SuperuserRefused(f"DJANGO_SUPERUSER_USERNAME or _EMAIL: {' '.join(error.messages)}") from None
    person.save()
    return f"The superuser {username} was made."
