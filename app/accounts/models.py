"""People. A user is one person on every site; what she may do where is a membership (`app.tenancy`)."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """Signs in with a user name. `is_staff` grants nothing here: the admin asks for a membership."""
