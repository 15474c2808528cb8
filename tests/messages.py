"""`make messages`: updates app/locale from the sources, and compiles it. Needs GNU gettext.

The catalogues have what visitors see. The admin, the account and the sign-in are in English on every site.
"""

from __future__ import annotations

import sys
from contextlib import chdir
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command
from django.core.management.commands import makemessages

from tests.support.programs import ROOT

APP = ROOT / "app"
LANGUAGES = ("de", "fr", "es")
#: Modules whose texts visitors read; of other modules none is extracted.
MODULES = {
    "media/serving.py",
    "posts/feeds.py",
    "posts/lists.py",
    "posts/menu.py",
    "publishing/previews/by_link.py",
    "tenancy/requests/charset.py",
    "tenancy/requests/csrf.py",
    "tenancy/requests/responses.py",
}
#: Templates that only editors or operators see; all others are extracted.
NOT_FOR_VISITORS = (
    "health/templates/",
    "sign_in/templates/",
    "tenancy/templates/tenancy/edit_link.html",
    "tenancy/templates/tenancy/preview_bar.html",
    "tenancy/templates/tenancy/theme_fault.html",
)


def is_for_visitors(path: str) -> bool:
    """Whether visitors read the texts of a file; `path` is relative to app/."""
    if "/templates/" not in path:
        return path in MODULES
    return "/templates/admin/" not in path and not path.startswith(NOT_FOR_VISITORS)


class Extract(makemessages.Command):
    """Django's command, for these files only. A new text gets no guess from a similar one."""

    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]

    def find_files(self, root: str) -> list[Any]:
        return [found for found in super().find_files(root) if is_for_visitors(Path(found.path).as_posix())]


def extract(app: Path) -> None:
    """Updates the catalogues below `app`/locale: new texts, and none that are in no source any longer."""
    with chdir(app):
        call_command(Extract(), locale=LANGUAGES, add_location="file", no_obsolete=True, no_wrap=True, verbosity=0)


def main() -> int:
    django.setup()
    extract(APP)
    with chdir(APP):
        call_command("compilemessages", locale=LANGUAGES, verbosity=0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
