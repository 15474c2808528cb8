"""Rich text as lines of text that show its structure: headings, lists, quotes, tables, pictures, links, emphasis."""

from __future__ import annotations

from html.parser import HTMLParser

Attributes = list[tuple[str, str | None]]

#: Around the text of an element, as many people write it in plain text.
_MARKS = {"strong": "**", "b": "**", "em": "_", "i": "_", "s": "~~", "code": "`"}
_HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}
_BLOCKS = {"p", "div", "figure", "figcaption", "li", "tr", "pre", "blockquote", "table", "ul", "ol", *_HEADINGS}


class _Lines(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.line: list[str] = []
        self.bullet = ""  # of an item whose text follows in another element
        self.lists: list[int | None] = []  # the number of the last item; None for a list without numbers
        self.links: list[str] = []
        self.quotes = 0

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag in _BLOCKS:
            self.end_line()
        if tag in _MARKS:
            self.line.append(_MARKS[tag])
        elif tag in _HEADINGS:
            self.line.append(_HEADINGS[tag])
        elif tag in {"ul", "ol"}:
            self.lists.append(0 if tag == "ol" else None)
        elif tag == "li":
            self.bullet = self.next_bullet()
        elif tag == "blockquote":
            self.quotes += 1
        elif tag == "a":
            self.links.append(values.get("href", ""))
        elif tag == "img":
            self.line.append(f"[{values.get('alt', '')}: {values.get('src', '')}]")
        elif tag == "br":
            self.end_line()
        elif tag == "hr":
            self.end_line()
            self.line.append("---")
            self.end_line()

    def handle_endtag(self, tag: str) -> None:
        if tag in _MARKS:
            self.line.append(_MARKS[tag])
        elif tag in {"td", "th"}:
            self.line.append(" | ")
        elif tag == "a" and self.links:
            self.line.append(f" ({self.links.pop()})")
        elif tag in _BLOCKS:
            self.end_line()
            if tag in {"ul", "ol"} and self.lists:
                self.lists.pop()
            self.quotes -= tag == "blockquote" and self.quotes > 0

    def handle_data(self, data: str) -> None:
        self.line.append(data)

    def next_bullet(self) -> str:
        if not self.lists:
            return "- "
        last = self.lists[-1]
        if last is None:
            return "- "
        self.lists[-1] = last + 1
        return f"{last + 1}. "

    def end_line(self) -> None:
        text = "".join(self.line).strip()
        self.line.clear()
        if text:
            self.lines.append("> " * self.quotes + self.bullet + text)
            self.bullet = ""


def as_text(html: str) -> str:
    parser = _Lines()
    parser.feed(html)
    parser.close()
    parser.end_line()
    return "\n".join(parser.lines)
