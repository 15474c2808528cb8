"""What a browser sends for the form of an admin page."""

from __future__ import annotations

from html.parser import HTMLParser


class _Fields(HTMLParser):
    """Names and values of the successful controls of the form with one id."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self.form, self.inside = form, False
        self.data: dict[str, list[str]] = {}
        self.name = ""
        self.text: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = given.get("id") == self.form
        if not self.inside:
            return
        name = given.get("name", "")
        if tag == "input" and name and given.get("type") not in {"submit", "file", "button"}:
            is_box = given.get("type") in {"checkbox", "radio"}
            if not is_box or "checked" in given:
                self.data.setdefault(name, []).append(given.get("value", "on" if is_box else ""))
        elif tag == "textarea":
            self.name, self.text = name, []
        elif tag == "select":
            self.name = name
        elif tag == "option" and "selected" in given:
            self.data.setdefault(self.name, []).append(given.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self.text is not None:
            self.text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self.text is not None:
            self.data.setdefault(self.name, []).append("".join(self.text).removeprefix("\n"))
            self.text = None
        elif tag == "form":
            self.inside = False


def submitted(html: str, form: str, **changed: str) -> dict[str, list[str]]:
    """The data of the form with this id as it was loaded, with some values replaced."""
    parser = _Fields(form)
    parser.feed(html)
    assert parser.data, f"no form {form!r}"
    return parser.data | {name: [value] for name, value in changed.items()}
