"""Users. A user is the same person on every site; a membership (`app.tenancy`) gives the rights on one site."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.admin.models import LogEntry
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models, transaction

from app.postgresql.row_security.scope import every_site


class UserQuerySet(models.QuerySet["User"]):
    def delete(self) -> tuple[int, dict[str, int]]:
        # every_site: an account is a member of any number of sites.
        with transaction.atomic(self.db), every_site():
            keep_log_entries(self)
            return super().delete()

    vars(delete).update(alters_data=True)  # templates do not call it


class KeepingManager(UserManager["User"]):
    use_in_migrations = False

    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)


class User(AbstractUser):
    """Signs in with a user name. `is_staff` grants nothing: the admin requires a membership."""

    objects: ClassVar[KeepingManager] = KeepingManager()

    @property
    def shown_name(self) -> str:
        """The full name; without one, the user name."""
        return self.get_full_name() or self.get_username()

    def delete(self, using: str | None = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        # every_site: as above.
        with transaction.atomic(using), every_site():
            keep_log_entries(User.objects.using(using).filter(pk=self.pk))
            return super().delete(using, keep_parents)


def keep_log_entries(people: models.QuerySet[User]) -> None:
    """Moves what these people did in the admin to an inactive account that holds nothing else of them."""
    for person in people.filter(pk__in=LogEntry.objects.values("user")):
        name = f"deleted:{person.pk}"  # no form accepts the colon, so no person has this name
        stand_in = User.objects.create(username=name, password=make_password(None), is_active=False)
        LogEntry.objects.filter(user=person).update(user=stand_in)
