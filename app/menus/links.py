"""Which menus lead to a row: the page on which it is deleted says so."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from app.menus.models import Menu
from app.pages.models import Page


def menus_with_links_to(row: Any) -> list[Menu]:
    leads_there = Q(entries__address=row.get_absolute_url())
    if isinstance(row, Page):
        leads_there |= Q(entries__page=row.pk)
    return list(Menu.objects.filter(leads_there).distinct())
