"""A site's own token is in no log line and in no report, whoever repeats it."""

from __future__ import annotations

import logging

from django.contrib.sites.models import Site

from app.observability.redact import redactor
from app.tenancy.current import use_site
from app.twitter.models import Credential, Feed
from tests.support.logs import Lines
from tests.support.twitter import Poll


def test_it_works(north: Site, followed: Feed, poll: Poll, lines: Lines) -> None:
    with use_site(north):
        Credential.objects.create(token="planted-own-token-of-north")
    poll()
    logging.getLogger("library").warning("rejected: planted-own-token-of-north")
    assert lines()[-1]["event"] == "rejected: [redacted]"
    assert redactor.clean_tree({"message": ["planted-own-token-of-north"]}) == {"message": ["[redacted]"]}
