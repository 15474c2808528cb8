"""The roles: which there are by default, which a person may give, and which sites are left without a Site admin.

They are groups: an operator may edit them and add others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from django.apps import AppConfig
from django.contrib.auth import get_permission_codename
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.sites.models import Site
from django.db import transaction
from django.db.models import QuerySet

from app.accounts.models import User
from app.tenancy.models import Membership, SiteProfile, SiteRelated

ModelOfRoles = type[SiteRelated] | type[SiteProfile]


def create_default_roles(app_config: AppConfig, using: str = "default", **_: object) -> None:
    """Receiver of `post_migrate`, after the permissions of `app_config` were created.

    A model without a permission in any role is new, and gets its `role_actions`. An operator's changes stay.
    A new action of a model that roles use already goes to every role that may change the rows, except to a
    shipped role that does not have it in `role_actions`: nobody else loses what a change permitted before.
    """
    for model in app_config.get_models():
        if not issubclass(model, SiteRelated | SiteProfile):
            continue
        with transaction.atomic(using):
            content_type = ContentType.objects.db_manager(using).get_for_model(model)
            permissions = Permission.objects.using(using).filter(content_type=content_type)
            is_new = not Group.objects.using(using).filter(permissions__in=permissions).exists()
            added = _create_extra_permissions(model, content_type, using)
            if is_new:
                _grant(model, permissions)
            elif added:
                _grant_to_those_who_change(model, added)


def _create_extra_permissions(model: ModelOfRoles, content_type: ContentType, using: str) -> list[Permission]:
    added = []
    for action, words in model.extra_actions.items():
        permission, is_added = Permission.objects.using(using).get_or_create(
            content_type=content_type,
            codename=get_permission_codename(action, model._meta),
            defaults={"name": f"{words} {model._meta.verbose_name_raw}"},
        )
        added += [permission] * is_added
    return added


def _grant(model: ModelOfRoles, permissions: QuerySet[Permission]) -> None:
    for name, actions in model.role_actions.items():
        role, _made = Group.objects.using(permissions.db).get_or_create(name=name)
        role.permissions.add(*permissions.filter(codename__in=_codenames(model, actions)))


def _grant_to_those_who_change(model: ModelOfRoles, added: Sequence[Permission]) -> None:
    change = {"codename": get_permission_codename("change", model._meta), "content_type": added[0].content_type}
    for role in Group.objects.using(added[0]._state.db).filter(permissions__in=Permission.objects.filter(**change)):
        actions = model.role_actions.get(role.name, model.extra_actions)
        role.permissions.add(*(p for p in added if p.codename in _codenames(model, actions)))


def _codenames(model: ModelOfRoles, actions: Iterable[str]) -> set[str]:
    return {get_permission_codename(action, model._meta) for action in actions}


def roles_to_give(giver: User) -> QuerySet[Group]:
    """The roles that a person may give or take on the current site: those that permit nothing that hers does not."""
    if giver.is_superuser:
        return Group.objects.all()
    mine = Permission.objects.filter(group__in=Membership.objects.filter(user=giver).values("role"))
    return Group.objects.exclude(permissions__in=Permission.objects.exclude(pk__in=mine))


def administered(site_ids: Iterable[int]) -> set[int]:
    """Of these sites those with a member who can sign in and change members."""
    # all_sites: a person's account may be a member of several.
    admins = Membership.all_sites.filter(
        site__in=set(site_ids),
        user__is_active=True,
        role__permissions__codename="change_membership",
        role__permissions__content_type__app_label="tenancy",
    )
    return set(admins.values_list("site", flat=True))


@contextmanager
def noting_lost_admins(site_ids: Iterable[int], note: Callable[[str], None]) -> Iterator[None]:
    """Calls `note` with a line for each of these sites that loses its last Site admin inside the block.

    A `note` that may fail, such as one that prints, needs the transaction inside the block: it is called after it.
    """
    before = administered(site_ids)
    yield
    for site in Site.objects.filter(pk__in=before - administered(before)).order_by("name"):
        note(f"{site.name} has no Site admin left: nobody but a superuser can change its members.")
