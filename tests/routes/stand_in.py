"""A Kubernetes API server of one namespace on loopback: what `reconcile_routes` uses of a real one."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Object = dict[str, Any]
Key = tuple[str, str]  # plural and name


class Cluster:
    """`status`: answer everything with this error. `refused`: names that are answered with 422, or another status."""

    def __init__(self) -> None:
        self.objects: dict[Key, Object] = {}
        self.writes: list[tuple[str, str]] = []
        self.reads: list[str] = []
        self.events: list[tuple[int, str, str, Object]] = []
        self.status = 0
        self.refused: dict[str, int] = {}
        self.tried: list[tuple[str, str]] = []
        self.watches = 0
        self.ends_watches = False
        self.oldest = 0
        self.version = 100
        self.changed = threading.Condition()
        self.port = 0
        self.is_closed = False

    def put(self, plural: str, item: Object) -> Object:
        """Stores an object as somebody else would."""
        with self.changed:
            self.version += 1
            name = item["metadata"]["name"]
            old = self.objects.get((plural, name))
            metadata = {"uid": old["metadata"]["uid"] if old else str(uuid.uuid4()), **item["metadata"]}
            metadata["resourceVersion"] = str(self.version)
            stored = {**item, "metadata": metadata}
            self.objects[plural, name] = stored
            self.events.append((self.version, plural, "MODIFIED" if old else "ADDED", stored))
            self.changed.notify_all()
            return stored

    def remove(self, plural: str, name: str) -> None:
        with self.changed:
            self.version += 1
            gone = self.objects.pop((plural, name))
            stamped = {**gone, "metadata": {**gone["metadata"], "resourceVersion": str(self.version)}}
            self.events.append((self.version, plural, "DELETED", stamped))
            self.changed.notify_all()

    def forget_history(self) -> None:
        """As a server that has compacted its history: watches from before get 410, open ones end."""
        with self.changed:
            self.version += 2
            self.oldest = self.version
            self.changed.notify_all()

    def names(self, plural: str = "httproutes") -> set[str]:
        return {name for kind, name in self.objects if kind == plural}

    def close(self) -> None:
        with self.changed:
            self.is_closed = True
            self.changed.notify_all()


@contextmanager
def serving(cluster: Cluster) -> Iterator[str]:
    handler = type("Handler", (_Handler,), {"cluster": cluster})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=[0.05])
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        cluster.close()
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    cluster: Cluster

    def do_GET(self) -> None:
        plural, name, query = self._parts()
        if self.cluster.status:
            self._fail(self.cluster.status)
        elif query.get("watch"):
            self._watch(plural, int(query["resourceVersion"]))
        elif name:
            found = self.cluster.objects.get((plural, name))
            self._send(200, found) if found else self._fail(404)
        else:
            self.cluster.reads.append(plural)
            items = [one for (kind, _), one in self.cluster.objects.items() if kind == plural]
            bare = [{key: one[key] for key in one if key not in ("kind", "apiVersion")} for one in items]
            self._send(200, {"metadata": {"resourceVersion": str(self.cluster.version)}, "items": bare})

    def do_PATCH(self) -> None:
        plural, name, query = self._parts()
        item = self._body()
        old = self.cluster.objects.get((plural, name))
        uid = item["metadata"].get("uid")
        self.cluster.tried.append(("apply", name))
        if self.cluster.status or name in self.cluster.refused:
            self._fail(self.cluster.status or self.cluster.refused[name], "spec.hostnames: Invalid value")
            return
        other = old and query["force"] == "false" and old["spec"] != item["spec"]
        if other or (uid and (old is None or old["metadata"]["uid"] != uid)):
            self._fail(409, "Apply failed with 1 conflict")
            return
        self.cluster.writes.append(("apply", name))
        status = {"status": old["status"]} if old and "status" in old else {}
        self._send(200, self.cluster.put(plural, {**item, **status}))

    def do_DELETE(self) -> None:
        plural, name, _ = self._parts()
        body = self._body()
        self.cluster.tried.append(("delete", name))
        old = self.cluster.objects.get((plural, name))
        if self.cluster.status or name in self.cluster.refused or old is None:
            self._fail(self.cluster.status or self.cluster.refused.get(name, 404))
        elif old["metadata"]["uid"] != body["preconditions"]["uid"]:
            self._fail(409)
        else:
            self.cluster.writes.append(("delete", name))
            self.cluster.remove(plural, name)
            self._send(200, {"kind": "Status"})

    def do_POST(self) -> None:
        self._replace(self._body())

    def do_PUT(self) -> None:
        self._replace(self._body())

    def _replace(self, item: Object) -> None:
        plural, _, _ = self._parts()
        old = self.cluster.objects.get((plural, item["metadata"]["name"]))
        stored = old["metadata"]["resourceVersion"] if old else None
        if self.cluster.status or item["metadata"].get("resourceVersion") != stored:
            self._fail(self.cluster.status or 409)
        else:
            self._send(200, self.cluster.put(plural, item))

    def _watch(self, plural: str, since: int) -> None:
        cluster = self.cluster
        cluster.watches += 1
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while True:
            with cluster.changed:
                while True:
                    expired = since < cluster.oldest - 1
                    new = [
                        (at, change, one) for at, kind, change, one in cluster.events if kind == plural and at > since
                    ]
                    if new or expired or cluster.is_closed or cluster.ends_watches:
                        break
                    cluster.changed.wait()
            lines: list[Object] = [{"type": change, "object": one} for _, change, one in new]
            if expired:
                lines = [{"type": "ERROR", "object": {"kind": "Status", "code": 410, "message": "too old"}}]
            for line in lines:
                text = json.dumps(line).encode() + b"\n"
                self.wfile.write(b"%x\r\n%s\r\n" % (len(text), text))
            if expired or cluster.is_closed or cluster.ends_watches:
                self.wfile.write(b"0\r\n\r\n")
                # A watch that ends leaves the connection open for the next request, as the real server does.
                self.close_connection = cluster.is_closed
                return
            since = new[-1][0]

    def _parts(self) -> tuple[str, str, dict[str, str]]:
        url = urlsplit(self.path)
        plural, _, name = url.path.partition("/namespaces/websites/")[2].partition("/")
        return plural, name, {key: values[0] for key, values in parse_qs(url.query).items()}

    def _body(self) -> Object:
        return dict(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _fail(self, status: int, message: str = "no") -> None:
        self._send(status, {"kind": "Status", "code": status, "message": message})

    def _send(self, status: int, content: Object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass
