"""The text of a tweet as HTML."""

from __future__ import annotations

from typing import Any

import pytest

from app.twitter.rendering import tweet_html


def test_entities_are_linked_once() -> None:
    text = "See https://t.co/abc by @nasa about #space &amp; <b>"
    url = {"start": 4, "end": 20, "url": "https://t.co/abc", "display_url": "nasa.gov/#space"}
    entities = {
        "urls": [url, url],
        "mentions": [{"start": 24, "end": 29, "username": "nasa"}],
        "hashtags": [{"start": 36, "end": 42, "tag": "space"}, {"start": 10, "end": 15, "tag": "inside"}],
    }

    html = tweet_html(text, entities)

    assert html == (
        'See <a href="https://t.co/abc" rel="nofollow noopener">nasa.gov/#space</a> by '
        '<a href="https://x.com/nasa" rel="nofollow noopener">@nasa</a> about '
        '<a href="https://x.com/search?q=%23space" rel="nofollow noopener">#space</a> &amp; &lt;b&gt;'
    )


@pytest.mark.parametrize(
    "entities",
    [
        {"urls": [{"start": 0, "end": 5, "url": "javascript:alert(1)"}]},
        {"urls": [{"start": 3, "end": 99, "url": "https://x.com"}]},
        {"urls": [{"start": -5, "end": 3, "url": "https://x.com"}]},
        {"urls": [{"start": "0", "end": 5, "url": "https://x.com"}, None, 3]},
        {"urls": {"start": 0}, "mentions": "no"},
        {"hashtags": [{"start": 0, "end": 2, "tag": None}]},
    ],
    ids=str,
)
def test_invalid_entities_are_text(entities: dict[str, Any]) -> None:
    assert tweet_html("<b>\nx", entities) == "&lt;b&gt;<br>x"


def test_emoji_before_an_entity_does_not_move_it() -> None:
    assert tweet_html("🚀 #go", {"hashtags": [{"start": 2, "end": 5, "tag": "go"}]}).startswith("🚀 <a ")
