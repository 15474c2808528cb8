"""The shipped kinds of pages, and how pages are found."""

from app.pages.addresses import HOME
from app.pages.link_page import LinkPage
from app.pages.page import Page, find_published, published_paths
from app.pages.tree import pages_below

__all__ = ["HOME", "LinkPage", "Page", "find_published", "pages_below", "published_paths"]
