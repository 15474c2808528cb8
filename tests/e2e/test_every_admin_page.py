"""axe finds nothing on any page of the admin, in light and dark, on a telephone and on a wide screen.

The pages are found by following links, so a new one is tested without a line here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.e2e.accessibility import violations
from tests.e2e.conftest import Server
from tests.e2e.contrast import too_faint, wider_than_the_window
from tests.e2e.steps import sign_in
from tests.support.commands import managed

pytestmark = pytest.mark.service("chromium")

LINKS = """() => [...document.querySelectorAll("#header a[href], #content a[href]")]
  .filter((link) => !link.hasAttribute("download") && link.origin === location.origin).map((link) => link.href)"""
#: What of a page comes from its template and not from its rows.
TEMPLATE = """() => [
  ...[...document.body.classList].filter((name) => !/^(app|model)-/.test(name)),
  ...[...document.querySelectorAll("link[rel=stylesheet]")].map((link) => new URL(link.href).pathname),
].join(" ")"""
#: No page, a page of the site, or the window that another page opens.
LEFT_OUT = re.compile(r"^/admin/(r|logout|jsi18n)/|^(?!/admin/)|\.csv$|/export/|_popup=")
WIDE, NARROW = 1440, 390
SIZES = ((WIDE, "light"), (NARROW, "dark"), (NARROW, "light"), (WIDE, "dark"))
#: No link of the front page leads there as long as there are few sites.
ALSO = ("/admin/choose-site/?q=h", "/admin/password_change/", "/admin/posts/")
#: Rows that the demo does not have, by the address of their list.
ROWS: dict[str, dict[str, str]] = {
    "/admin/media/folder/": {"name": "Drawings"},
    "/admin/site_redirects/redirect/": {"old_path": "/walked/", "new": "/about/", "is_permanent": "on"},
    "/admin/sign_in/invitation/": {"email": "walker@example.test", "role": "2"},
    "/admin/twitter/credential/": {"token": "of-nobody"},
}


class Walk:
    """Every page that a person finds, once: of the pages of rows of one model, one."""

    def __init__(self, tab: Page, *addresses: str) -> None:
        self.tab = tab
        self.found = {_kind(address): address for address in addresses}
        self.visited: dict[str, str] = {}
        self.faults: list[str] = []
        self._templates: set[str] = set()

    def run(self) -> None:
        while waiting := [address for kind, address in self.found.items() if kind not in self.visited]:
            self._visit(waiting[0])

    def _visit(self, address: str) -> None:
        self.visited[_kind(address)] = address
        self.tab.set_viewport_size({"width": WIDE, "height": 900})
        self.tab.emulate_media(color_scheme="light")
        answer = self.tab.goto(address)
        if answer is None or answer.status != 200:
            self.faults.append(f"{address}: {answer and answer.status}")
            return
        for link in self.tab.evaluate(LINKS):
            if not LEFT_OUT.search(urlsplit(link)._replace(scheme="", netloc="").geturl()):
                self.found.setdefault(_kind(link), link)
        template = str(self.tab.evaluate(TEMPLATE))
        # A template that was seen in all four is seen in one of them, another one on each page.
        sizes = [SIZES[len(self.visited) % len(SIZES)]] if template in self._templates else SIZES
        for width, scheme in sizes:
            self._look(width, scheme)
        self._templates.add(template)

    def _look(self, width: int, scheme: str) -> None:
        self.tab.set_viewport_size({"width": width, "height": 900})
        self.tab.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        self.tab.evaluate("() => Promise.all(document.getAnimations().map((one) => one.finished))")
        wider = wider_than_the_window(self.tab)
        found = [*violations(self.tab), *too_faint(self.tab), *[f"wider by {wider} px"] * (wider > 0)]
        self.faults += [f"{self.tab.url} {width} {scheme}: {fault}" for fault in found]


def _kind(address: str) -> str:
    return re.sub(r"\d+", "N", urlsplit(address).path)


def add(tab: Page, address: str, values: dict[str, str]) -> None:
    """Sends the form for a new row, as it is filled in at first, with these values."""
    tab.goto(address)
    tab.evaluate(
        """(values) => {
          const form = document.querySelector("#content form[method=post]");
          for (const [name, value] of Object.entries(values)) form.elements[name].value = value;
          form.submit();
        }""",
        values,
    )
    tab.wait_for_url(re.compile(r"/(?!add)\w+/(\?.*)?$"))


#: Somebody whose page says what kind of second factor there is.
WITH_FACTOR = """
from allauth.mfa.models import Authenticator
from app.accounts.models import User
person, _ = User.objects.get_or_create(username="walked", is_staff=True)
Authenticator.objects.get_or_create(user=person, type="totp", data={"secret": "none"})
print(person.pk)
"""


@pytest.mark.parametrize("username", ["root", "nora"])
def test_axe_finds_nothing(username: str, person: Callable[..., BrowserContext], server: Server) -> None:
    tab = person(width=WIDE).new_page()
    sign_in(tab, server, username, site="north")
    also = list(ALSO)
    if username == "root":
        for address, values in ROWS.items():
            add(tab, server.url("north", f"{address}add/"), values)
        number = managed("shell", "-v0", "-c", WITH_FACTOR, **server.settings).strip()
        also.append(f"/admin/accounts/user/{number}/change/")
    walk = Walk(tab, *[server.url("north", path) for path in ("/admin/", *also)])
    walk.run()
    assert walk.faults == []
    lists = [kind for kind in walk.visited if f"{kind}add/" in walk.visited]
    missing = [kind for kind in lists if f"{kind}N/change/" not in walk.visited]
    assert missing == []
