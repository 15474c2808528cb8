"""A running OpenID provider, and people who sign in with it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from app.sign_in.oidc import provider as own
from tests.oidc_provider.client import CLIENT, Provider, running_provider


@pytest.fixture(scope="session")
def started_provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with running_provider(tmp_path_factory.mktemp("oidc")) as provider:
        yield provider


@pytest.fixture
def provider(started_provider: Provider, settings: Settings) -> Iterator[Provider]:
    settings.OIDC_URL = started_provider.url
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT
    settings.OIDC_NAME = "House of Keys"
    own.forget()
    yield started_provider
    started_provider.faults()
