"""The posts of the demo, with pictures that are drawn when it is made."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from io import BytesIO
from math import sin
from pathlib import Path

import yaml
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils import timezone
from PIL import Image, ImageDraw

from app.media.models import MediaFile
from app.posts.models import Author, Category, Post, Tag

CONTENT = Path(__file__).with_suffix(".yaml")
WIDTH, HEIGHT = 1024, 512


def create_posts(key: str) -> None:
    """Creates the posts of the demo site with this key, which is the current site."""
    content = yaml.safe_load(CONTENT.read_text(encoding="utf-8"))[key]
    authors = {name: Author.objects.create(name=name) for name in content["authors"]}
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    for values in content["posts"]:
        post = Post.objects.create(
            title=values["title"],
            body=values["body"],
            author=authors[values["author"]],
            status=Post.Status.PUBLISHED,
            publish_at=now - timedelta(days=values["days"]),
            image=_drawing(**values["picture"]) if "picture" in values else None,
        )
        post.categories.set([Category.objects.get_or_create(name=name)[0] for name in values["categories"]])
        post.tags.set([Tag.objects.get_or_create(name=name)[0] for name in values["tags"]])


def _drawing(*, sky: str, hills: list[str], sun: str, alt: str) -> MediaFile | None:
    """Hills below a sun; None if files cannot be stored: the demo works without pictures."""
    image = Image.new("RGB", (WIDTH, HEIGHT), sky)
    canvas = ImageDraw.Draw(image)
    canvas.ellipse((700, 80, 836, 216), fill=sun)
    for number, colour in enumerate(hills):
        top = 250 + 80 * number
        line = [(x, top + 50 * sin(x / (150 + 40 * number) + 2 * number)) for x in range(0, WIDTH + 1, 8)]
        canvas.polygon([*line, (WIDTH, HEIGHT), (0, HEIGHT)], fill=colour)
    written = BytesIO()
    image.save(written, format="PNG")
    with suppress(ValidationError):
        return MediaFile.upload(ContentFile(written.getvalue(), name="drawing.png"), alt=alt)[0]
    return None
