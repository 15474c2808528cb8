"""Runs the stand-in: on a port until it is ended, or for the length of one command.

python -m tests.x_api --port 8099
python -m tests.x_api -- .venv/bin/python manage.py poll_twitter
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import re
import subprocess
import sys
import threading

from tests.x_api.server import XServer
from tests.x_api.world import Account, World

TOKEN = "made-up"
NOTE = "(Made up: this post comes from a stand-in, not from X.)"
SENTENCES = (
    "The kettle in the reading room is mended. Tea at four, as ever.",
    "We counted the swifts again: forty-one, two more than last year.",
    "Our door is open until eight tonight; bring a chair if you have a spare one.",
    "The new timetable hangs beside the old one, so that both can be compared.",
    "Thank you to everybody who carried sandbags on Sunday.",
)


class EverybodyIsHere(World):
    """A world in which whoever is asked for exists and has a handful of posts that say what they are."""

    def named(self, username: str) -> Account | None:
        with self.lock:
            found = super().named(username)
            if found is None and re.fullmatch(r"\w{1,15}", username):
                found = self.account(username, name=f"{username.title()} (made up)")
                self.write(found)
            return found

    def write(self, author: Account, about: str = "") -> None:
        for hours, sentence in enumerate(SENTENCES):
            text = f"{about}{': ' if about else ''}{sentence} {NOTE}"
            self.post(author, text, ago=dt.timedelta(hours=5 * hours + 1))

    def found(self, query: str) -> None:
        """Makes sure that a search finds something."""
        with self.lock:
            author = self.named("passer_by")
            words = " ".join(word for word in re.findall(r"#?\w+", query) if word != "OR")
            if author and not any(words in post.text for post in self.posts.values()):
                self.write(author, words)

    def listed(self, number: int) -> None:
        with self.lock:
            members = [member for name in ("town_hall", "library") if (member := self.named(name))]
            self.lists.setdefault(number, {member.id for member in members})


class DemoServer(XServer):
    world: EverybodyIsHere

    def before(self, path: str, params: dict[str, str]) -> None:
        query = params.get("query", "")
        if query and "from:" not in query:
            self.world.found(query)
        if path.startswith("/2/lists/"):
            self.world.listed(int(path.split("/")[3]))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.x_api", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("command", nargs="*", help="runs it with the stand-in as its X, then ends")
    options = parser.parse_args()
    with DemoServer(EverybodyIsHere(), port=options.port, token=TOKEN) as server:
        sys.stdout.write(f"A stand-in for X at {server.url}; its posts are made up. The token is {TOKEN}.\n")
        sys.stdout.flush()
        if not options.command:
            threading.Event().wait()
        env = {**os.environ, "TWITTER_API_URL": server.url, "TWITTER_BEARER_TOKEN": TOKEN}
        env.pop("TWITTER_BEARER_TOKEN_FILE", None)
        return subprocess.run(options.command, env=env, check=False).returncode


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(0)
