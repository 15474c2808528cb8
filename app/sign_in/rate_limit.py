"""The rate limit of wrong passwords and codes: per account and per address, over all sites and processes.

An attempt is counted before the password is checked, so simultaneous ones cannot exceed the limit. Attempts beyond it
are refused without a check and count nowhere, so nobody makes the wait longer by trying.
"""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

from django.core.exceptions import ValidationError
from django.utils.crypto import salted_hmac
from django.utils.translation import ngettext_lazy

from app.sign_in.counters import Counters, Limit, on_shared_counters

KINDS = ("password", "code", "reset", "invitation", "email", "mailbox")
PER_ACCOUNT = Limit(attempts=5, seconds=15 * 60)
PER_INVITER = Limit(attempts=30, seconds=15 * 60)
PER_ADDRESS = Limit(attempts=30, seconds=15 * 60)
UNLOCKED = Limit(attempts=1, seconds=15 * 60)
IPV6_NETWORK = 64  # one subscriber has all addresses in it


class RateLimited(ValidationError):
    """Too many attempts; `seconds` until the next one. Says nothing about whether the account exists."""

    def __init__(self, seconds: int) -> None:
        minutes = math.ceil(seconds / 60)
        message = ngettext_lazy(
            "Too many attempts. Try again in %(minutes)d minute.",
            "Too many attempts. Try again in %(minutes)d minutes.",
            "minutes",
        )
        super().__init__(message, code="rate_limited", params={"minutes": minutes})
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt, counted under these keys."""

    account_key: str
    address_key: str | None

    def succeeded(self) -> None:
        """Forgets the account's wrong attempts, and this one of the address.

        The address keeps its others: who guesses passwords may sign in with an account of her own in between.
        """

        def forget(counters: Counters) -> None:
            counters.clear([self.account_key])
            if self.address_key:
                counters.give_back(self.address_key)

        on_shared_counters(forget)


def attempt(kind: str, account: str, address: str) -> Attempt:
    """Counts an attempt of one of the `KINDS`. Raises `RateLimited`."""
    account_key, address_key = _key(kind, "account", _folded(account)), _key(kind, "address", network_of(address))
    unlocked_key = _key("unlocked", "account", _folded(account))

    def take(counters: Counters) -> Attempt | int:
        seconds = counters.take(address_key, PER_ADDRESS)
        if seconds and not counters.count(unlocked_key):
            return seconds
        counted = Attempt(account_key, None if seconds else address_key)
        seconds = counters.take(account_key, PER_INVITER if kind == "invitation" else PER_ACCOUNT)
        if seconds and counted.address_key:
            counters.give_back(address_key)
        return seconds or counted

    taken = on_shared_counters(take)
    if isinstance(taken, int):
        raise RateLimited(taken)
    return taken


def forget(kind: str, account: str) -> None:
    """Forgets the account's attempts of one kind."""
    on_shared_counters(lambda counters: counters.clear([_key(kind, "account", _folded(account))]))


def attempt_without_account(kind: str, address: str) -> None:
    """Counts an attempt that names no account, for its address only. Raises `RateLimited`."""
    seconds = on_shared_counters(
        lambda counters: counters.take(_key(kind, "address", network_of(address)), PER_ADDRESS)
    )
    if seconds:
        raise RateLimited(seconds)


def succeeded_without_account(kind: str, address: str) -> None:
    """Takes one attempt off the count of an address."""
    on_shared_counters(lambda counters: counters.give_back(_key(kind, "address", network_of(address))))


def unlock(account: str) -> None:
    """Forgets the account's wrong attempts. For 15 minutes the limit of addresses does not hold for it, either."""

    def forget(counters: Counters) -> None:
        unlocked = _key("unlocked", "account", _folded(account))
        counters.clear([unlocked, *(_key(kind, "account", _folded(account)) for kind in KINDS)])
        counters.take(unlocked, UNLOCKED)

    on_shared_counters(forget)


def network_of(address: str) -> str:
    """What counts as one address: of IPv6 the /64 network. Text that is not an address is one of its own."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ip_network((parsed, IPV6_NETWORK), strict=False))


def _folded(account: str) -> str:
    return unicodedata.normalize("NFKC", account).casefold()


def _key(*parts: str) -> str:
    # SECURITY: a digest, because people type passwords into the field of the user name.
    return salted_hmac("app.sign_in.rate_limit", "\0".join(parts), algorithm="sha256").hexdigest()
