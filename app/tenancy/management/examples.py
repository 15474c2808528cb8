"""Examples at the end of a command's --help."""

from __future__ import annotations

from argparse import ArgumentParser

from django.core.management.base import DjangoHelpFormatter


class _KeepsLines(DjangoHelpFormatter):
    """Keeps the lines of a text that has several."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if "\n" in text else super()._fill_text(text, width, indent)


def add_examples(parser: ArgumentParser, *lines: str) -> None:
    """Shows command lines at the end of the parser's --help."""
    parser.formatter_class = _KeepsLines
    parser.epilog = "\n".join(["Example:" if len(lines) == 1 else "Examples:", *(f"  {line}" for line in lines)])
