from __future__ import annotations

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from app.twitter.feed_state import Status
from app.twitter.models import Feed
from app.twitter.named_feeds import missing_feeds


def feeds_panel(request: HttpRequest) -> SafeString:
    """The feeds of the current site, on the front page of the admin."""
    if not request.user.has_perm("twitter.view_feed"):
        return SafeString("")
    feeds = list(Feed.objects.filter(active=True))
    return render_to_string(
        "admin/twitter/panel.html",
        {
            "feeds": len(feeds),
            "failing": [feed for feed in feeds if feed.status == Status.FAILING],
            "missing": missing_feeds(feeds),
            "may_add": request.user.has_perm("twitter.add_feed"),
            "newest": max((feed.succeeded_at for feed in feeds if feed.succeeded_at), default=None),
        },
    )
