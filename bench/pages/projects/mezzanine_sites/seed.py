"""`python -m bench.pages.projects.mezzanine_sites.seed COUNT`: a migrated database in, sites and pages out.

In bulk: the columns are those that `save` would write.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import django

django.setup()

from django.contrib.sites.models import Site  # noqa: E402
from django.db import connection  # noqa: E402
from mezzanine.conf.models import Setting  # noqa: E402
from mezzanine.pages.models import Page  # noqa: E402

from bench.pages.content import MENU, sites  # noqa: E402

BATCH = 5_000
PUBLISHED = 2
START = datetime(2026, 1, 1, tzinfo=UTC)


def main(count: int) -> None:
    wanted = sites(count)
    rows = Site.objects.bulk_create([Site(domain=site.domain, name=site.name) for site in wanted], batch_size=BATCH)
    Setting.objects.bulk_create(
        [Setting(site=row, name="SITE_TITLE", value=row.name) for row in rows], batch_size=BATCH
    )
    pages = [
        Page(
            site=row,
            title=title,
            titles=title,
            slug=title.lower(),
            status=PUBLISHED,
            publish_date=START,
            created=START,
            updated=START,
            description=title,
            content_model="richtextpage",
            in_menus=[1],
            _order=place,
        )
        for row in rows
        for place, title in enumerate(MENU)
    ]
    Page.objects.bulk_create(pages, batch_size=BATCH)
    bodies = [site.body for site in wanted for _ in MENU]
    texts = [(page.pk, body if page.slug == "about" else "") for page, body in zip(pages, bodies, strict=True)]
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO pages_richtextpage (page_ptr_id, content) VALUES (%s, %s)", texts)


if __name__ == "__main__":
    main(int(sys.argv[1]))
