"""The sites of the demo: settings, logo, pages, menus and posts, each from one file in `content/`."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils import timezone

from app.media.models import MediaFile
from app.menus.write import set_menu
from app.pages.models import LinkPage, Page
from app.posts.models import Author, Category, Post, Tag
from app.release.demo import city, school, water
from app.tenancy.models import SiteProfile
from app.tenancy.sites.domains.claims import DECLARED
from app.tenancy.sites.specification import specification_of
from app.tenancy.sites.write import write_site
from app.twitter.models import Feed

CONTENT = Path(__file__).parent / "content"
#: The first one gets the address `localhost`.
SITES = ("north", "south", "harbour")
DRAWINGS = {"school": school, "city": city, "water": water}


def read_content(name: str) -> Any:
    return yaml.safe_load((CONTENT / f"{name}.yaml").read_text(encoding="utf-8"))


def fill_site(content: Mapping[str, Any]) -> None:
    """Creates what the current site has, which is a demo site without pages."""
    _create_pages(content["pages"])
    Feed.objects.get_or_create(**content["feed"], defaults={"is_default": True})
    _create_posts(content)
    for place, entries in content["menus"].items():
        set_menu(place, entries)


def set_logo(profile: SiteProfile, drawing: str) -> None:
    """Draws the logo of the current site."""
    logo = _picture(drawing, alt="")
    if logo is not None:
        before = specification_of(profile)
        settings = {**before.settings, "logo": {"url": logo.get_absolute_url()}}
        write_site(replace(before, settings=settings), profile, exceptions=DECLARED)


def _create_pages(pages: list[dict[str, Any]]) -> None:
    created: dict[str, Page] = {}
    for position, page in enumerate(pages):
        values = {"status": Page.Status.PUBLISHED, "position": position, "in_menus": bool(page["slug"]), **page}
        parent, picture = created.get(values.pop("parent", "-")), values.pop("picture", None)
        image = _picture(**picture) if picture else None
        created[page["slug"]] = Page.objects.create(**values, parent=parent, image=image)
    link = {"title": "Posts", "slug": "posts", "target": "posts.list", "position": len(pages)}
    LinkPage.objects.create(**link, status=Page.Status.PUBLISHED)


def _create_posts(content: Mapping[str, Any]) -> None:
    authors = {name: Author.objects.create(name=name) for name in content["authors"]}
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    for values in content["posts"]:
        post = Post.objects.create(
            title=values["title"],
            summary=values.get("summary", ""),
            body=values["body"],
            author=authors[values["author"]],
            status=Post.Status.PUBLISHED,
            publish_at=now - timedelta(days=values["days"]),
            image=_picture(**values["picture"]) if "picture" in values else None,
        )
        post.categories.set([Category.objects.get_or_create(name=name)[0] for name in values["categories"]])
        post.tags.set([Tag.objects.get_or_create(name=name)[0] for name in values["tags"]])


def _picture(drawing: str, alt: str) -> MediaFile | None:
    """A drawing in the media library; None if files cannot be stored: the demo works without pictures."""
    module, _, name = drawing.partition(".")
    found: MediaFile | None = MediaFile.objects.filter(title=name).first()
    if found is not None:
        return found
    content, extension = getattr(DRAWINGS[module], name)().written()
    file = ContentFile(content, name=f"{name}.{extension}")
    with suppress(ValidationError):
        return MediaFile.upload(file, alt=alt, is_decorative=not alt)[0]
    return None
