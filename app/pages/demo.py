"""The three demo sites, as data."""

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
    """Kind and value of its Twitter feed."""
    pages: tuple[DemoPage, ...]


SITES = (
    DemoSite("north", "north.localhost", "www.north.localhost", "North Valley School", "#2b6a4d", ("user", "north_valley"), (
        DemoPage("", "A small school under big trees",
            "<p>North Valley has taught the children of five villages since 1911: reading, mathematics and gardening.</p>"
            "<h2>This term</h2><ul><li>The library opens on Saturdays from 9 to 12.</li><li>The garden class plants forty new apple trees in week 47.</li><li>Parents’ evening is on the first Thursday of the month.</li></ul>"
            "<h2>Visit us</h2><p>The school is open to visitors every Friday afternoon. Have a cup of tea and <a href=\"/about/\">meet the people</a> who work here.</p>",
            "A village school with a garden and a library. Visitors are welcome on Fridays."),
        DemoPage("about", "About us",
            "<p>Six teachers, a gardener and a caretaker work at our school.</p>"
            "<blockquote><p>Every child learns at their own pace.</p></blockquote>"
            "<p>The school belongs to the parents. Once a year we present the accounts in the hall, and everybody can ask questions.</p>"),
        DemoPage("people", "People", "<p>The people at our school.</p><table><tbody><tr><th><p>Ines Halden</p></th><td><p>Head, mathematics</p></td></tr><tr><th><p>Tomas Reyk</p></th><td><p>Languages, theatre</p></td></tr><tr><th><p>Oona Birk</p></th><td><p>Garden and kitchen</p></td></tr></tbody></table>", parent="about"),
        DemoPage("admissions", "Admissions", "<p>Children start in August or in January. Write to the office by <strong>1 May</strong> or <strong>1 November</strong>.</p>"),
        DemoPage("summer-camp", "Summer camp", "<p>Not announced yet.</p>", draft=True),
    )),
    DemoSite("south", "south.localhost", "www.south.localhost", "South Quarter Gazette", "#9c3d2e", ("search", "#southquarter"), (
        DemoPage("", "News from eleven streets",
            "<p>The Gazette reports on the South Quarter: its shops, its schools and its council.</p>"
            "<h2>This week</h2><p>The tram stop at Mill Lane moves forty metres east. The council votes on the <a href=\"/market/\">night market</a> on Tuesday.</p>"
            "<h2>Write for us</h2><p>Send us your stories and pictures. We pay for every article.</p>",
            "A neighbourhood newspaper for eleven streets."),
        DemoPage("market", "The night market", "<p>Sixty stalls and two bands: everything about the second year of the market.</p><h2>Where and when</h2><p>Along the canal, on the last Friday of each month, from 18:00 to midnight.</p>"),
        DemoPage("imprint", "Imprint", "<p>South Quarter Gazette, 3 Mill Lane. Edited by its readers.</p>"),
    )),
    DemoSite("harbour", "harbour.localhost", "www.harbour.localhost", "Harbour Rowing Club", "#1f5f8b", ("user", "harbour_rowers"), (
        DemoPage("", "We row at six",
            "<p>Every morning except Sunday, in almost any weather.</p>"
            "<h2>Learn to row</h2><p>Eight evenings, one boat, no experience. The next course starts when <strong>eight people</strong> have signed up.</p>",
            "A rowing club in the old harbour: courses, regattas and early mornings."),
        DemoPage("boats", "The boats", "<p>Four eights, two fours, and <em>Perseverance</em>, a wooden boat from 1936.</p>"),
        DemoPage("regatta", "Regatta", "<p>The autumn regatta is a race over 1,000 metres, from the lighthouse to the crane.</p><ol><li><p>08:00: boats on the water</p></li><li><p>09:00: first race</p></li><li><p>12:00: lunch</p></li></ol>"),
    )),
)  # fmt: skip

# User name, full name, role by site key. A person without a role is a superuser.
PEOPLE: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("nora", "Nora Lind", {"north": "Editor", "harbour": "Editor"}),
    ("sam", "Sam Ortega", {"south": "Editor"}),
    ("root", "Root", {}),
)
