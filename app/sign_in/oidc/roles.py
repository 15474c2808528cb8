"""Roles by a claim. They follow the claim at each sign-in; roles that were given or changed by hand stay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Count

from app.accounts.models import User
from app.observability.text import escaped
from app.sign_in.models import ClaimedRole
from app.sign_in.oidc.claims import value_at
from app.tenancy.current import current_site, use_site
from app.tenancy.models import Membership, SiteProfile
from app.tenancy.people.roles import noting_lost_admins

log = structlog.stdlib.get_logger(__name__)

ANY_SITE = "*"


def claimed_roles(claims: Mapping[str, Any]) -> dict[int, Group]:
    """The role on each site, by the site's id. Of several for one site, the one that permits most."""
    pairs = set(_pairs(value_at(claims, settings.OIDC_ROLES_CLAIM)))
    profiles = SiteProfile.objects.filter(key__in={key for key, _role in pairs})
    sites = {**dict(profiles.values_list("key", "site_id")), ANY_SITE: current_site().id}
    groups = Group.objects.annotate(permitted=Count("permissions")).order_by("permitted", "name")
    order = {group.name.casefold(): (number, group) for number, group in enumerate(groups)}
    found: dict[int, tuple[int, Group]] = {}
    for key, name in pairs:
        if key not in sites or name.casefold() not in order:
            log.warning("The claim names an unknown site or role", site=escaped(key, 80), role=escaped(name, 80))
            continue
        role = order[name.casefold()]
        found[sites[key]] = max(found.get(sites[key], role), role, key=lambda pair: pair[0])
    return {site_id: group for site_id, (_number, group) in found.items()}


def give(user: User, wanted: Mapping[int, Group]) -> None:
    """Makes the roles that the claim gave before those that it gives now."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # one sign-in of a person at a time
        # all_sites: a person has roles on any number of sites.
        members = {row.site_id: row for row in Membership.all_sites.filter(user=user)}
        claimed = {row.site_id: row for row in ClaimedRole.all_sites.filter(membership__user=user)}
        with noting_lost_admins(claimed, lambda text: log.warning(text)):
            for site_id in sorted(wanted.keys() | claimed.keys()):
                with use_site(site_id):
                    _give_on_site(user, members.get(site_id), claimed.get(site_id), wanted.get(site_id))


def _give_on_site(user: User, member: Membership | None, claimed: ClaimedRole | None, role: Group | None) -> None:
    if member is not None and (claimed is None or claimed.role_id != member.role_id):
        if claimed is not None:
            claimed.delete()  # the role was changed by hand
        return
    if member is None or claimed is None:
        if role is None:
            return
        ClaimedRole.objects.create(membership=Membership.objects.create(user=user, role=role), role=role)
    elif role is None:
        member.delete()
    elif member.role_id == role.pk:
        return
    else:
        member.role = claimed.role = role
        member.save()
        claimed.save()
    log.info("A role follows the claim", user=user.username, role=role and role.name)


def _pairs(value: Any) -> Iterator[tuple[str, str]]:
    """`{"north": "Editor"}`, `{"north": ["Editor"]}`, `["north:Editor"]` or `"north:Editor"`."""
    if isinstance(value, Mapping):
        for key, roles in value.items():
            for role in roles if isinstance(roles, list) else [roles]:
                if isinstance(role, str):
                    yield str(key), role.strip()
        return
    for entry in value if isinstance(value, list) else [value]:
        if isinstance(entry, str) and ":" in entry:  # a list of roles has those of other applications, too
            key, _colon, role = entry.partition(":")
            yield key.strip(), role.strip()
