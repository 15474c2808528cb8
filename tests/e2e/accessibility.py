"""What axe-core finds on a page, with the rules of WCAG 2.2 A and AA and axe's own best practices."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

axe = Axe()


def violations(tab: Page) -> list[str]:
    """Each with its rule and the elements that it is about."""
    tab.wait_for_load_state()  # after a click the document may be there in part
    # Before its font is there, an icon is a word to axe, and the one of a disabled button too pale.
    tab.evaluate("() => document.fonts.ready.then(() => true)")
    # Without preload it does not load stylesheets again, by a wrong address.
    found = axe.run(tab, options={"resultTypes": ["violations"], "preload": False}).response["violations"]
    return [f"{one['id']}: {node['target']}, {node['html'][:200]}" for one in found for node in one["nodes"]]
