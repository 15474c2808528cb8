"""The demo's three sites, as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DemoPage:
    slug: str
    title: str
    body: str
    description: str = ""
    parent: str = ""
    draft: bool = False


@dataclass(frozen=True, slots=True)
class DemoSite:
    key: str
    domain: str
    alias: str
    name: str
    colour: str
    feed: tuple[str, str]
    """Kind and value of its feed from Twitter."""
    pages: tuple[DemoPage, ...]


SITES = (
    DemoSite("north", "north.localhost", "www.north.localhost", "North Valley School", "#2b6a4d", ("user", "north_valley"), (
        DemoPage("", "A small school under big trees",
            "<p>North Valley has taught the children of five villages since 1911: reading, reckoning, and how to mend a dry-stone wall.</p>"
            "<h2>This term</h2><ul><li>The library opens on Saturdays from 9 to 12.</li><li>The orchard class plants its forty new apple trees in week 47.</li><li>Parents’ evening is on the first Thursday of the month.</li></ul>"
            "<h2>Visit us</h2><p>The door is open every Friday afternoon. Come by, have tea, and <a href=\"/about/\">meet the people</a> who work here.</p>",
            "A village school with an orchard, a library and open doors on Fridays."),
        DemoPage("about", "About us",
            "<p>Six teachers, one gardener and a caretaker who knows every window by name.</p>"
            "<blockquote><p>We do not teach subjects. We teach children, and the subjects come along.</p></blockquote>"
            "<p>The school belongs to its parents. Its accounts are read aloud once a year, in the hall, and everybody may ask.</p>"),
        DemoPage("people", "People", "<p>Who you will meet.</p><table><tbody><tr><th><p>Ines Halden</p></th><td><p>Head, mathematics</p></td></tr><tr><th><p>Tomas Reyk</p></th><td><p>Languages, theatre</p></td></tr><tr><th><p>Oona Birk</p></th><td><p>Garden and kitchen</p></td></tr></tbody></table>", parent="about"),
        DemoPage("admissions", "Admissions", "<p>Children start in August or in January. Write to the office by <strong>1 May</strong> or <strong>1 November</strong>; a place is never sold and seldom refused.</p>"),
        DemoPage("summer-camp", "Summer camp", "<p>Not announced yet.</p>", draft=True),
    )),
    DemoSite("south", "south.localhost", "www.south.localhost", "South Quarter Gazette", "#9c3d2e", ("search", "#southquarter"), (
        DemoPage("", "News from eleven streets",
            "<p>The Gazette covers the South Quarter and nothing else, which turns out to be plenty.</p>"
            "<h2>This week</h2><p>The tram stop at Mill Lane moves forty metres east; the bakery says that it had nothing to do with it. The council votes on the <a href=\"/market/\">night market</a> on Tuesday.</p>"
            "<h2>Write for us</h2><p>We pay in lunch, and in money.</p>",
            "A neighbourhood newspaper for eleven streets."),
        DemoPage("market", "The night market", "<p>Sixty stalls, two brass bands and one complaint about the brass bands: everything to know about the market’s second year.</p><h2>Where and when</h2><p>Along the canal, on the last Friday of each month, from six until the lamps go out.</p>"),
        DemoPage("imprint", "Imprint", "<p>South Quarter Gazette, 3 Mill Lane. Edited by its readers.</p>"),
    )),
    DemoSite("harbour", "harbour.localhost", "www.harbour.localhost", "Harbour Rowing Club", "#1f5f8b", ("user", "harbour_rowers"), (
        DemoPage("", "We row at six",
            "<p>Every morning but Sunday, in any weather that lets the ducks stand up.</p>"
            "<h2>Learn to row</h2><p>Eight evenings, one boat, no experience. The next course starts when <strong>eight people</strong> have signed the list by the boathouse door.</p>",
            "A rowing club in the old harbour: courses, regattas and early mornings."),
        DemoPage("boats", "The boats", "<p>Four eights, two fours, and <em>Perseverance</em>, a skiff from 1936 that nobody may sit in.</p>"),
        DemoPage("regatta", "Regatta", "<p>The autumn regatta is rowed over 1,000 metres between the lighthouse and the crane.</p><ol><li><p>Boats on the water at 8.</p></li><li><p>First race at 9.</p></li><li><p>Soup at noon.</p></li></ol>"),
    )),
)  # fmt: skip

# User name, full name, role by site's key; no role: a superuser.
PEOPLE: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("nora", "Nora Lind", {"north": "Editor", "harbour": "Editor"}),
    ("sam", "Sam Ortega", {"south": "Editor"}),
    ("root", "Root", {}),
)
