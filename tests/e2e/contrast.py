"""Contrast as WCAG 2.2 counts it (1.4.3), measured in the browser on every text of a page that can be seen."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.e2e.accessibility import violations

# A canvas turns whatever colour space a style is in into the pixels that are shown, layer over layer.
# Exempt, as in the guideline: what is disabled, and what only assistive technology sees.
TOO_FAINT = """() => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const luminance = (layers) => {
    pen.fillStyle = "#ffffff";
    pen.fillRect(0, 0, 1, 1);
    for (const layer of layers) { pen.fillStyle = layer; pen.fillRect(0, 0, 1, 1); }
    const [r, g, b] = [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3).map(
      (value) => value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const faults = [];
  for (const element of document.querySelectorAll("body *")) {
    const text = [...element.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data.trim()).join(" ").trim();
    const shown = element.matches("input:not([type=hidden])") ? element.value : text;
    if (!shown || element.closest(":disabled, .disabled, .visually-hidden, script, style, option")) continue;
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    const style = getComputedStyle(element);
    const layers = [];
    for (let at = element; at; at = at.parentElement) layers.unshift(getComputedStyle(at).backgroundColor);
    const [one, other] = [luminance([...layers, style.color]), luminance(layers)].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    const size = parseFloat(style.fontSize);
    const needed = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    const what = `${element.tagName} ${shown.slice(0, 40)}: ${style.color} on ${layers.at(-1)}`;
    if (ratio < needed) faults.push(`${ratio.toFixed(2)} : 1, ${what}`);
  }
  return faults;
}"""


def too_faint(tab: Page) -> list[str]:
    """The texts of a page that are too faint to read, each with its ratio."""
    return [str(fault) for fault in tab.evaluate(TOO_FAINT)]


def wider_than_the_window(tab: Page) -> int:
    return int(tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def assert_accessible(tab: Page) -> None:
    """As `assert_well_shown`, and axe finds nothing."""
    found = violations(tab)
    assert found == [], f"{tab.url}: {found}"
    assert_well_shown(tab)


def assert_well_shown(tab: Page) -> None:
    assert too_faint(tab) == [], tab.url
    assert wider_than_the_window(tab) <= 0, tab.url
