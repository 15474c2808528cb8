"""A tweet's text as HTML: escaped, with links for the addresses, names and tags that X marks in it."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


def tweet_html(text: str, entities: Mapping[str, Any]) -> SafeString:
    """Links each entity once. One that overlaps another, lies outside the text or is not http(s) stays text."""
    pieces: list[SafeString] = []
    position = 0
    for start, end, address, label in sorted(_links(entities)):
        if position <= start < end <= len(text):
            pieces.append(_plain(text[position:start]))
            shown = label or html.unescape(text[start:end])
            pieces.append(format_html('<a href="{}" rel="nofollow noopener">{}</a>', address, shown))
            position = end
    pieces.append(_plain(text[position:]))
    return format_html_join("", "{}", ((piece,) for piece in pieces))


def _plain(text: str) -> SafeString:
    # X sends &, < and > as HTML entities; without unescaping they would be escaped twice.
    return format_html_join(SafeString("<br>"), "{}", ((line,) for line in html.unescape(text).split("\n")))


def _links(entities: Mapping[str, Any]) -> Iterator[tuple[int, int, str, str]]:
    """Start, end, address and label. An empty label stands for the text itself."""
    for kind, items in entities.items():
        for item in items if isinstance(items, list) else []:
            match kind, item:
                # SECURITY: the address is not ours; javascript: and similar schemes must not become a link.
                case "urls", {"start": int(start), "end": int(end), "url": str(url)} if url.startswith(
                    ("https://", "http://")
                ):
                    label = item.get("display_url")
                    yield start, end, url, label if isinstance(label, str) else ""
                case "mentions", {"start": int(start), "end": int(end), "username": str(name)}:
                    yield start, end, f"https://x.com/{quote(name, safe='')}", ""
                case "hashtags" | "cashtags", {"start": int(start), "end": int(end), "tag": str(tag)}:
                    sign = "#" if kind == "hashtags" else "$"
                    yield start, end, f"https://x.com/search?q={quote(sign + tag)}", ""
