"""Pictures of the demo's sites for docs/screenshots: `make screenshots`.

Each theme at three widths, light and dark. What is in the folder is replaced. Fonts are those of the machine that runs
it; the stored pictures were made with the Debian packages fonts-open-sans, fonts-inter, fonts-urw-base35 and
fonts-gfs-didot.
"""

from __future__ import annotations

import sys
from io import BytesIO
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests.looks.demo import PAGES, served_demo
from tests.support.programs import ROOT, program

FOLDER = ROOT / "docs" / "screenshots"
#: Width of the window → height of what is shown of the page.
HEIGHTS = {360: 1150, 768: 1300, 1440: 1500}
TYPES = ("home", "post")
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
MOST_BYTES = 2_500_000
#: Pictures below the window are loaded too.
LOAD = "Promise.all([...document.images].map((image) => { image.loading = 'eager'; return image.decode(); }))"


def main() -> int:
    chromium = program("chromium")
    if chromium is None:
        sys.stderr.write("Install Chromium (Debian package: chromium).\n")
        return 2
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.webp"):
        old.unlink()
    with served_demo() as port, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for theme, (site, paths) in PAGES.items():
            for kind in TYPES:
                take(browser, f"http://{site}.localhost:{port}{paths[kind]}", f"{theme}-{kind}")
        browser.close()
    size = sum(file.stat().st_size for file in FOLDER.iterdir())
    sys.stdout.write(f"{len(list(FOLDER.iterdir()))} files in docs/screenshots, {size:,} bytes\n")
    return 0 if size <= MOST_BYTES else 1


def take(browser: Browser, address: str, name: str) -> None:
    for width, height in HEIGHTS.items():
        for scheme in SCHEMES:
            context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
            tab = context.new_page()
            response = tab.goto(address)
            if response is None or not response.ok:
                raise RuntimeError(f"{address} cannot be shown.")
            tab.evaluate(LOAD)
            shot = Image.open(BytesIO(tab.screenshot()))
            shot.convert("RGB").save(FOLDER / f"{name}-{width}-{scheme}.webp", quality=72, method=6)
            context.close()


if __name__ == "__main__":
    sys.exit(main())
