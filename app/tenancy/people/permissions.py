"""Who may do what on which site."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser, Permission

from app.accounts.models import User
from app.tenancy.current import current_site_or_none
from app.tenancy.directory import directory
from app.tenancy.hosts.snapshot import SiteEntry, in_order_of_names
from app.tenancy.models import Membership

Person = AbstractBaseUser | AnonymousUser
PERMISSIONS = "_permissions_by_site"


def may_work_on(user: Person, site_id: int) -> bool:
    """Whether a person has any role on a site. Read from the database each time: a revoked role ends immediately."""
    if not isinstance(user, User) or not user.is_active:
        return False
    # all_sites: the site need not be the current one.
    return user.is_superuser or Membership.all_sites.filter(user=user, site_id=site_id).exists()


@dataclass(frozen=True, slots=True)
class SitesOf:
    """The sites that a person may work on, without the archived ones."""

    by_name: Sequence[SiteEntry] = ()
    by_id: Mapping[int, SiteEntry] = field(default_factory=dict)

    def with_ids(self, ids: Iterable[int]) -> list[SiteEntry]:
        """Those that are among them, in the order of the ids."""
        return [self.by_id[pk] for pk in ids if pk in self.by_id]


def sites_of(user: Person) -> SitesOf:
    """One query; none for a superuser, whose sites are sorted once in each snapshot."""
    if not isinstance(user, User) or not user.is_active:
        return SitesOf()
    snapshot = directory.snapshot()
    if user.is_superuser:
        return SitesOf(snapshot.by_name, snapshot.not_archived)
    # all_sites: a person is a member of any number of sites.
    ids = Membership.all_sites.filter(user=user).values_list("site_id", flat=True)
    mine = {pk: snapshot.not_archived[pk] for pk in ids if pk in snapshot.not_archived}
    return SitesOf(in_order_of_names(mine.values()), mine)


def known_rights(user: Person, site_id: int) -> str | None:
    """A digest of what this user may do on a site, if permissions on it were checked before; makes no query."""
    if not isinstance(user, User) or not user.is_active:
        return None
    labels = {"superuser"} if user.is_superuser else getattr(user, PERMISSIONS, {}).get(site_id)
    if labels is None:
        return None
    return sha256(f"{site_id} {' '.join(sorted(labels))}".encode()).hexdigest()[:32]


class MembershipBackend(ModelBackend):
    """Permissions are those of the user's role on the current site; without a site there are none.

    A superuser may do everything everywhere. Groups and permissions that the user has directly are
    ignored, because they would hold on every site.
    """

    def get_user_permissions(self, *_: Any, **__: Any) -> set[str]:
        return set()

    def get_group_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return self.get_all_permissions(user_obj, obj)

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if not isinstance(user_obj, User) or not user_obj.is_active or obj is not None:
            return set()
        if user_obj.is_superuser:
            return _labels(Permission.objects.all())
        site = current_site_or_none()
        if site is None:
            return set()
        # SECURITY: keyed by site: one request may check two sites, and neither result may be used for the other.
        cache: dict[int, set[str]] = user_obj.__dict__.setdefault(PERMISSIONS, {})
        if site.id not in cache:
            roles = Membership.all_sites.filter(user=user_obj, site_id=site.id).values("role")
            cache[site.id] = _labels(Permission.objects.filter(group__in=roles))
        return cache[site.id]

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return any(label.startswith(f"{app_label}.") for label in self.get_all_permissions(user_obj))


def _labels(permissions: Any) -> set[str]:  # Any: a queryset of Permission, values_list loses its type
    return {f"{app}.{name}" for app, name in permissions.order_by().values_list("content_type__app_label", "codename")}
