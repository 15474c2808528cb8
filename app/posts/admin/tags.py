"""The field for tags: typed freely, separated by commas. Those that do not exist yet are created with the post."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from app.posts.labels import LONGEST_NAME, LONGEST_SLUG, Tag, key_of_name
from app.publishing.slugs import slug_of

MOST_TAGS = 30


class TagsField(forms.CharField):
    """Gives the names of tags, each once."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            required=False,
            label=_("Tags"),
            help_text=_("Separated by commas. A tag that does not exist yet is created."),
            widget=forms.TextInput(attrs={"class": "vTextField"}),
            **options,
        )

    def prepare_value(self, value: Any) -> Any:
        """The text of an older version, which has the keys of its tags."""
        return as_text(Tag.objects.filter(pk__in=value)) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        names: dict[str, str] = {}
        for name in super().clean(value).split(","):
            words = " ".join(name.split())
            if words:
                names.setdefault(key_of_name(words), words)
        for name in names.values():
            if len(name) > LONGEST_NAME:
                raise ValidationError(_("“%(name)s” is longer than 80 characters."), params={"name": name})
            if not slug_of(name, LONGEST_SLUG):
                raise ValidationError(_("“%(name)s” has no letter and no digit."), params={"name": name})
        if len(names) > MOST_TAGS:
            raise ValidationError(_("These are more than 30 tags."))
        return list(names.values())


def known_tags(names: Collection[str]) -> dict[str, Tag]:
    """The tags of the current site with these names, in any case of the letters: name → tag."""
    condition = Q(slug__in=[slug_of(name, LONGEST_SLUG) for name in names])
    for name in names:
        condition |= Q(name__iexact=name)
    found = {key_of_name(tag.name): tag for tag in Tag.objects.filter(condition).order_by("-pk")} if names else {}
    return {name: found[key_of_name(name)] for name in names if key_of_name(name) in found}


def tags_named(names: Sequence[str]) -> list[Tag]:
    """The tags with these names; those that do not exist yet are created."""
    known = known_tags(names)
    return [known.get(name) or Tag.objects.create(name=name) for name in names]


def as_text(tags: Iterable[Tag]) -> str:
    return ", ".join(sorted((tag.name for tag in tags), key=str.casefold))
