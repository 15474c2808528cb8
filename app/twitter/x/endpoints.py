"""The endpoints of X's API v2 that the poll uses: what X calls them, and which of tweepy's methods reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MAX_SIZE = 100  # results of one request, at every endpoint
_USER_FIELDS = {"user_fields": "protected"}
_POST_FIELDS = {"tweet_fields": "author_id,created_at,edit_history_tweet_ids,entities,note_tweet,referenced_tweets"}
AUTHORS = {"expansions": "author_id,referenced_tweets.id,referenced_tweets.id.author_id", **_USER_FIELDS}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Endpoint:
    title: str
    path: str  # X counts one rate window for all accounts and lists
    method: str  # of tweepy.Client
    target: str  # the parameter that takes the query, or the ids or names
    fields: Mapping[str, str]
    min_size: int = 1  # the smallest `max_results` that X accepts
    next_page: str = ""  # the parameter that takes the token of the next page; empty: there is only one
    takes_since_id: bool = False

    @property
    def is_paged(self) -> bool:
        return bool(self.next_page)


USERS_BY_NAME = Endpoint(
    title="look up", path="/2/users/by", method="get_users", target="usernames", fields=_USER_FIELDS
)
USERS = Endpoint(title="look up again", path="/2/users", method="get_users", target="ids", fields=_USER_FIELDS)
POSTS = Endpoint(title="check", path="/2/tweets", method="get_tweets", target="ids", fields=_POST_FIELDS)
SEARCH = Endpoint(
    title="search",
    path="/2/tweets/search/recent",
    method="search_recent_tweets",
    target="query",
    fields=_POST_FIELDS,
    min_size=10,
    next_page="next_token",
    takes_since_id=True,
)
TIMELINE = Endpoint(
    title="timeline of",
    path="/2/users/:id/tweets",
    method="get_users_tweets",
    target="id",
    fields={**_POST_FIELDS, "exclude": "retweets,replies"},
    min_size=5,
    next_page="pagination_token",
    takes_since_id=True,
)
LIST = Endpoint(
    title="list",
    path="/2/lists/:id/tweets",
    method="get_list_tweets",
    target="id",
    fields=_POST_FIELDS,
    next_page="pagination_token",
)


def path_of(route: str) -> str:
    """`/2/users/:id/tweets` for `/2/users/12/tweets`."""
    return "/".join(":id" if part.isdigit() and part != "2" else part for part in route.split("/"))
