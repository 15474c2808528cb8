"""Options of commands that set rules for hosts aside."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from app.tenancy.sites.domains.claims import Exceptions


def add_exception_options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--allow-reserved",
        action="store_true",
        help="use a host that is reserved: for the platform, as a suffix such as github.io, or as the www twin of "
        "another site's host",
    )
    parser.add_argument(
        "--from-quarantine", action="store_true", help="use a host that another site gave up a short time ago"
    )


def add_proof_option(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--without-proof", action="store_true", help="serve the host without its TXT record (DOMAIN_PROOF)"
    )


def exceptions_of(options: Mapping[str, Any]) -> Exceptions:
    """The rules that the command line sets aside."""
    reserved = bool(options.get("allow_reserved"))
    return Exceptions(
        reserved=reserved,
        twin=reserved,
        quarantine=bool(options.get("from_quarantine")),
        proof=bool(options.get("without_proof")),
    )
