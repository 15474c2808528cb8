"""The chart, rendered with access to a cluster: a small API server has what `lookup` finds."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import helm_python
import pytest

from tests.chart.rendering import CHART, Object, Values

RESOURCES = {
    "v1": {"Secret": "secrets", "PersistentVolumeClaim": "persistentvolumeclaims"},
    "apps/v1": {"Deployment": "deployments", "StatefulSet": "statefulsets"},
}


RENDERED = "unable to build kubernetes objects"  # the next step, which wants the schemas of a real server


def refusal(values: Values, *objects: Object) -> str:
    """The chart's message for these values in a cluster with these objects; empty: it renders."""
    with _served(objects) as url:
        config = helm_python.Config(kube_apiserver=url, storage_driver="memory", namespace="websites")
        with pytest.raises(helm_python.HelmError) as raised:
            config.install(CHART, "demo", values, namespace="websites", dry_run="server")
    return "" if RENDERED in str(raised.value) else str(raised.value)


@contextmanager
def _served(objects: tuple[Object, ...]) -> Iterator[str]:
    answers: dict[str, Object] = {
        "/version": {"major": "1", "minor": "34", "gitVersion": "v1.34.0"},
        "/api": {"kind": "APIVersions", "versions": ["v1"]},
        "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group()]},
    }
    for version, kinds in RESOURCES.items():
        base = f"/api/{version}" if version == "v1" else f"/apis/{version}"
        listed = [{"name": n, "kind": k, "namespaced": True, "verbs": ["get", "list"]} for k, n in kinds.items()]
        answers[base] = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": listed}
        for one in objects:
            if one["apiVersion"] == version:
                answers[f"{base}/namespaces/websites/{kinds[one['kind']]}/{one['metadata']['name']}"] = one

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = answers.get(self.path.partition("?")[0])
            missing = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}
            body = json.dumps(found or missing).encode()
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _group() -> Object:
    version = {"groupVersion": "apps/v1", "version": "v1"}
    return {"name": "apps", "versions": [version], "preferredVersion": version}
