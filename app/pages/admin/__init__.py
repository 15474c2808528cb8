"""The admin of pages: one list for all kinds, a form for each, and the page on which an editor chooses a kind."""

from app.pages.admin.form import PageForm, PageKindAdmin
from app.pages.admin.link import LinkPageAdmin
from app.pages.admin.page_list import PageAdmin

__all__ = ["LinkPageAdmin", "PageAdmin", "PageForm", "PageKindAdmin"]
