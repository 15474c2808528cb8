"""Runs the stand-in: on a port until it is stopped, or while one command runs.

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


class EndlessWorld(World):
    """Every requested account exists, and has a few posts that say that they are made up."""

    def find_account(self, username: str) -> Account | None:
        with self.lock:
            account = super().find_account(username)
            if account is None and re.fullmatch(r"\w{1,15}", username):
                account = self.account(username, name=f"{username.title()} (made up)")
                self.write(account)
            return account

    def write(self, author: Account, about: str = "") -> None:
        for hours, sentence in enumerate(SENTENCES):
            text = f"{about}{': ' if about else ''}{sentence} {NOTE}"
            self.post(author, text, ago=dt.timedelta(hours=5 * hours + 1))

    def ensure_results(self, query: str) -> None:
        with self.lock:
            author = self.find_account("passer_by")
            words = " ".join(word for word in re.findall(r"#?\w+", query) if word != "OR")
            if author and not any(words in post.text for post in self.posts.values()):
                self.write(author, words)

    def ensure_list(self, remote_id: int) -> None:
        with self.lock:
            members = [member for name in ("town_hall", "library") if (member := self.find_account(name))]
            self.lists.setdefault(remote_id, {member.remote_id for member in members})


class DemoServer(XServer):
    world: EndlessWorld

    def prepare(self, path: str, params: dict[str, str]) -> None:
        query = params.get("query", "")
        if query and "from:" not in query:
            self.world.ensure_results(query)
        if path.startswith("/2/lists/"):
            self.world.ensure_list(int(path.split("/")[3]))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.x_api", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("command", nargs="*", help="command to run against the stand-in")
    options = parser.parse_args()
    with DemoServer(EndlessWorld(), port=options.port, token=TOKEN) as server:
        if not options.command:
            sys.stdout.write(f"A stand-in for X at {server.url}; its posts are made up. The token is {TOKEN}.\n")
            sys.stdout.flush()
            threading.Event().wait()
        env = {**os.environ, "TWITTER_API_URL": server.url, "TWITTER_BEARER_TOKEN": TOKEN}
        env.pop("TWITTER_BEARER_TOKEN_FILE", None)
        status = subprocess.run(options.command, env=env, check=False).returncode
        if server.requests:
            sys.stdout.write("These posts are made up: they come from a stand-in, not from X.\n")
        return status


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(0)
