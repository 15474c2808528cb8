"""The standing sites and people, and rows of any model."""

from __future__ import annotations

import itertools
from typing import Any, TypeVar, overload

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.contrib.sites.models import Site
from django.test import Client

from app.accounts.models import User
from app.pages.models import LinkPage, Page
from app.tenancy.current import current_site, use_site
from app.tenancy.models import Alias, Membership, SiteProfile, SiteRelated
from app.tenancy.site_apps import per_site_apps
from app.testing.data.canaries import Canaries
from app.testing.data.twins import parent_kind
from app.testing.data.values import Values

Kind = TypeVar("Kind", bound=Page)

_numbers = itertools.count(1)
_texts = Canaries()


class Browser(Client):
    """A client that visits one host, as a browser tab does."""

    def __init__(self, host: str, **defaults: Any) -> None:
        super().__init__(HTTP_HOST=host, **defaults)


def make_north() -> Site:
    site = _with_all_apps(Site.objects.create(domain="north.test", name="North"))
    Alias.objects.create(site=site, host="www.north.test")
    return site


def make_south() -> Site:
    return _with_all_apps(Site.objects.create(domain="south.test", name="South"))


def _with_all_apps(site: Site) -> Site:
    SiteProfile.objects.filter(site=site).update(settings={"apps": sorted(per_site_apps())})
    return site


def person(username: str, site: Site | None, role: str = "Editor") -> User:
    """An account whose password is its user name, with a role on one site."""
    user = User.objects.create_user(username, f"{username}@example.test", username)
    if site is not None:
        with use_site(site):
            Membership.objects.create(user=user, role=Group.objects.get(name=role))
    return user


@overload
def page(site: Site, /, **values: Any) -> Page: ...
@overload
def page(site: Site, kind: type[Kind], /, **values: Any) -> Kind: ...
def page(site: Site, kind: type[Page] = Page, /, **values: Any) -> Page:
    """A published page of the site, of any kind."""
    with use_site(site):
        made: Page = kind.objects.create(**{"title": "T", "slug": "t", "status": "published", **values})
        return made


def page_form(row: Page | None = None, **values: object) -> dict[str, object]:
    """What the admin's form of a page sends: the values of the page, or of a new one, and those given."""
    made = row or Page(title="T", slug="t", status="published")
    empty = dict.fromkeys(("publish_at_0", "publish_at_1", "expire_at_0", "expire_at_1", "description"), "")
    own = {"title": made.title, "slug": made.slug, "parent": made.parent_id or "", "status": made.status}
    return {
        **empty,
        **own,
        "position": made.position,
        "body": made.body,
        "in_menus": "on",
        "in_sitemap": "on",
        **values,
    }


def make_row(model: Any) -> Any:
    """Creates a row of the current site, for any model."""
    return model.objects.create(**values_for(model))


def values_for(model: type[SiteRelated]) -> dict[str, Any]:
    """Values for a new row: a value of the right type for every required field."""
    above = parent_kind(model)
    place = {"parent": make_row(above)} if above is not None else {}
    given = {"address": "/elsewhere/", "target": ""} if model is LinkPage else {}
    return Values(_texts, "a", _target, only_required=True).of(model, 0, {**place, **given})


def _target(field: Any, _: int) -> Any:
    model, number = field.related_model, next(_numbers)
    if model is Site:
        return Site.objects.get(pk=current_site().id)
    if issubclass(model, SiteRelated):
        return make_row(model)
    if model is User:
        return User.objects.create_user(f"user{number}")
    if model is Group:
        return Group.objects.get(name="Editor")
    assert model is LogEntry, f"_target() cannot create a {model.__name__} yet"
    return LogEntry.objects.create(user=User.objects.create_user(f"user{number}"), action_flag=1)
