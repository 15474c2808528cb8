from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from app.menus.models import Menu
from app.tenancy.content_cache import cached_by_content


def first_steps(request: HttpRequest) -> list[tuple[Any, str]]:
    """A menu. Until there is one, themes show the page tree."""
    if not request.user.has_perm("menus.add_menu") or cached_by_content("has a menu", _has_menu):
        return []
    return [(_("Add a menu"), reverse("admin:menus_menu_add"))]


def _has_menu() -> bool:
    found: bool = Menu.objects.exists()
    return found
