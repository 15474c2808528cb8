"""What a browser sends for the forms of a page."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

Data = dict[str, list[str]]


@dataclass
class Form:
    """The names and values of a form's successful controls, as the page was loaded."""

    id: str
    method: str
    action: str
    data: Data = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    """The values of each select box."""
    required: dict[str, str] = field(default_factory=dict)
    """The fields that a browser insists on → the type of the input."""


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self.form: Form | None = None
        self.name = ""
        self.text: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.form = Form(given.get("id", ""), given.get("method", "get").lower(), given.get("action", ""))
            self.found.append(self.form)
        if self.form is None:
            return
        name = given.get("name", "")
        if name and "required" in given:
            self.form.required[name] = given.get("type", "text")
        if tag == "input" and name and given.get("type") not in {"submit", "file", "button"}:
            is_box = given.get("type") in {"checkbox", "radio"}
            if not is_box or "checked" in given:
                self.form.data.setdefault(name, []).append(given.get("value", "on" if is_box else ""))
        elif tag == "textarea":
            self.name, self.text = name, []
        elif tag == "select":
            self.name = name
            self.form.choices[name] = []
        elif tag == "option":
            self.form.choices.setdefault(self.name, []).append(given.get("value", ""))
            if "selected" in given:
                self.form.data.setdefault(self.name, []).append(given.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self.text is not None:
            self.text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self.text is not None:
            if self.form is not None:
                self.form.data.setdefault(self.name, []).append("".join(self.text).removeprefix("\n"))
            self.text = None
        elif tag == "form":
            self.form = None


def forms_of(html: str) -> list[Form]:
    parser = _Forms()
    parser.feed(html)
    return parser.found


def submitted(html: str, form: str, **changed: str) -> Data:
    """The data of the form with this id as it was loaded, with some values replaced."""
    data = next((found.data for found in forms_of(html) if found.id == form), {})
    assert data, f"no form {form!r}"
    return data | {name: [value] for name, value in changed.items()}
