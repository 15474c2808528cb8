"""What can go wrong between the poll and X.

XError
├── BadCredentials    X refuses the token, or the app behind it
├── OutOfCredit       the account has no credit left
├── CapReached        the account's cap of posts is used up
├── RateLimited       too many questions in this window; `reset_at` says when it ends
├── BudgetSpent       our own daily budget of reads is used up; `reset_at` says when the next day begins
├── SourceGone        the account or list is deleted, suspended, protected or private
├── BadQuestion       X does not understand the question; `parameter` names the part, when X does
└── Transient         no answer, a cut one, one that makes no sense, or 5xx

The text of each is a sentence for an editor, without any part of a token.
"""

from __future__ import annotations

import datetime as dt


class XError(Exception):
    kind = "error"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class BadCredentials(XError):
    kind = "credentials"


class OutOfCredit(XError):
    kind = "credit"


class CapReached(XError):
    kind = "cap"


class RateLimited(XError):
    kind = "rate"

    def __init__(self, sentence: str, *, reset_at: dt.datetime) -> None:
        super().__init__(sentence)
        self.reset_at = reset_at


class BudgetSpent(XError):
    kind = "budget"

    def __init__(self, sentence: str, *, reset_at: dt.datetime) -> None:
        super().__init__(sentence)
        self.reset_at = reset_at


class SourceGone(XError):
    kind = "gone"


class BadQuestion(XError):
    kind = "question"

    def __init__(self, sentence: str, *, parameter: str = "") -> None:
        super().__init__(sentence)
        self.parameter = parameter


class Transient(XError):
    kind = "transient"


# Nothing can be read with this credential until a person acts: one refusal answers for all its questions.
UNUSABLE = (BadCredentials, OutOfCredit, CapReached)
# Nothing is wrong: the question waits for its turn.
WAITING = (RateLimited, BudgetSpent)
