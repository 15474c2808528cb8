"""Rich text: one list of elements, for what the editor offers and for what is kept of the HTML on every save."""

from __future__ import annotations

import re
from typing import Any

import nh3
from django.core.exceptions import ValidationError
from django.db import models
from django.forms import Media, Script
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django_prose_editor.config import allowlist_from_extensions, expand_extensions
from django_prose_editor.fields import ProseEditorField
from django_prose_editor.widgets import AdminProseEditorWidget

from app.media.dialog import dialog_media
from app.media.markup import with_renditions
from app.media.names import read_picture
from app.publishing.depth import is_deeper_than
from app.publishing.links import references
from app.publishing.versions.structure import as_text

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
    "Figure": True,
    "Image": True,
    "Caption": True,
}


MAX_BYTES = 300 * 1024
MAX_DEPTH = 100
#: In sanitised HTML, which escapes "<" in texts and attributes. The title of the page is its only h1.
_OTHER_HEADING = re.compile(r"<(/?)h([156])(?=[ >])")
#: What browsers remove from a URL: tabs and line ends anywhere, other control characters and spaces around it.
_REMOVED = re.compile(r"[\t\n\r]")
_AROUND = "".join(map(chr, range(0x21)))


def _filter_attribute(tag: str, attribute: str, value: str) -> str | None:
    # SECURITY: "//host" and its other spellings look like paths but link to other hosts.
    if tag == "a" and attribute == "href":
        read = _REMOVED.sub("", value).strip(_AROUND).replace("\\", "/")
        if read.startswith("//"):
            return None
        if read.lower().startswith("www."):
            return f"https://{read}"  # a path of the page that it is on, to a browser
    if attribute == references.ATTRIBUTE and references.split(value) is None:
        return None
    # SECURITY: no picture of another host, which would be told of every visitor.
    if tag == "img" and attribute == "src" and read_picture(value) is None:
        return None
    return value


_allowed = allowlist_from_extensions(expand_extensions(EXTENSIONS))
_allowed["attributes"]["a"] |= {references.ATTRIBUTE}
_allowed["attributes"] |= {"img": {"src", "alt"}, "figure": set()}  # what else a picture needs follows from its address
_cleaner = nh3.Cleaner(
    tags=_allowed["tags"] | {"h1", "h5", "h6"},  # replaced afterwards
    attributes=_allowed["attributes"],
    url_schemes=_allowed["url_schemes"],
    attribute_filter=_filter_attribute,
    link_rel=None,
)


class CleanHtml(str):
    """HTML that `sanitise()` returned. Templates and `format_html()` do not escape it."""

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)


def sanitise(html: str) -> CleanHtml:
    """The HTML without everything that `EXTENSIONS` does not list. A single empty paragraph becomes an empty string.

    Headings of other levels get the nearest level that it lists.

    Raises `ValidationError` for HTML of more than `MAX_BYTES` or with more than `MAX_DEPTH` elements in each other.
    """
    if isinstance(html, CleanHtml):
        return html
    cleaned = with_renditions(sanitise_source(html))
    _refuse_long(cleaned)  # escaped characters and pictures are longer, and the text has to be accepted again
    return CleanHtml("" if cleaned == "<p></p>" else cleaned)


def sanitise_source(html: str) -> str:
    """As `sanitise`, with pictures as the editor writes them. Show it through `app.media.markup.with_renditions`."""
    # SECURITY: one such text would occupy a worker for minutes.
    _refuse_long(html)
    if is_deeper_than(MAX_DEPTH, html):
        raise ValidationError(_("This text has more than 100 elements in each other."))
    cleaned = _OTHER_HEADING.sub(_listed_heading, _cleaner.clean(html))
    return "" if cleaned == "<p></p>" else cleaned


def _listed_heading(match: re.Match[str]) -> str:
    return f"<{match[1]}h{2 if match[2] == '1' else 4}"


def _refuse_long(html: str) -> None:
    if len(html.encode()) > MAX_BYTES:
        raise ValidationError(_("This text is longer than 300 KB. Spread it over several pages."))


class RichTextWidget(AdminProseEditorWidget):  # type: ignore[misc]  # the library has no types
    @property
    def media(self) -> Any:
        scripts: list[Any] = [Script("publishing/rich_text.js", defer=True)]  # before the editor's own
        styles = Media(js=scripts, css={"all": ["publishing/links.css", "publishing/rich_text.css"]})
        return styles + dialog_media() + super().media

    @staticmethod
    def as_text(html: str) -> str:
        """What a person reads where HTML is not shown: lines with their structure."""
        return as_text(html)

    def get_config(self) -> Any:
        config = super().get_config()
        addresses = {name: reverse(f"admin:media_mediafile_{name}") for name in ("pictures", "upload")}
        links = config["extensions"]["Link"] | {"choices": reverse("link-choices")}
        # The modules replace the editor's own figures and links, which ask for an address only.
        return config | {
            "extensions": config["extensions"] | {"Figure": addresses, "Link": links},
            "js_modules": [*config["js_modules"], static("media/figures.js"), static("publishing/links.js")],
        }


class RichTextField(ProseEditorField):  # type: ignore[misc]  # the library has no types
    """HTML from the editor. It is sanitised once per save, however it is written. Expressions are refused."""

    refuses_expressions = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, extensions=dict(EXTENSIONS), sanitize=sanitise, **kwargs)

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{**kwargs, "widget": RichTextWidget})

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        html = sanitise(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, html)
        return html

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        # `update()` and `bulk_update()` call no pre_save().
        prepared = super().get_db_prep_save(value, connection)
        return str(sanitise(prepared)) if isinstance(prepared, str) else prepared
