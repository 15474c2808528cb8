"""`python -m bench.pages.projects.colonnade.edit`: an editor. Each line on standard input is `NUMBER TEXT`.

Saves the page of the site with that number, with TEXT in its title, and prints when the transaction had ended.
"""

from __future__ import annotations

import os
import sys
import time

import django

django.setup()

from app.pages.models import Page  # noqa: E402
from app.tenancy.current import use_site  # noqa: E402
from app.tenancy.directory import find_site  # noqa: E402
from bench.pages.content import PATH, BenchSite  # noqa: E402


def main() -> None:
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    for line in sys.stdin:
        number, text = line.split()
        with use_site(find_site(BenchSite(int(number)).domain)):
            page = Page.objects.get(path=PATH)
            page.title = f"{page.title.split()[0]} {text}"
            page.save()
        answers.write(f"{time.time()}\n")


if __name__ == "__main__":
    main()
