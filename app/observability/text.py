"""Text of any length and content, fit for a log line."""

from __future__ import annotations

CUT = "…"


def escaped(text: str, longest: int) -> str:
    """The first `longest` characters; what does not print is escaped, so that it cannot end or forge a line."""
    cut = text if len(text) <= longest else text[:longest] + CUT
    if cut.isprintable():
        return cut
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in cut)


def shortened(text: str, longest: int) -> str:
    """The beginning and the end of a text that is too long: a traceback says most in its last line."""
    half = longest // 2
    return text if len(text) <= longest else f"{text[:half]} {CUT} {text[-half:]}"
