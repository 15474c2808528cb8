"""Pictures: uploaded to the library, described, and placed in a page by its editor."""

from __future__ import annotations

import base64
import wave
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.accessibility import violations
from tests.e2e.conftest import Server
from tests.e2e.contrast import wider_than_the_window
from tests.e2e.steps import open_page_form, sign_in
from tests.support.uploads import picture

pytestmark = pytest.mark.service("chromium")
LIST = "/admin/media/mediafile/"
#: Pastes or drops a file, as the clipboard of a system does.
PASTE = """([kind, content, html]) => {
  const transfer = new DataTransfer();
  if (content) {
    const bytes = Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
    transfer.items.add(new File([bytes], "pasted.png", { type: "image/png" }));
  }
  if (html) transfer.setData("text/html", html);
  const target = document.querySelector(".prose-editor [contenteditable=true]");
  const place = target.getBoundingClientRect();
  const at = { clientX: place.left + 20, clientY: place.top + 20 };
  const options = { bubbles: true, cancelable: true };
  target.dispatchEvent(kind === "paste"
    ? new ClipboardEvent("paste", { ...options, clipboardData: transfer })
    : new DragEvent("drop", { ...options, ...at, dataTransfer: transfer }));
}"""


def encoded(width: int) -> str:
    return base64.b64encode(picture(width, 50, "PNG")).decode()


def is_shown(tab: Page, selector: str) -> bool:
    tab.locator(selector).first.scroll_into_view_if_needed()
    tab.wait_for_function("selector => document.querySelector(selector).complete", arg=selector)
    return bool(tab.locator(selector).first.evaluate("image => image.naturalWidth > 0"))


def test_it_works(tab: Page, server: Server, tmp_path: Path) -> None:
    """Nora uploads two pictures, says what they show, and places one of them in a page."""
    for name, width in (("mill.jpg", 1200), ("river.jpg", 700)):
        (tmp_path / name).write_bytes(picture(width, 500))
    sign_in(tab, server, "nora", site="north")
    tab.goto(server.url("north", f"{LIST}add/"))
    assert violations(tab) == []
    tab.get_by_label("Choose files").set_input_files([tmp_path / "mill.jpg", tmp_path / "river.jpg"])
    expect(tab.locator(".media-chosen li")).to_have_text(["mill.jpg", "river.jpg"])
    with tab.expect_navigation():
        tab.get_by_role("button", name="Upload").click()
    expect(tab.locator(".messagelist")).to_contain_text("2 files were uploaded.")
    assert violations(tab) == []
    for row, text in (("mill", "A water mill"), ("river", "The river in May")):
        tab.locator("#result_list tr", has_text=row).locator("input[name$=-alt]:not([type=hidden])").fill(text)
    with tab.expect_navigation():
        tab.get_by_role("button", name="Save", exact=True).click()
    tab.goto(server.url("north", LIST))
    assert is_shown(tab, "img.media-thumbnail")
    assert violations(tab) == []

    open_page_form(tab, server, "People", site="north")
    tab.locator(".prose-editor [contenteditable=true]").click()
    tab.locator(".prose-menubar__button[title*=igure]").click()
    dialog = tab.get_by_role("dialog", name="Picture")
    dialog.get_by_label("Search the library").fill("river")
    expect(dialog.locator(".media-grid li")).to_have_count(1)
    assert violations(tab) == []
    dialog.get_by_role("button", name="The river in May").click()
    expect(dialog.get_by_label("Alternative text")).to_have_value("The river in May")
    dialog.get_by_label("Caption").fill("Seen from the bridge")
    dialog.get_by_role("button", name="Insert").click()
    expect(tab.locator(".prose-editor figcaption")).to_have_text("Seen from the bridge")
    with tab.expect_navigation():
        tab.get_by_role("button", name="Save", exact=True).click()

    open_page_form(tab, server, "People", site="north")
    tab.locator(".prose-editor figure img").click()
    tab.locator(".prose-menubar__button[title*=igure]").click()
    expect(dialog.get_by_label("Caption")).to_have_value("Seen from the bridge")
    dialog.get_by_label("Caption").fill("Seen from the mill")
    dialog.get_by_role("button", name="Save").click()
    expect(tab.locator(".prose-editor figcaption")).to_have_text("Seen from the mill")
    expect(tab.locator(".prose-editor figure")).to_have_count(1)
    with tab.expect_navigation():
        tab.get_by_role("button", name="Save", exact=True).click()
    tab.goto(server.url("north", "/about/people/"))
    assert is_shown(tab, ".prose figure img[alt='The river in May']")
    expect(tab.locator("figcaption")).to_have_text("Seen from the mill")
    assert violations(tab) == []
    tab.set_viewport_size({"width": 320, "height": 800})  # the picture is in a cell of a table
    assert wider_than_the_window(tab) <= 0

    tab.goto(server.url("north", f"{LIST}?q=river"))
    with tab.expect_navigation():
        tab.locator("#result_list").get_by_role("link", name="river", exact=True).click()
    expect(tab.locator(".media-usage")).to_contain_text("Page: People")


@pytest.mark.parametrize("kind", ["paste", "drop"])
def test_a_picture_that_is_pasted_or_dropped_is_uploaded(kind: str, tab: Page, server: Server) -> None:
    sign_in(tab, server, "nora", site="north")
    open_page_form(tab, server, "People", site="north")
    tab.locator(".prose-editor [contenteditable=true]").click()
    tab.evaluate(PASTE, [kind, encoded({"paste": 301, "drop": 302}[kind]), ""])
    dialog = tab.get_by_role("dialog", name="Picture")
    dialog.get_by_label("Alternative text").fill(f"From a {kind}")
    dialog.get_by_role("button", name="Save").click()
    expect(tab.locator(f".prose-editor figure img[alt='From a {kind}']")).to_have_count(1)


def test_a_picture_of_another_site_is_left_out_with_a_word(tab: Page, server: Server) -> None:
    sign_in(tab, server, "nora", site="north")
    open_page_form(tab, server, "People", site="north")
    editor = tab.locator(".prose-editor")
    editor.locator("[contenteditable=true]").click()
    width = "element => element.getBoundingClientRect().width"
    before = editor.evaluate(width)
    tab.evaluate(PASTE, ["paste", "", "<h1>Copied</h1><p>text <img src='https://elsewhere.example/a.png'></p>"])
    expect(editor.get_by_role("heading", name="Copied", level=2)).to_be_visible()
    expect(tab.locator(".media-notice")).to_contain_text("A picture was left out")
    assert editor.evaluate(width) == before
    assert tab.locator(".media-notice").evaluate(width) >= before


def test_a_focal_point_by_click_and_by_keyboard(tab: Page, server: Server, tmp_path: Path) -> None:
    (tmp_path / "gate.jpg").write_bytes(picture(400, 200))
    sign_in(tab, server, "nora", site="north")
    tab.goto(server.url("north", f"{LIST}add/"))
    tab.get_by_label("Choose files").set_input_files(tmp_path / "gate.jpg")
    with tab.expect_navigation():
        tab.get_by_role("button", name="Upload").click()
    assert violations(tab) == []
    image = tab.locator(".media-focal img")
    box = image.bounding_box()
    assert box is not None
    image.click(position={"x": box["width"] * 0.25, "y": box["height"] * 0.75})
    x, y = (tab.get_by_label(f"Focal point, % from the {side}") for side in ("left", "top"))
    expect(x).to_have_value("25")
    expect(y).to_have_value("75")
    y.fill("10")
    assert tab.locator(".media-point").evaluate("mark => [mark.style.left, mark.style.top]") == ["25%", "10%"]
    tab.get_by_label("Decorative").check()
    with tab.expect_navigation():
        tab.get_by_role("button", name="Save", exact=True).click()
    expect(tab.locator(".messagelist")).to_contain_text("was changed successfully")


def test_a_sound_plays_at_its_own_address(tab: Page, server: Server, tmp_path: Path) -> None:
    """Under a policy that lets it do nothing else."""
    with wave.open(str(tmp_path / "bell.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(16_000))
    sign_in(tab, server, "nora", site="north")
    tab.goto(server.url("north", f"{LIST}add/"))
    tab.get_by_label("Choose files").set_input_files(tmp_path / "bell.wav")
    with tab.expect_navigation():
        tab.get_by_role("button", name="Upload").click()
    address = tab.locator(".field-address a").get_attribute("href")
    assert address is not None
    tab.goto(server.url("north", address))
    tab.wait_for_function("document.querySelector('video, audio')?.duration === 1")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_the_library_fits_every_window(
    width: int, scheme: str, person: Callable[..., BrowserContext], server: Server
) -> None:
    tab = person(width=width, scheme=scheme).new_page()
    sign_in(tab, server, "nora", site="north")
    for path in (LIST, f"{LIST}add/"):
        tab.goto(server.url("north", path))
        assert violations(tab) == []
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
