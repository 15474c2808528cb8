"""Why a request got no complete response, in words for an operator."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator
from http.client import IncompleteRead, RemoteDisconnected

import requests
import urllib3

_CUT_OFF = (IncompleteRead, RemoteDisconnected, ConnectionResetError, urllib3.exceptions.DecodeError)


def no_response(error: Exception, host: str) -> str:
    """A sentence that names the host and the reason. It holds nothing of the request but the host."""
    if isinstance(error, requests.exceptions.ProxyError):
        return f"X cannot be reached at {host}: the proxy does not connect to it."
    causes = list(_causes(error))
    if any(isinstance(cause, _CUT_OFF) for cause in causes):
        return f"X's response from {host} was cut off."
    reason = next((words for words in map(_reason, causes) if words), "the request failed")
    return f"X cannot be reached at {host}: {reason}."


def _reason(error: BaseException) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            return f"its certificate is not accepted ({error.verify_message})"
        case ssl.SSLError():
            return "no secure connection is possible"
        case socket.gaierror():
            return "its name is not found"
        case urllib3.exceptions.NewConnectionError():
            return ""  # a kind of timeout for urllib3; its cause knows better
        case TimeoutError() | urllib3.exceptions.ConnectTimeoutError():
            return "the connection timed out"
        case OSError(errno=int(number)) if number:
            return os.strerror(number).lower()
    return ""


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all that it was made from: requests and urllib3 keep it in arguments, reasons and causes."""
    seen: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, BaseException) and one not in seen:
            seen.append(one)
            yield one
            waiting += [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]
