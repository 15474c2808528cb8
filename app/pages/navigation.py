"""The navigation of the current site, for every template. Themes use it as a value and load no tags of this app."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, Q, Value, Window
from django.db.models.expressions import RawSQL
from django.db.models.functions import Length, Replace, RowNumber
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from app.media.names import address_of
from app.pages.links import destinations
from app.pages.models import HOME, Page
from app.publishing.models import PublishableQuerySet
from app.tenancy.content_cache import cached_by_content

#: The most entries that a page gets in its menu, and that all menus have together; pages on top come first.
MOST_CHILDREN = 50
MOST_ENTRIES = 500
#: With more pages that have others below them, each page asks for its own.
MOST_PARENTS = 1000
AT_AND_ABOVE = """WITH RECURSIVE above (id, parent_id) AS (
    SELECT id, parent_id FROM pages_page WHERE id = %s
    UNION SELECT parent.id, parent.parent_id FROM pages_page parent JOIN above ON parent.id = above.parent_id
) SELECT id FROM above"""


@dataclass
class Entry:
    """A page in the navigation, or an entry of a menu, with what is below it. It is open while the visitor is on it or
    below it.

    `path` is what a theme links to: the page's path, or where it leads if it is a link. In menus, and for a page that
    needs a sign-in, `description` is empty and `image` is None; elsewhere it has `src` and `alt` of the page's picture.
    """

    title: str
    path: str
    is_open: bool = False
    children: list[Entry] = field(default_factory=list)
    description: str = ""
    image: dict[str, str] | None = None
    is_current: bool = False

    @property
    def url(self) -> str:
        return self.path

    @property
    def opens_elsewhere(self) -> bool:
        """Whether it leads to another website, or is an address with a host."""
        return self.path.startswith(("http://", "https://"))


class Navigation(list[Entry]):
    """The entries of the top level. Two requests with the same `place` get the same open and current entries."""

    place = ""

    def note(self, places: Iterable[str]) -> None:
        """The visitor is at or below these places: the longest one says which entries are open."""
        self.place = max(self.place, *places, key=len)

    def note_current(self, current_path: str) -> None:
        if self.place == current_path:
            self.place += " is current"


def context_processor(request: HttpRequest) -> dict[str, object]:
    """`navigation`: a `Navigation`, loaded when a template first uses it."""
    return {"navigation": SimpleLazyObject(lambda: entries(request.path))}


def entries(current_path: str) -> Navigation:
    """The published pages of the current site that are shown in menus, as a tree."""
    navigation = Navigation()
    by_id: dict[int, Entry] = {}
    rows = cached_by_content("navigation", _rows)
    for pk, _, title, path, leads_to in rows:
        places = [place for place in (path, leads_to) if is_at(place, current_path)]
        is_current, is_open = current_path in places, any(place != HOME for place in places)
        by_id[pk] = Entry(title, leads_to or path, is_open, is_current=is_current)
        if places:
            navigation.note(places)
    navigation.note_current(current_path)
    for pk, parent, *_ in rows:
        siblings = navigation if parent is None else by_id[parent].children if parent in by_id else []
        if len(siblings) < MOST_CHILDREN:
            siblings.append(by_id[pk])
    return navigation


def breadcrumbs(page: Page) -> list[Entry]:
    """The home page, and the published pages above a page. Empty for a page at the top."""
    parent = page.parent_id
    if parent is None:
        return []
    return [Entry(title, path) for title, path in cached_by_content(f"above {parent}", lambda: _rows_above(parent))]


def child_pages(page: Page) -> list[Entry]:
    """The published pages directly below a page, in the order of the tree; at most `MOST_CHILDREN`.

    Below the home page are the other pages at the top that menus show; links are left out.
    """
    if page.path == HOME:
        return _below(None, page.path)
    return _below(page.pk, page.path)


def section(page: Page) -> list[Entry]:
    """The page above a page, and all pages directly below that one. Empty for a page at the top."""
    above = breadcrumbs(page)[-1:]
    if not above or above[0].path == HOME:
        return []
    return [*above, *_below(page.parent_id, page.path)]


def _below(parent: int | None, current_path: str) -> list[Entry]:
    # Most pages have none below them, and cost no query of their own.
    parents = None if parent is None else cached_by_content("pages with others below", _parents)
    if parents is not None and parent not in parents:
        return []

    def rows() -> list[tuple[str, str, str, str | None, str]]:
        found = Page.objects.published().filter(parent_id=parent)
        if parent is None:
            found = found.filter(in_menus=True, linkpage=None).exclude(path=HOME)
        columns = ("login_required", "title", "path", "description", "image__file", "image__alt")
        # SECURITY: of a page that needs a sign-in, everybody sees the title only.
        return [
            (title, path, *(("", None, "") if is_closed else shown))
            for is_closed, title, path, *shown in found.values_list(*columns)[:MOST_CHILDREN]
        ]

    return [
        Entry(title, path, path == current_path, [], text, {"src": address_of(file), "alt": alt} if file else None)
        for title, path, text, file, alt in cached_by_content(f"below {parent}", rows)
    ]


def _parents() -> list[int] | None:
    """The keys of the pages with published pages below them; None if there are too many to look through."""
    found = Page.objects.published().exclude(parent=None).order_by().values_list("parent", flat=True).distinct()
    keys = list(found[: MOST_PARENTS + 1])
    return keys if len(keys) <= MOST_PARENTS else None


def _rows_above(parent: int) -> list[tuple[str, str]]:
    is_shown = Exists(Page.objects.published().filter(pk=OuterRef("pk")))
    wanted = Q(pk__in=RawSQL(AT_AND_ABOVE, [parent])) | Q(path=HOME)  # noqa: S611  # a constant
    rows = (
        Page.objects.filter(wanted)
        .annotate(is_shown=is_shown)
        .values_list("pk", "parent_id", "title", "path", "is_shown")
    )
    found = {pk: rest for pk, *rest in rows}
    above: list[tuple[str, str]] = []
    key: int | None = parent
    while key in found:
        key, title, path, shown = found.pop(key)
        above = [(title, path), *above] if shown else above
    home = [(title, path) for _, title, path, shown in found.values() if path == HOME and shown]
    return [*home, *above]


def is_at(place: str, current_path: str) -> bool:
    """Whether a visitor at a path is on the page at a place, or below it. Everything is below the home page."""
    return place == current_path or (place != HOME and place.endswith("/") and current_path.startswith(place))


def _rows() -> list[tuple[int, int | None, str, str, str]]:
    """Key, parent, title, path, and where a link leads. A link whose target does not exist any longer is left out."""
    pages = Page.objects.published().filter(in_menus=True)
    columns = ("pk", "parent_id", "title", "path", "linkpage__address", "linkpage__target", "login_required")
    rows = list(pages.values_list(*columns)[: MOST_ENTRIES + 1])
    if len(rows) > MOST_ENTRIES:
        # From the top of the tree downwards, so that no entry is left without its parent.
        rows = list(_highest(pages).values_list(*columns)[:MOST_ENTRIES])
    # SECURITY: a link that needs a sign-in does not say where it leads.
    found = destinations([("", "") if is_closed else (address, target) for *_, address, target, is_closed in rows])
    return [(*row[:4], leads_to) for row, leads_to in zip(rows, found, strict=True) if leads_to is not None]


def _highest(pages: PublishableQuerySet) -> PublishableQuerySet:
    """The first pages below each page, by their depth in the tree; with thousands of pages only these are loaded."""
    order = ("position", "title", "pk")
    rank = Window(RowNumber(), partition_by="parent_id", order_by=order)
    depth = Length("path") - Length(Replace("path", Value("/")))
    highest: PublishableQuerySet = pages.alias(rank=rank, depth=depth).filter(rank__lte=MOST_CHILDREN)
    return highest.order_by("depth", *order)
