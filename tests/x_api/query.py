"""The part of X's search language that the tests use: words, from:, OR, groups, -is:, quotes, hashtags."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.x_api.world import Post, World

Match = Callable[[Post], bool]
LONGEST = 512
TOKEN = re.compile(r'\(|\)|-?"[^"]*"|[^\s()"]+|"')


class BrokenQuery(Exception):
    """X would respond to this query with 400; the text says why."""


def parse(query: str, world: World) -> Match:
    if not query.strip():
        raise BrokenQuery("The query is empty.")
    if len(query) > LONGEST:
        raise BrokenQuery(f"The length of the query is {len(query)}; the maximum is {LONGEST}.")
    reader = _Reader(TOKEN.findall(query), world)
    match = reader.either()
    if reader.tokens:
        raise BrokenQuery(f"no viable alternative at input '{reader.tokens[0]}'")
    return match


class _Reader:
    def __init__(self, tokens: list[str], world: World) -> None:
        self.tokens = tokens
        self.world = world

    def either(self) -> Match:
        choices = [self.all_of()]
        while self.tokens and self.tokens[0] == "OR":
            self.tokens.pop(0)
            choices.append(self.all_of())
        return lambda post: any(choice(post) for choice in choices)

    def all_of(self) -> Match:
        parts: list[Match] = []
        while self.tokens and self.tokens[0] not in {")", "OR"}:
            parts.append(self.one())
        if not parts:
            raise BrokenQuery("missing an operand")
        return lambda post: all(part(post) for part in parts)

    def one(self) -> Match:
        token = self.tokens.pop(0)
        if token == "(":
            inside = self.either()
            if not self.tokens or self.tokens.pop(0) != ")":
                raise BrokenQuery("missing ')' at '<EOF>'")
            return inside
        if token == '"':
            raise BrokenQuery("a quotation mark is never closed")
        if token.startswith("-") and len(token) > 1:
            refused = self.word(token[1:])
            return lambda post: not refused(post)
        return self.word(token)

    def word(self, token: str) -> Match:
        operator, colon, value = token.partition(":")
        if not colon or token.startswith('"'):
            wanted = token.strip('"').lower()
            return lambda post: wanted in post.text.lower()
        if operator == "from" and re.fullmatch(r"\w{1,20}", value):
            account = self.world.find_account(value)
            author = account.remote_id if account else int(value) if value.isdigit() else 0
            return lambda post: post.author_id == author
        if operator == "is" and value in {"retweet", "reply"}:
            reference = {"retweet": "retweeted", "reply": "replied_to"}[value]
            return lambda post: reference in post.references
        raise BrokenQuery(f"Reference to invalid operator '{token}'")
