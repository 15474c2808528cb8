"""What the isolation tests have to know of this app."""

from __future__ import annotations


def pytest_isolation_all_sites() -> list[tuple[str, str, str]]:
    return [("superuser", "admin:third_party_banner_*", "A banner is shared by several sites.")]
