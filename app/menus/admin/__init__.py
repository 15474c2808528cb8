"""The admin of menus: a page for each, with its whole tree, and a form for each entry."""

from app.menus.admin.entries import MenuEntryAdmin
from app.menus.admin.menus import MenuAdmin

__all__ = ["MenuAdmin", "MenuEntryAdmin"]
