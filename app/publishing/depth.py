"""How deep HTML is nested, found out before it is parsed.

The cost of parsing grows with the square of the depth: 300 KB of nothing but `<div>` take 8 seconds.
"""

from __future__ import annotations

import re
from collections import Counter

_SPACE = r"[ \t\n\f\r]"
_ATTRIBUTE = rf"""{_SPACE}++[^\s"'<>/=]++(?:{_SPACE}*+={_SPACE}*+(?:"[^"]*+"|'[^']*+'|[^\s"'<>=`]++))?+"""
#: What follows a "<": slash, name, and the rest of a tag that is written as every parser reads it.
_TAG = re.compile(rf"(/?)([a-z][a-z0-9]*+)((?:{_ATTRIBUTE})*+{_SPACE}*+/?+>)?+", re.IGNORECASE)
#: Elements that never nest in themselves: a parser ends the one that is open, or they have no content.
_FLAT = re.compile("area|br|col|dd|dt|hr|img|input|li|link|meta|p|source|tbody|td|tfoot|th|thead|tr|wbr")
#: Elements in which a parser reads text instead of tags, or ignores end tags.
_OPAQUE = re.compile(
    "applet|button|iframe|marquee|math|noembed|noframes|noscript|object|plaintext|script|select|style|svg|"
    "template|textarea|title|xmp"
)


def is_deeper_than(limit: int, html: str) -> bool:
    """Whether a parser could find more than `limit` elements inside each other. Takes linear time.

    It counts too many rather than too few: an end tag counts only where every parser reads it as one.
    """
    open_elements: Counter[str] = Counter()
    depth, end_tags_count = 0, True
    for piece in html.split("<")[1:]:
        tag = _TAG.match(piece)
        if tag is None:
            end_tags_count = False  # a comment, for example
            continue
        name = tag[2].lower()
        if tag[3] is None or _OPAQUE.fullmatch(name):
            end_tags_count = False
        if _FLAT.fullmatch(name):
            continue
        change = 1 if not tag[1] else -1 if end_tags_count and open_elements[name] else 0
        open_elements[name] += change
        depth += change
        if depth > limit:
            return True
    return False
