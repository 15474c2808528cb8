"""Which author a person is on the current site."""

from __future__ import annotations

from typing import Any

from app.posts.labels import LONGEST_NAME, LONGEST_SLUG, Author
from app.publishing.slugs import slug_of


def author_for(user: Any) -> Author | None:
    found: Author | None = Author.objects.filter(user=user.pk).first()
    return found


def new_author_for(user: Any) -> Author | None:
    """An author with the first and last name of the account; None for an account without.

    SECURITY: never the user name or the e-mail address, which are for signing in.
    """
    name = user.get_full_name().strip()[:LONGEST_NAME]
    return Author.objects.create(name=name, user_id=user.pk) if slug_of(name, LONGEST_SLUG) else None
