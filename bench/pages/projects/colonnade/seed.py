"""`python -m bench.pages.projects.colonnade.seed COUNT`: a migrated database in, sites, pages, feeds and sessions out.

In bulk, with `all_sites`: saving each page would take an hour, and would store the same rows.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import django

django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.contrib.sessions.models import Session  # noqa: E402
from django.contrib.sites.models import Site  # noqa: E402

from app.accounts.models import User  # noqa: E402
from app.pages.models import HOME, Page  # noqa: E402
from app.tenancy.models import Alias, SiteProfile  # noqa: E402
from app.tenancy.requests.sessions import CREATED_ON  # noqa: E402
from app.twitter.models import Feed, Tweet  # noqa: E402
from bench.pages.content import ADMIN_PAGES, ADMIN_SITE, MENU, TWEETS, BenchSite, sites  # noqa: E402

BATCH = 5_000
START = datetime(2026, 1, 1, tzinfo=UTC)
Pairs = Sequence[tuple[Site, BenchSite]]


def make_sites(wanted: list[BenchSite]) -> Pairs:
    rows = Site.objects.bulk_create([Site(domain=site.domain, name=site.name) for site in wanted], batch_size=BATCH)
    pairs = list(zip(rows, wanted, strict=True))
    SiteProfile.objects.bulk_create(
        [SiteProfile(site=row, key=f"bench-{site.code}") for row, site in pairs], batch_size=BATCH
    )
    Alias.objects.bulk_create(
        [Alias(site=row, host=host) for row, site in pairs for host in site.aliases], batch_size=BATCH
    )
    return pairs


def page(row: Site, path: str, **values: object) -> Page:
    return Page(site=row, path=path, slug=path.strip("/"), status=Page.Status.PUBLISHED, **values)


def make_pages(pairs: Pairs) -> None:
    """A home page, which is not in the menu, and the pages of the menu; the first of them has text."""
    made = []
    for row, site in pairs:
        made.append(page(row, HOME, title="Home", body=site.body, in_menus=False))
        made += [
            page(row, f"/{title.lower()}/", title=title, position=place, body="" if place else site.body)
            for place, title in enumerate(MENU)
        ]
    # all_sites: the benchmark creates the rows of all sites together.
    Page.all_sites.bulk_create(made, batch_size=BATCH)


def make_feeds(pairs: Pairs) -> None:
    feeds = Feed.all_sites.bulk_create(
        [Feed(site=row, kind="user", value=f"site_{site.code}", is_default=True) for row, site in pairs],
        batch_size=BATCH,
    )
    Tweet.all_sites.bulk_create(
        [
            Tweet(
                site=row,
                feed=feed,
                remote_id=1_000_000 + place,
                text=f"Post {place} of {site.name} about https://example.org/news and #something",
                created_at=START + timedelta(hours=place),
                author_id=site.number + 1,
                author_username=f"site_{site.code}",
                author_name=site.name,
                checked_at=START,
            )
            for (row, site), feed in zip(pairs, feeds, strict=True)
            for place in range(TWEETS)
        ],
        batch_size=BATCH,
    )


def make_sessions(pairs: Pairs, user: User) -> None:
    """A signed-in visitor of each site."""
    store = SessionStore()
    signed_in = {
        SESSION_KEY: str(user.pk),
        BACKEND_SESSION_KEY: "app.tenancy.people.permissions.MembershipBackend",
        HASH_SESSION_KEY: user.get_session_auth_hash(),
    }
    expires = datetime.now(UTC) + timedelta(days=1)
    Session.objects.bulk_create(
        [
            Session(
                session_key=site.session_key,
                session_data=store.encode({**signed_in, CREATED_ON: row.pk}),
                expire_date=expires,
            )
            for row, site in pairs
        ],
        batch_size=BATCH,
    )


def main(count: int) -> None:
    pairs = make_sites([*sites(count), ADMIN_SITE])
    make_pages(pairs)
    make_feeds(pairs)
    make_sessions(pairs[:-1], User.objects.create_user("visitor", "visitor@bench.example"))
    make_sessions(pairs[-1:], User.objects.create_superuser("root", "root@bench.example"))
    admin_row = pairs[-1][0]
    Page.all_sites.bulk_create(
        [
            page(admin_row, f"/page-{number:05d}/", title=f"Page {number:05d}", in_menus=False)
            for number in range(ADMIN_PAGES)
        ],
        batch_size=BATCH,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
