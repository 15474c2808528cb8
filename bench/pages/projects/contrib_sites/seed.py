"""`python -m bench.pages.projects.contrib_sites.seed COUNT`: a migrated database in, sites and pages out."""

from __future__ import annotations

import sys

import django

django.setup()

from django.contrib.sites.models import Site  # noqa: E402
from django.db import connection  # noqa: E402

from bench.pages.content import MENU, sites  # noqa: E402
from bench.pages.projects.contrib_sites.models import Page  # noqa: E402


def main(count: int) -> None:
    with connection.schema_editor() as editor:
        editor.create_model(Page)
    wanted = sites(count)
    rows = Site.objects.bulk_create([Site(domain=site.domain, name=site.name) for site in wanted], batch_size=2000)
    Page.objects.bulk_create(
        [
            Page(
                site=row,
                path=f"/{title.lower()}/",
                position=position,
                title=title,
                body=site.body if position == 0 else "",
            )
            for row, site in zip(rows, wanted, strict=True)
            for position, title in enumerate(MENU)
        ],
        batch_size=2000,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
