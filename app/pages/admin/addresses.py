"""Addresses of the admin of pages, and the pages that they name."""

from __future__ import annotations

from django.urls import reverse

from app.pages.kinds import allowed_below
from app.pages.models import Page

LIST = "admin:pages_page_changelist"
CHOOSE_KIND = "admin:pages_page_choose_kind"
LONGEST_KEY = 20


def page_with_key(key: str) -> Page | None:
    is_key = key.isascii() and key.isdecimal() and len(key) < LONGEST_KEY
    found: Page | None = Page.objects.filter(pk=int(key)).first() if is_key else None
    return found


def address_of(view: str, kind: type[Page], *arguments: str) -> str:
    """The address of a page of a kind's admin."""
    return reverse(f"admin:{kind._meta.app_label}_{kind._meta.model_name}_{view}", args=arguments)


def may_have_below(kind: type[Page]) -> bool:
    """Whether any kind of the current site may be below a page of this one."""
    return next(allowed_below(kind), None) is not None


def add_below(page: Page) -> str:
    """The address for a new page below another one."""
    return f"{reverse(CHOOSE_KIND)}?parent={page.pk}"
