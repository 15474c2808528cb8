"""The feeds that a site's templates name: `{% tweets_for_user "nasa" %}`. A page shows nothing for one that is missing.

Read from the templates themselves, so a visit writes nothing and every process knows the same. A value that is a
variable is known only while a page is rendered, and is left out.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from django.conf import settings
from django.template import Engine, Template, TemplateSyntaxError
from django.template.base import FilterExpression, Variable
from django.template.library import SimpleNode
from django.template.loaders.base import Loader

from app.twitter.feed_values import InvalidValue, normalise
from app.twitter.models import Feed

TAGS = {f"tweets_for_{kind}": kind for kind in Feed.Kind.values}


@dataclass(frozen=True, slots=True)
class NamedFeed:
    template: str
    kind: str
    value: str  # as `Feed.value`, or as it is written if it is not valid
    fault: str = ""  # why the tag can never show anything

    @property
    def query(self) -> str:
        """Fills in the form for a new feed."""
        return urlencode({"kind": self.kind, "value": self.value})


def missing_feeds(feeds: Iterable[Feed]) -> list[NamedFeed]:
    """Those that the current site's templates name, and that are not among these feeds, the active ones of the site."""
    active = {(feed.kind, feed.value) for feed in feeds}
    return [feed for feed in named_feeds() if feed.fault or (feed.kind, feed.value) not in active]


def named_feeds() -> tuple[NamedFeed, ...]:
    folders = tuple(folder for loader in Engine.get_default().template_loaders for folder in _folders(loader))
    # Like the templates themselves, kept as long as the process lives, except while a theme is written.
    return _in_folders.__wrapped__(folders) if settings.DEBUG else _in_folders(folders)


def _folders(loader: Loader) -> Iterator[Path]:
    """Where a loader looks for templates for the current site, first come first served."""
    for inner in getattr(loader, "loaders", ()):
        yield from _folders(inner)
    yield from map(Path, loader.get_dirs() if hasattr(loader, "get_dirs") else ())


@functools.lru_cache(maxsize=64)  # an entry per theme
def _in_folders(folders: tuple[Path, ...]) -> tuple[NamedFeed, ...]:
    files: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*.html")):
            files.setdefault(path.relative_to(folder).as_posix(), path)
    found = (feed for name, path in files.items() for feed in _in_template(name, path.read_text(encoding="utf-8")))
    return tuple(dict.fromkeys(found))


def _in_template(name: str, text: str) -> Iterator[NamedFeed]:
    if "tweets_for_" not in text:
        return
    try:
        nodes = Template(text).nodelist.get_nodes_by_type(SimpleNode)
    except TemplateSyntaxError:
        return  # no page can be made from it, so it shows no feed either
    for node in (node for node in nodes if isinstance(node, SimpleNode)):
        kind = TAGS.get(getattr(node.func, "__name__", ""))
        arguments = dict(zip(("value", "count"), node.args, strict=False)) | node.kwargs if kind else {}
        value, count = _literal(arguments.get("value")), _literal(arguments.get("count"))
        if kind and value is not None:
            yield _named(name, kind, value, count or "0")


def _named(template: str, kind: str, value: str, count: str) -> NamedFeed:
    try:
        value = normalise(kind, value)
    except InvalidValue as error:
        return NamedFeed(template, kind, value, str(error))
    return NamedFeed(template, kind, value, "" if count.isdecimal() else f'"{count}" is not a number of posts.')


def _literal(expression: FilterExpression | None) -> str | None:
    """The value of an argument that is no variable and has no filter."""
    if expression is None or expression.filters:
        return None
    if isinstance(expression.var, Variable):
        return None if expression.var.literal is None else str(expression.var.literal)
    return str(expression.var)
