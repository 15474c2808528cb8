"""`{% picture post.image "33vw" %}`: a picture of the media library in all its sizes."""

from __future__ import annotations

from collections.abc import Mapping

from django import template
from django.utils.safestring import SafeString, mark_safe

from app.media.markup import SIZES, markup_of
from app.media.models import MediaFile

register = template.Library()


@register.simple_tag
def picture(
    image: MediaFile | Mapping[str, str] | str | None,
    sizes: str = SIZES,
    *,
    first: bool = False,
    alt: str | None = None,
) -> SafeString:
    """The elements of a file of the library, or of a mapping with `src` and `alt`; nothing for anything else.

    `sizes` is the value of the attribute: how wide the theme shows the picture. `first=True` is for the one picture
    that is seen before anybody scrolls: it is loaded first. `alt` replaces the alternative text.
    """
    if isinstance(image, MediaFile):
        image = {"src": image.get_absolute_url(), "alt": image.alt}
    if not isinstance(image, Mapping):
        return SafeString()
    text = image.get("alt", "") if alt is None else alt
    # Made of an address that was read, and of escaped text.
    return mark_safe(markup_of(image.get("src", ""), text, sizes=sizes, is_first=first))  # noqa: S308
