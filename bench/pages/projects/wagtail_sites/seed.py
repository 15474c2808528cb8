"""`python -m bench.pages.projects.wagtail_sites.seed COUNT`: a migrated database in, sites and their page trees out.

In bulk: the columns of the tree are those that `add_child` would write.
"""

from __future__ import annotations

import sys
from uuid import uuid4

import django

django.setup()

from django.contrib.contenttypes.models import ContentType  # noqa: E402
from django.db import connection  # noqa: E402
from wagtail.models import Locale, Page, Site  # noqa: E402

from bench.pages.content import MENU, BenchSite, sites  # noqa: E402
from bench.pages.projects.wagtail_sites.models import TextPage  # noqa: E402

BATCH = 5_000
FIRST = 10  # the project's own first pages come before


def node(site: BenchSite, root: Page, title: str, place: int | None, **values: object) -> Page:
    """A page of a site's tree: its root, or an entry of the menu."""
    steps = [FIRST + site.number] if place is None else [FIRST + site.number, place + 1]
    path = root.path + "".join(Page._int2str(step).rjust(Page.steplen, "0") for step in steps)
    below = "" if place is None else f"{title.lower()}/"
    return Page(
        path=path,
        depth=1 + len(steps),
        numchild=len(MENU) if place is None else 0,
        title=title,
        draft_title=title,
        slug=site.code if place is None else title.lower(),
        url_path=f"/{site.code}/{below}",
        translation_key=uuid4(),
        show_in_menus=place is not None,
        live=True,
        **values,
    )


def main(count: int) -> None:
    wanted, root = sites(count), Page.get_first_root_node()
    same = {"content_type": ContentType.objects.get_for_model(TextPage), "locale": Locale.get_default()}
    roots = Page.objects.bulk_create([node(site, root, site.name, None, **same) for site in wanted], batch_size=BATCH)
    entries = Page.objects.bulk_create(
        [node(site, root, title, place, **same) for site in wanted for place, title in enumerate(MENU)],
        batch_size=BATCH,
    )
    bodies = [site.body for site in wanted for _ in MENU]
    texts = [(page.pk, "") for page in roots]
    texts += [(page.pk, body if page.slug == "about" else "") for page, body in zip(entries, bodies, strict=True)]
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO wagtail_sites_textpage (page_ptr_id, body) VALUES (%s, %s)", texts)
    Page.objects.filter(pk=root.pk).update(numchild=root.numchild + count)
    Site.objects.all().delete()
    Site.objects.bulk_create(
        [
            Site(hostname=site.domain, port=80, site_name=site.name, root_page=page, is_default_site=site.number == 1)
            for site, page in zip(wanted, roots, strict=True)
        ],
        batch_size=BATCH,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
