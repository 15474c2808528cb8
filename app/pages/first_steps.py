from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from app.pages.models import HOME, Page
from app.tenancy.content_cache import cached_by_content


def first_steps(request: HttpRequest) -> list[tuple[Any, str]]:
    """The home page."""
    if not request.user.has_perm("pages.add_page") or cached_by_content("has a home page", _has_home_page):
        return []
    return [(_("Add the home page"), reverse("admin:pages_page_add"))]


def _has_home_page() -> bool:
    found: bool = Page.objects.filter(path=HOME).exists()
    return found
