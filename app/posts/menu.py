from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _


def targets() -> list[tuple[str, str, str]]:
    """What a link in the menus may lead to."""
    return [("list", _("Blog"), reverse("posts:list"))]
