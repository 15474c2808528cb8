"""A post's text as HTML: escaped, with links where X found an address, a name or a tag."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe


@dataclass(frozen=True, slots=True, order=True)
class _Link:
    start: int
    end: int
    address: str
    shown: str  # empty: what the text has there


def linked(text: str, entities: Mapping[str, Any]) -> SafeString:
    """Each entity is linked once; one that overlaps, lies outside or does not lead to the web is text."""
    pieces: list[SafeString] = []
    position = 0
    for link in sorted(_links(entities)):
        if not position <= link.start < link.end <= len(text):
            continue
        pieces.append(_plain(text[position : link.start]))
        shown = link.shown or html.unescape(text[link.start : link.end])
        pieces.append(format_html('<a href="{}" rel="nofollow noopener">{}</a>', link.address, shown))
        position = link.end
    pieces.append(_plain(text[position:]))
    return format_html_join("", "{}", ((piece,) for piece in pieces))


def _plain(text: str) -> SafeString:
    # X sends &, < and > of a text as entities; without unescaping first they would be shown twice escaped.
    return mark_safe(html.escape(html.unescape(text)).replace("\n", "<br>"))  # noqa: S308  # escaped right here


def _links(entities: Mapping[str, Any]) -> Iterable[_Link]:
    for kind, address in _ADDRESSES.items():
        items = entities.get(kind)
        for item in items if isinstance(items, list) else []:
            if not isinstance(item, Mapping):
                continue
            start, end = item.get("start"), item.get("end")
            target = address(item)
            if isinstance(start, int) and isinstance(end, int) and target:
                shown = item.get("display_url") if kind == "urls" else ""
                yield _Link(start, end, target, shown if isinstance(shown, str) else "")


def _web(item: Mapping[str, Any]) -> str:
    # SECURITY: an address from outside becomes a link; javascript: and the like must not.
    address = item.get("url")
    return address if isinstance(address, str) and address.startswith(("https://", "http://")) else ""


def _search(item: Mapping[str, Any], mark: str) -> str:
    tag = item.get("tag")
    return f"https://x.com/search?q={quote(mark + tag)}" if isinstance(tag, str) else ""


def _person(item: Mapping[str, Any]) -> str:
    name = item.get("username")
    return f"https://x.com/{quote(name, safe='')}" if isinstance(name, str) else ""


def _hashtag(item: Mapping[str, Any]) -> str:
    return _search(item, "#")


def _cashtag(item: Mapping[str, Any]) -> str:
    return _search(item, "$")


_ADDRESSES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "urls": _web,
    "mentions": _person,
    "hashtags": _hashtag,
    "cashtags": _cashtag,
}
