"""Links of rich text that follow what they lead to: `<a href="/about/" data-link="pages.page:12">`.

The address is the one from when the text was saved. Where the text is shown, the present address takes its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from html import unescape
from typing import Any

from django.apps import apps
from django.db import models
from django.utils.html import escape

from app.publishing.links.references import ATTRIBUTE, split
from app.publishing.models import Publishable, publishable_models
from app.tenancy.content_cache import cached_by_content
from app.tenancy.models import SiteRelated
from app.tenancy.site_apps import is_on

#: As the sanitiser writes it: no attribute's value contains a quotation mark, and no link contains another one.
_LINK = re.compile(r'<a((?: [a-z-]+="[^"]*")*)>(.*?)</a>', re.DOTALL)
_ATTRIBUTE = re.compile(r' ([a-z-]+)="([^"]*)"')
#: The other links of a text keep the address that they were saved with.
MOST_FOLLOWED = 500
MOST_LISTED = 100


#: Gives the rows that link to a row in another way than by a text.
Links = Callable[[Any], Iterable[Any]]
_links: list[Links] = []


def register_links(links: Links) -> None:
    """Register in `AppConfig.ready`."""
    _links.append(links)


def linkable_models() -> list[type[Publishable]]:
    """What a link can follow on the current site: publishable rows with an address."""
    return [
        model for model in publishable_models() if hasattr(model, "get_absolute_url") and is_on(model._meta.app_label)
    ]


def reference_of(row: Publishable) -> str:
    """How a link names a row. It has the model of the table with the address: a page of any kind is a page."""
    model = next(model for model in publishable_models() if isinstance(row, model))
    return f"{model._meta.label_lower}:{row.pk}"


def with_present_addresses(html: str) -> str:
    """Sanitised HTML whose links lead where pages are now. A link to what visitors do not see becomes plain text.

    Without such links it takes no query. With some it takes one per model, whose result is kept until the content of
    the site changes.
    """
    if ATTRIBUTE not in html:
        return html
    references = _references_in(html)[:MOST_FOLLOWED]
    if not references:
        return html
    addresses = cached_by_content(f"links {' '.join(references)}", lambda: present_addresses(references))
    return _LINK.sub(lambda link: _followed(link, addresses), html)


def present_addresses(references: Iterable[str]) -> dict[str, str | None]:
    """Reference → address; None for what is not published now, is deleted, or belongs to another site."""
    addresses: dict[str, str | None] = dict.fromkeys(references)
    keys: dict[str, list[int]] = {}
    for label, pk in filter(None, map(split, addresses)):
        keys.setdefault(label, []).append(pk)
    for model in linkable_models():
        wanted = keys.get(model._meta.label_lower)
        if wanted:
            rows = model.objects.published().filter(pk__in=wanted).defer(*text_fields(model))
            addresses |= {reference_of(row): row.get_absolute_url() for row in rows}
    return addresses


def rows_with_links_to(row: Any) -> list[Any]:
    """The rows of the current site whose texts link to a row, and those that apps have registered, at most
    `MOST_LISTED`; one query for each model."""
    contained = [f'{ATTRIBUTE}="{reference_of(row)}"', f'href="{escape(row.get_absolute_url())}"']
    found: list[Any] = [other for links in _links for other in links(row)]
    for model in apps.get_models():
        if not issubclass(model, SiteRelated) or not (texts := text_fields(model)):
            continue
        conditions = models.Q()
        for name in texts:
            for text in contained:
                conditions |= models.Q(**{f"{name}__contains": text})
        rows = model.objects.filter(conditions).defer(*texts)
        found += (rows.exclude(pk=row.pk) if isinstance(row, model) else rows)[:MOST_LISTED]
    return found[:MOST_LISTED]


def text_fields(model: type[models.Model]) -> list[str]:
    """The names of the fields with texts of any length: what a list of titles need not read."""
    return [field.name for field in model._meta.local_fields if isinstance(field, models.TextField)]


def _references_in(html: str) -> list[str]:
    found = (_attributes(link).get(ATTRIBUTE, "") for link in _LINK.finditer(html))
    return list(dict.fromkeys(filter(split, found)))


def _attributes(link: re.Match[str]) -> dict[str, str]:
    return {name: unescape(value) for name, value in _ATTRIBUTE.findall(link[1])}


def _followed(link: re.Match[str], addresses: dict[str, str | None]) -> str:
    attributes = _attributes(link)
    reference = attributes.pop(ATTRIBUTE, None)
    if reference not in addresses:
        return link[0] if reference is None else _link(attributes, link[2])
    address = addresses[reference]
    if address is None:
        return link[2]
    _path, mark, fragment = attributes.get("href", "").partition("#")
    return _link({**attributes, "href": address + mark + fragment}, link[2])


def _link(attributes: dict[str, str], content: str) -> str:
    written = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
    return f"<a{written}>{content}</a>"
