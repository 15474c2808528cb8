"""X's responses as JSON. Pure, except for the clock."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tests.x_api.query import BrokenQuery, parse
from tests.x_api.world import Account, Post, World

PROBLEMS = "https://api.twitter.com/2/problems/"
SEARCHABLE = dt.timedelta(days=7)
Json = dict[str, Any]


class Problem(Exception):
    """A response other than 200, in the form of RFC 9457."""

    def __init__(
        self, status: int, kind: str, title: str, detail: str, *, headers: dict[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(title)
        self.status = status
        self.headers = headers or {}
        self._body: Json = {"title": title, "detail": detail, "type": kind, "status": status, **more}

    def body(self) -> Json:
        return self._body


def respond(world: World, path: str, params: dict[str, str], *, largest_page: int) -> Json:
    match path.strip("/").split("/"):
        case ["2", "users", "by"]:
            return _users(world, params.get("usernames", "").split(","), key="username")
        case ["2", "users"]:
            return _users(world, params.get("ids", "").split(","), key="id")
        case ["2", "tweets"]:
            return _lookup(world, params)
        case ["2", "tweets", "search", "recent"]:
            return _page(world, _search(world, params), params, least=10, token="next_token", most=largest_page)
        case ["2", "users", remote_id, "tweets"]:
            return _timeline(world, remote_id, params, largest_page)
        case ["2", "lists", remote_id, "tweets"]:
            members = world.lists.get(int(remote_id))
            if members is None:
                return {"errors": [_missing("list", "id", remote_id)]}
            posts = [post for post in world.newest() if post.author_id in members]
            return _page(world, posts, params, least=1, token="pagination_token", most=largest_page)
    raise Problem(404, "about:blank", "Not Found", "Not Found")


def _users(world: World, wanted: list[str], *, key: str) -> Json:
    if not 1 <= len(wanted) <= 100:
        raise _invalid(key, f"The number of values must be between 1 and 100, not {len(wanted)}.")
    found: list[Json] = []
    errors: list[Json] = []
    for value in wanted:
        account = world.find_account(value) if key == "username" else world.accounts.get(int(value))
        if account is None:
            errors.append(_missing("user", key, value))
        elif account.state == "suspended":
            errors.append(
                {**_missing("user", key, value), "title": "Forbidden", "detail": f"User has been suspended: [{value}]."}
            )
        else:
            found.append(_user(account))
    return {**({"data": found} if found else {}), **({"errors": errors} if errors else {})}


def _lookup(world: World, params: dict[str, str]) -> Json:
    wanted = params.get("ids", "").split(",")
    if not 1 <= len(wanted) <= 100:
        raise _invalid("ids", "Between 1 and 100 ids.")
    readable = {post.remote_id: post for post in world.readable()}
    body: Json = {}
    found = [_post(readable[int(remote_id)]) for remote_id in wanted if int(remote_id) in readable]
    errors = [
        {**_missing("tweet", "ids", remote_id), "type": PROBLEMS + "not-authorized-for-resource"}
        if int(remote_id) in world.posts
        else _missing("tweet", "ids", remote_id)
        for remote_id in wanted
        if int(remote_id) not in readable
    ]
    if found:
        body["data"] = found
    if errors:
        body["errors"] = errors
    return body


def _search(world: World, params: dict[str, str]) -> list[Post]:
    try:
        match = parse(params.get("query", ""), world)
    except BrokenQuery as error:
        raise _invalid("query", str(error)) from None
    oldest = dt.datetime.now(dt.UTC) - SEARCHABLE
    since = params.get("since_id")
    if since and (int(since) >> 22) + 1_288_834_974_657 < oldest.timestamp() * 1000:
        raise _invalid("since_id", f"'since_id' must be a tweet id created after [{oldest:%Y-%m-%dT%H:%MZ}].")
    first = int(since or 0)
    return [p for p in world.newest() if p.remote_id > first and p.created_at > oldest and match(p)]


def _timeline(world: World, remote_id: str, params: dict[str, str], largest_page: int) -> Json:
    account = world.accounts.get(int(remote_id))
    if account is None or account.state == "suspended":
        return {"errors": [_missing("user", "id", remote_id)]}
    if account.state == "protected":
        error = {**_missing("user", "id", remote_id), "type": PROBLEMS + "not-authorized-for-resource"}
        return {"errors": [{**error, "title": "Authorization Error"}]}
    refused = {{"retweets": "retweeted", "replies": "replied_to"}[e] for e in _words(params, "exclude")}
    posts = [p for p in world.newest() if p.author_id == account.remote_id and not refused & p.references]
    return _page(world, posts, params, least=5, token="pagination_token", most=largest_page)


def _page(world: World, posts: list[Post], params: dict[str, str], *, least: int, token: str, most: int) -> Json:
    size = int(params.get("max_results", "10"))
    if not least <= size <= 100:
        raise _invalid("max_results", f"{size} is not between {least} and 100.")
    since = int(params.get("since_id", "0"))
    posts = [post for post in posts if post.remote_id > since]
    start = int(params.get(token, "0"))
    shown = posts[start : start + min(size, most)]
    meta: Json = {"result_count": len(shown)}
    if not shown:
        return {"meta": meta}
    meta |= {"newest_id": str(shown[0].remote_id), "oldest_id": str(shown[-1].remote_id)}
    if start + len(shown) < len(posts):
        meta["next_token"] = str(start + len(shown))
    body: Json = {"data": [_post(post) for post in shown], "meta": meta}
    includes = _includes(world, shown, _words(params, "expansions"))
    return {**body, "includes": includes} if includes else body


def _includes(world: World, posts: list[Post], expansions: list[str]) -> Json:
    readable = {post.remote_id: post for post in world.readable()}
    wanted = {int(one["id"]) for post in posts for one in post.extra.get("referenced_tweets", [])}
    referenced = [readable[remote_id] for remote_id in sorted(wanted & readable.keys())]
    if "referenced_tweets.id" not in expansions:
        referenced = []
    authors = {post.author_id: None for post in posts if "author_id" in expansions}
    authors |= {post.author_id: None for post in referenced if "referenced_tweets.id.author_id" in expansions}
    users = [_user(world.accounts[remote_id]) for remote_id in authors]
    return {
        **({"users": users} if users else {}),
        **({"tweets": [_post(post) for post in referenced]} if referenced else {}),
    }


def _post(post: Post) -> Json:
    return {
        "id": str(post.remote_id),
        "text": post.text,
        "author_id": str(post.author_id),
        "created_at": post.created_at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "edit_history_tweet_ids": [str(version) for version in post.versions],
        **post.extra,
    }


def _user(account: Account) -> Json:
    return {
        "id": str(account.remote_id),
        "username": account.username,
        "name": account.name,
        "protected": account.state == "protected",
    }


def _words(params: dict[str, str], name: str) -> list[str]:
    return [word for word in params.get(name, "").split(",") if word]


def _missing(resource: str, parameter: str, value: str) -> Json:
    return {
        "resource_type": resource,
        "parameter": parameter,
        "resource_id": value,
        "value": value,
        "title": "Not Found Error",
        "detail": f"Could not find {resource} with {parameter}: [{value}].",
        "type": PROBLEMS + "resource-not-found",
    }


def _invalid(parameter: str, message: str) -> Problem:
    return Problem(
        400,
        PROBLEMS + "invalid-request",
        "Invalid Request",
        "A parameter of the request is invalid.",
        errors=[{"parameters": {parameter: []}, "message": message}],
    )
