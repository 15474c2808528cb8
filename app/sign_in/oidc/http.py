"""Requests to the provider: bounded in time and in size, without redirects."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import requests
from urllib3.exceptions import HTTPError

from app.sign_in.oidc.faults import InvalidResponse, ProviderAway

SECONDS = 5.0  # to connect, until the response begins, and for its body
MOST_BYTES = 1_000_000


def get_json(url: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Raises `ProviderAway`, `InvalidResponse`."""
    status, answer = _request("GET", url, headers=headers)
    if status != 200:
        raise _unexpected(status)
    return answer


def post_form(url: str, data: Mapping[str, str], auth: tuple[str, str] | None) -> dict[str, Any]:
    """Raises `ProviderAway`, `InvalidResponse`; its reason has the provider's error code."""
    status, answer = _request("POST", url, data=data, auth=auth)
    if status != 200:
        code = str(answer.get("error", ""))
        raise InvalidResponse(f"token_{code}") if code.isidentifier() and len(code) < 50 else _unexpected(status)
    return answer


def _request(method: str, url: str, **options: Any) -> tuple[int, dict[str, Any]]:
    # SECURITY: a redirect would take the client's secret or an access token to another address.
    options |= {"stream": True, "allow_redirects": False}
    body = bytearray()
    try:
        with requests.request(method, url, timeout=SECONDS, **options) as response:
            end = time.monotonic() + SECONDS
            # `iter_content` waits until a part is full, however slowly its bytes arrive.
            while part := response.raw.read1(16_384, decode_content=True):
                body += part
                if len(body) > MOST_BYTES:
                    raise InvalidResponse("response_too_large")
                if time.monotonic() > end:
                    raise ProviderAway("timeout")
            status = response.status_code
    except (requests.RequestException, HTTPError) as error:
        raise ProviderAway(type(error).__name__) from None
    if status >= 500:
        raise ProviderAway(f"status_{status}")
    try:
        answer = json.loads(body)
    except ValueError:
        raise (InvalidResponse("no_json") if status == 200 else _unexpected(status)) from None
    if not isinstance(answer, dict):
        raise InvalidResponse("no_object")
    return status, answer


def _unexpected(status: int) -> InvalidResponse:
    return InvalidResponse(f"status_{status}")
