"""What the next poll would ask, in words; without asking."""

from __future__ import annotations

from app.twitter.poll.plan import LookUp, Question
from app.twitter.poll.run import Work


def preview(work: Work) -> list[str]:
    """Accounts that nobody looked up yet are only looked up in the words; their posts come after."""
    asked = work.look_ups()
    known = [source for source in work.sources if source.kind != "user" or source.value in work.accounts]
    return [_look_up(one) for one in asked] + [_question(one) for one in work.questions(known)]


def _look_up(look_up: LookUp) -> str:
    names = ", ".join(f"@{source.value}" for source in look_up.sources)
    return f"look up {names}, then read their posts" if look_up.by == "name" else f"look {names} up again"


def _question(question: Question) -> str:
    since = f" since post {question.since_id}" if question.since_id else ""
    match question.form:
        case "batch":
            return f"search {question.query}{since}"
        case "timeline":
            return f"read the posts of @{question.accounts[0].username}{since}"
        case "list":
            return f"read the list {question.query}{since}"
        case "search":
            return f"search {question.query}{since}"
