"""The few requests that routes need of a Kubernetes API server: list, watch, apply, delete, and a Lease."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import requests
from requests.exceptions import ReadTimeout, RequestException
from urllib3.exceptions import ReadTimeoutError

from app.routes.cluster.rate import RateLimit
from app.routes.template import MANAGER, Kind, Object

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
SERVER = "https://kubernetes.default.svc"
CONNECT_SECONDS, READ_SECONDS = 5.0, 15.0
WATCH_SECONDS, SILENT_SECONDS = 240, 90.0
PAGE = 500
LEASES = "/apis/coordination.k8s.io/v1/namespaces/{}/leases"


class ApiUnavailable(Exception):
    """No usable response: the connection, 401, 429 or 5xx. `retry_after`: what the server asks for, in seconds.

    `may_be_the_object`: 5xx, or no response in time. A webhook that fails for one object has this effect too.
    """

    def __init__(self, message: str, retry_after: float = 0.0, *, may_be_the_object: bool = False) -> None:
        self.retry_after, self.may_be_the_object = retry_after, may_be_the_object
        super().__init__(message)


class ApiRefused(Exception):
    """The server understood the request and refuses it: `status` is 4xx."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


class ExpiredVersion(Exception):
    """410: the server no longer has what a watch or a list wants to continue from."""


class ApiServer:
    """One namespace. May be used by many threads; each has a session of its own."""

    def __init__(self, url: str = SERVER, account: Path = ACCOUNT, limit: RateLimit | None = None) -> None:
        self._url, self._account = url.rstrip("/"), account
        self._limit = limit or RateLimit()
        self._local = threading.local()
        self.namespace = (account / "namespace").read_text().strip()

    def list(self, kind: Kind) -> tuple[list[Object], str]:
        """All objects of the namespace, and the version to watch from. Raises `ExpiredVersion` too."""
        items: list[Object] = []
        parameters = {"limit": str(PAGE)}
        while True:
            page = self._call("GET", self._path(kind), parameters)
            # A list names the kind once; its items have none.
            items += [{**one, "kind": kind.name, "apiVersion": kind.api} for one in page.get("items") or ()]
            more = page["metadata"].get("continue")
            if not more:
                return items, str(page["metadata"]["resourceVersion"])
            parameters["continue"] = more

    def watch(self, kind: Kind, version: str) -> Iterator[tuple[str, Object]]:
        """The changes since a version, as (type, object), bookmarks included; ends after some minutes."""
        parameters = {
            "watch": "1",
            "allowWatchBookmarks": "true",
            "resourceVersion": version,
            "timeoutSeconds": str(WATCH_SECONDS),
        }
        self._limit.wait()
        with self._send("GET", self._path(kind), parameters, seconds=SILENT_SECONDS, stream=True) as response:
            try:
                for line in response.iter_lines(chunk_size=None):
                    if line:
                        event = json.loads(line)
                        if event["type"] == "ERROR":
                            raise _fault(int(event["object"].get("code", 500)), event["object"])
                        yield event["type"], event["object"]
            except (RequestException, ValueError) as error:
                if isinstance(error, ReadTimeout) or isinstance(
                    error.args[0] if error.args else None, ReadTimeoutError
                ):
                    return  # nothing happened for a while; the next watch finds out whether the server is there
                raise ApiUnavailable(type(error).__name__) from None

    def apply(self, kind: Kind, item: Object, *, force: bool, until: float) -> Object:
        """Server-side apply. Without `force`, fields that belong to another manager are a refusal (409).

        `until`: on the monotonic clock; the request is not sent later, and waits no longer for its response.
        """
        parameters = {"fieldManager": MANAGER, "force": str(force).lower()}
        path = f"{self._path(kind)}/{item['metadata']['name']}"
        return self._call("PATCH", path, parameters, item, "application/apply-patch+yaml", until=until)

    def delete(self, kind: Kind, item: Object, *, until: float) -> None:
        """Deletes this very object, not one that has replaced it since. `until`: as in `apply`."""
        metadata = item["metadata"]
        body = {"preconditions": {"uid": metadata["uid"]}}
        try:
            self._call("DELETE", f"{self._path(kind)}/{metadata['name']}", {}, body, until=until)
        except ApiRefused as refused:
            if refused.status != 404:
                raise

    def lease(self, name: str) -> Object | None:
        try:
            return self._call("GET", f"{LEASES.format(self.namespace)}/{name}", {}, limited=False)
        except ApiRefused as refused:
            if refused.status == 404:
                return None
            raise

    def write_lease(self, lease: Object) -> None:
        """Creates it, or replaces the version that was read. Raises `ApiRefused` (409) if another writer was first."""
        path = LEASES.format(self.namespace)
        if "resourceVersion" in lease["metadata"]:
            self._call("PUT", f"{path}/{lease['metadata']['name']}", {}, lease, limited=False)
        else:
            self._call("POST", path, {}, lease, limited=False)

    def _path(self, kind: Kind) -> str:
        return f"/apis/{kind.api}/namespaces/{self.namespace}/{kind.plural}"

    def _call(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, str],
        body: Object | None = None,
        content: str = "application/json",
        *,
        limited: bool = True,
        until: float = math.inf,
    ) -> Object:
        if limited:
            self._limit.wait()
        seconds = min(READ_SECONDS, until - time.monotonic())
        if seconds <= 0:
            raise ApiUnavailable("the Lease ended before the request was sent")
        with self._send(method, path, parameters, body, content, seconds=seconds) as response:
            try:
                return dict(response.json())
            except (RequestException, ValueError, TypeError) as error:
                raise ApiUnavailable(f"no JSON in the response ({type(error).__name__})") from None

    def _send(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, str],
        body: Object | None = None,
        content: str = "application/json",
        *,
        seconds: float,
        stream: bool = False,
    ) -> requests.Response:
        headers = {"Accept": "application/json", "Content-Type": content}
        token = self._account / "token"
        data = None if body is None else json.dumps(body).encode()
        timeout = (min(CONNECT_SECONDS, seconds), seconds)
        try:
            if token.exists():
                headers["Authorization"] = f"Bearer {token.read_text().strip()}"  # read again: it is replaced hourly
            response = self._session.request(
                method, self._url + path, params=parameters, data=data, headers=headers, timeout=timeout, stream=stream,
                allow_redirects=False,
            )  # fmt: skip
        except OSError as error:  # those of requests are too
            is_late = isinstance(error, ReadTimeout)
            raise ApiUnavailable(type(error).__name__, may_be_the_object=is_late) from None
        if response.status_code < 300:
            return response
        with response:
            raise _fault(response.status_code, _json(response), response.headers.get("Retry-After", ""))

    @property
    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            session.trust_env = False  # SECURITY: no proxy, no .netrc: the token is for the API server alone
            authority = self._account / "ca.crt"
            session.verify = str(authority) if authority.exists() else True
        return session


def _json(response: requests.Response) -> Any:
    try:
        return response.json()
    except (RequestException, ValueError):
        return {}


def _fault(status: int, body: Any, retry_after: str = "") -> Exception:
    message = str(body.get("message", "") if isinstance(body, dict) else "")[:500]
    if status == 410:
        return ExpiredVersion(message)
    if status in {401, 429} or status >= 500 or status < 400:
        return ApiUnavailable(
            f"status {status}: {message}".removesuffix(": "),
            float(retry_after) if retry_after.isdecimal() else 0.0,
            may_be_the_object=status >= 500,
        )
    return ApiRefused(status, message or f"status {status}")
