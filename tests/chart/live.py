"""The chart, rendered with access to a cluster: a small API server has what `lookup` finds."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import helm_python

from tests.chart.rendering import CHART, Object, Refused, Values, parse

# What `lookup` reads, and what the chart creates with its default values and in the tests of `rendering`.
RESOURCES = {
    "v1": {
        "ConfigMap": "configmaps",
        "PersistentVolumeClaim": "persistentvolumeclaims",
        "Secret": "secrets",
        "Service": "services",
        "ServiceAccount": "serviceaccounts",
    },
    "apps/v1": {"Deployment": "deployments", "StatefulSet": "statefulsets"},
    "batch/v1": {"CronJob": "cronjobs", "Job": "jobs"},
    "networking.k8s.io/v1": {"NetworkPolicy": "networkpolicies"},
}


def refusal(values: Values, *objects: Object) -> str:
    """The chart's message for these values in a cluster with these objects; empty: it renders."""
    try:
        rendering(values, *objects)
    except Refused as refused:
        return str(refused)
    return ""


def rendering(values: Values, *objects: Object) -> list[Object]:
    """What the chart creates for these values in a cluster with these objects, but for hooks.

    Raises:
        Refused: the chart does not render.
    """
    with _served(objects) as url:
        config = helm_python.Config(kube_apiserver=url, storage_driver="memory", namespace="websites")
        try:
            release = config.install(CHART, "demo", values, namespace="websites", dry_run="server")
        except helm_python.HelmError as error:
            raise Refused(str(error)) from None
    return list(parse(release["manifest"]))


@contextmanager
def _served(objects: tuple[Object, ...]) -> Iterator[str]:
    groups = [_group(version) for version in RESOURCES if "/" in version]
    answers: dict[str, Object] = {
        "/version": {"major": "1", "minor": "34", "gitVersion": "v1.34.0"},
        "/api": {"kind": "APIVersions", "versions": ["v1"]},
        "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups},
        "/openapi/v3": {"paths": {}},
    }
    schemas = answers["/openapi/v3"]["paths"]
    for version, kinds in RESOURCES.items():
        base = f"/api/{version}" if version == "v1" else f"/apis/{version}"
        listed = [{"name": n, "kind": k, "namespaced": True, "verbs": ["get", "list"]} for k, n in kinds.items()]
        answers[base] = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": listed}
        # Helm asks whether the server validates fields itself, for each kind.
        schemas[base[1:]] = {"serverRelativeURL": f"/openapi/v3{base}"}
        paths = {f"{base}/{name}": _patch(version, kind) for kind, name in kinds.items()}
        answers[f"/openapi/v3{base}"] = {"openapi": "3.0.0", "info": {"title": "", "version": ""}, "paths": paths}
        for one in objects:
            if one["apiVersion"] == version:
                answers[f"{base}/namespaces/websites/{kinds[one['kind']]}/{one['metadata']['name']}"] = _owned(one)

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


def _patch(group_version: str, kind: str) -> Object:
    group, _, version = group_version.rpartition("/")
    known = {"group": group, "version": version, "kind": kind}
    parameters = [{"name": "fieldValidation", "in": "query"}]
    return {"patch": {"parameters": parameters, "x-kubernetes-group-version-kind": known}}


def _owned(item: Object) -> Object:
    """The object as the release has made it; Helm takes no other."""
    metadata = item["metadata"]
    labels = {**metadata.get("labels", {}), "app.kubernetes.io/managed-by": "Helm"}
    owner = {"meta.helm.sh/release-name": "demo", "meta.helm.sh/release-namespace": "websites"}
    annotations = {**metadata.get("annotations", {}), **owner}
    return {**item, "metadata": {**metadata, "labels": labels, "annotations": annotations}}


def _group(group_version: str) -> Object:
    version = {"groupVersion": group_version, "version": group_version.partition("/")[2]}
    return {"name": group_version.partition("/")[0], "versions": [version], "preferredVersion": version}
