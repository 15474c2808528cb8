from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.support.mail import Mailbox, running_mailbox, use_smtp


@pytest.fixture
def mailbox(settings: Settings) -> Iterator[Mailbox]:
    """A mail server that the product uses during the test."""
    with running_mailbox() as mailbox:
        use_smtp(settings, port=mailbox.port)
        yield mailbox
