"""Users. A user is the same person on every site; a membership (`app.tenancy`) gives the rights on one site."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """Signs in with a user name. `is_staff` grants nothing: the admin requires a membership."""
