"""Rich text: one list of elements, for what the editor offers and for what is kept of the HTML on every save."""

from __future__ import annotations

from typing import Any

import nh3
from django.db import models
from django_prose_editor.config import allowlist_from_extensions, expand_extensions
from django_prose_editor.fields import ProseEditorField

EXTENSIONS: dict[str, Any] = {
    "Bold": True,
    "Italic": True,
    "Strike": True,
    "Code": True,
    "CodeBlock": True,
    "Heading": {"levels": [2, 3, 4]},
    "BulletList": True,
    "OrderedList": True,
    "ListItem": True,
    "Blockquote": True,
    "HorizontalRule": True,
    "HardBreak": True,
    "Link": {"enableTarget": False, "protocols": ["http", "https", "mailto", "tel"]},
    "Table": True,
    "TableRow": True,
    "TableHeader": True,
    "TableCell": True,
}


def _filter_attribute(tag: str, attribute: str, value: str) -> str | None:
    # SECURITY: "//host" and "\\host" look like paths but link to other hosts.
    if tag == "a" and attribute == "href" and value.strip()[:2].replace("\\", "/") == "//":
        return None
    return value


_allowed = allowlist_from_extensions(expand_extensions(EXTENSIONS))
_cleaner = nh3.Cleaner(
    tags=_allowed["tags"],
    attributes=_allowed["attributes"],
    url_schemes=_allowed["url_schemes"],
    attribute_filter=_filter_attribute,
    link_rel=None,
)


def sanitise(html: str) -> str:
    """The HTML without everything that `EXTENSIONS` does not list. A single empty paragraph becomes an empty string."""
    cleaned = _cleaner.clean(html)
    return "" if cleaned == "<p></p>" else cleaned


class RichTextField(ProseEditorField):  # type: ignore[misc]  # the library has no types
    """HTML from the editor. It is sanitised on every save, also outside of forms."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, extensions=dict(EXTENSIONS), sanitize=sanitise, **kwargs)

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        html = sanitise(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, html)
        return html
