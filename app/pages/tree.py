"""Where pages are: the tree of a site, and the addresses that follow from it.

An own path replaces what would follow from the tree. Pages below such a page follow its own path.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, Max, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Concat, Length, Substr
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from app.pages.addresses import HOME, LONGEST_PATH, app_at, normalised_path, validate_own_path
from app.pages.kinds import label_of, refusal_of_place, standard
from app.publishing.models import was_visible
from app.publishing.slugs import normalised

if TYPE_CHECKING:
    from app.pages.models import Page

BELOW = """WITH RECURSIVE below (id) AS (
    SELECT id FROM pages_page WHERE parent_id = %s
    UNION SELECT child.id FROM pages_page child JOIN below ON child.parent_id = below.id
) SELECT id FROM below"""
#: A page and those whose paths begin with its path. An own path, and what is below it, does not.
MOVED_WITH = """WITH RECURSIVE moved (id) AS (
    SELECT id FROM pages_page WHERE id = %s
    UNION SELECT child.id FROM pages_page child JOIN moved ON child.parent_id = moved.id WHERE child.own_path = ''
) SELECT id FROM moved"""


class Stored(NamedTuple):
    """What the database has of a page: an instance may be old."""

    path: str
    kind: str
    parent_id: int | None
    #: Whether visitors see it, or have seen it.
    is_seen: bool = False


def stored(page: Page) -> dict[int, Stored]:
    """A page and its parent in the database, by their keys."""
    keys = {key for key in (page.pk, page.parent_id) if key is not None}
    if not keys:
        return {}
    is_seen = Case(When(was_visible(timezone.now()), then=Value(True)), default=Value(False))
    rows = standard().objects.filter(pk__in=keys).annotate(is_seen=is_seen).values_list("pk", *Stored._fields)
    return {pk: Stored(*values) for pk, *values in rows}


def as_stored(page: Page | None) -> dict[int, Stored]:
    return {} if page is None else {page.pk: Stored(page.path, page.kind, page.parent_id)}


def path_in(stored: Mapping[int, Stored], key: int | None) -> str | None:
    known = None if key is None else stored.get(key)
    return None if known is None else known.path


def pages_below(page_id: int | None) -> models.QuerySet[Page]:
    """The pages of the current site that are below a page, at any depth."""
    rows: models.QuerySet[Page] = standard().objects.filter(pk__in=RawSQL(BELOW, [page_id]))  # noqa: S611  # a constant
    return rows


def moved_with(page: Page) -> models.QuerySet[Page]:
    """A page, and the pages whose paths begin with its path because they are below it."""
    rows: models.QuerySet[Page] = standard().objects.filter(pk__in=RawSQL(MOVED_WITH, [page.pk]))  # noqa: S611  # too
    return rows


def refuse_place(page: Page, stored: Mapping[int, Stored]) -> None:
    refusal = refusal_of(page, stored)
    if refusal:
        raise ValidationError({"parent": refusal})


def refusal_of(page: Page, stored: Mapping[int, Stored]) -> str | Promise:
    """Why a page of this kind may not be there; empty if it may, or stays where it is."""
    known, parent = stored.get(page.pk), _parent_in(stored, page)
    if known is not None and known.parent_id == page.parent_id:
        return ""
    kind = known.kind if known is not None else label_of(type(page))
    return refusal_of_place(kind, parent.kind if parent is not None else None)


def refuse_to_be_below_itself(page: Page) -> None:
    if page.pk is None or page.parent_id is None:
        return
    if page.parent_id == page.pk or pages_below(page.pk).filter(pk=page.parent_id).exists():
        raise ValidationError({"parent": _("A page cannot be below itself.")})


def set_path(page: Page, stored: Mapping[int, Stored]) -> None:
    """Sets `path`, and gives `slug` and `own_path` their one spelling."""
    if page._state.adding and page.path == HOME:
        page.slug = ""  # created as the home page by its path
    page.slug = normalised(page.slug)
    if "/" in page.slug:
        raise ValidationError({"slug": _("A slug has no slash.")})
    if page.own_path:
        try:
            validate_own_path(page.own_path)
        except ValidationError as error:
            raise ValidationError({"own_path": error}) from None
        page.path = page.own_path = normalised_path(page.own_path)
        return
    parent = _parent_in(stored, page)
    prefix = parent.path if parent is not None else HOME
    page.path = f"{prefix}{page.slug}/" if page.slug else prefix


def refuse_address_of_an_app(page: Page) -> None:
    app, field = app_at(page.path), _address_field(page)
    if app:
        message = _("Nobody would see a page at %(path)s: the address belongs to “%(app)s”. Choose another %(field)s.")
        named: Any = page._meta.get_field(field)
        params = {"path": page.path, "app": app, "field": named.verbose_name}
        raise ValidationError({field: ValidationError(message, params=params)})


def refuse_address_of_another(page: Page) -> None:
    """Raises `ValidationError` if another page has the address of this one."""
    other = standard().objects.filter(path=page.path).exclude(pk=page.pk).first()
    if other is None:
        return
    message = _("Another page of this site has this address. “%(title)s” is at %(path)s. Choose another one.")
    if page.path == HOME:
        message = _(
            "Without a slug this would be the home page, and this site has one. Enter a slug. "
            "Another page of this site has this address: “%(title)s”."
        )
    params = {"path": page.path, "title": other.title, "page": other}
    raise ValidationError({_address_field(page): ValidationError(message, code="taken", params=params)})


def refuse_addresses_below(page: Page, before: str | None) -> None:
    """Raises `ValidationError` if an address on or below this page would be too long, or is another page's.

    `before` is the path that the page has in the database.
    """
    field, longest = _address_field(page), len(page.path)
    if before is None or page.path == before:
        if longest > LONGEST_PATH:
            raise _too_long(field)
        return
    moved = moved_with(page).exclude(pk=page.pk)
    if len(page.path) > len(before):
        found = moved.aggregate(longest=Max(Length("path")))["longest"] or 0
        longest = max(longest, found + len(page.path) - len(before))
    if longest > LONGEST_PATH:
        raise _too_long(field)
    # Without these two, whatever is below an address is below the page that has it.
    if page.path == HOME or standard().objects.exclude(own_path="").exists():
        paths = moved.annotate(moved=_moved(before, page.path)).values("moved")
        others = standard().objects.exclude(pk__in=moved_with(page).values("pk"))
        other = others.filter(path__in=paths).first()
        if other is not None:
            message = _("A page below this one would get the address %(path)s, which another page has: “%(title)s”.")
            params = {"path": other.path, "title": other.title, "page": other}
            raise ValidationError({field: ValidationError(message, code="taken", params=params)})


def move_pages_below(page: Page, before: str) -> None:
    """Gives the pages below a page their paths, after its own path changed from `before`."""
    # A plain queryset: the one of `objects` saves each page, because a path follows from other fields.
    below: models.QuerySet[Page] = models.QuerySet(standard(), moved_with(page).exclude(pk=page.pk).query)
    if before.startswith(page.path):
        # A page could get an address that another one of them still has, so all of them leave theirs first.
        below.update(path=Concat(Value("*"), Substr("path", 2)))
    below.update(path=_moved(before, page.path))


def last_position(page: Page) -> int:
    """The position after all other pages below the same parent."""
    siblings = standard().objects.filter(parent_id=page.parent_id).exclude(pk=page.pk)
    last: int | None = siblings.aggregate(last=Max("position"))["last"]
    return (last or 0) + 1


def _parent_in(stored: Mapping[int, Stored], page: Page) -> Stored | None:
    return None if page.parent_id is None else stored.get(page.parent_id)


def _address_field(page: Page) -> str:
    """The field that an editor changes to give the page another address."""
    return "own_path" if page.own_path else "slug"


def _too_long(field: str) -> ValidationError:
    return ValidationError({field: _("An address on or below this page would be longer than 500 characters.")})


def _moved(before: str, after: str) -> Concat:
    """The path that a page below has when the path `before` has become `after`."""
    return Concat(Value(after), Substr("path", len(before) + 1))
