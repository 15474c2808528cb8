"""What can go wrong between the poll and X.

XError
├── CredentialError       the credential cannot be used until a person acts
│   ├── BadCredentials    X refuses the token, or the app behind it
│   ├── OutOfCredit       the account has no credit left
│   └── CapReached        the account's usage cap is reached
├── Deferred              nothing is wrong, but the request has to wait; `reset_at` says until when
│   ├── RateLimited       X's rate limit of the endpoint is reached
│   └── QuotaExceeded     our own daily quota of reads is used up
├── SourceGone            the account or list is deleted, suspended, protected or private
├── InvalidRequest        X rejects the request; `parameter` names the faulty parameter, when X does
└── Transient             no response, an incomplete or invalid one, or 5xx

`message` is a sentence for an editor, without any part of a token. `kind` is the label in the metrics.
"""

from __future__ import annotations

import datetime as dt


class XError(Exception):
    kind = "error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class CredentialError(XError):
    pass


class BadCredentials(CredentialError):
    kind = "credentials"


class OutOfCredit(CredentialError):
    kind = "credit"


class CapReached(CredentialError):
    kind = "cap"


class Deferred(XError):
    def __init__(self, message: str, *, reset_at: dt.datetime) -> None:
        super().__init__(message)
        self.reset_at = reset_at


class RateLimited(Deferred):
    kind = "rate"

    def __init__(self, *, reset_at: dt.datetime) -> None:
        super().__init__("X's rate limit is reached: too many requests in this window.", reset_at=reset_at)


class QuotaExceeded(Deferred):
    kind = "quota"


class SourceGone(XError):
    kind = "gone"


class InvalidRequest(XError):
    kind = "invalid"

    def __init__(self, message: str, *, parameter: str = "") -> None:
        super().__init__(message)
        self.parameter = parameter


class Transient(XError):
    kind = "transient"
