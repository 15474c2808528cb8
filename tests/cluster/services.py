"""What a highly available release needs beside it, each as one pod: PostgreSQL, Redis, a bucket, and X."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tests.cluster import kube
from tests.cluster.kube import Namespace, Object, until

PASSWORD, TOKEN = "trial-password", "trial-token"
#: Requests to X wait for so long, so that a poll can be found at work.
X_SECONDS = 4
X_API = Path(__file__).resolve().parents[1] / "x_api"
X_SERVER = f"""
import threading
from tests.x_api.__main__ import DemoServer, EndlessWorld

class Server(DemoServer):
    def server_bind(self):
        self.server_address = ("", 8000)
        super().server_bind()

with Server(EndlessWorld(), token={TOKEN!r}, latency={X_SECONDS}):
    threading.Event().wait()
"""
BUCKET = """
import boto3
client = boto3.client("s3", endpoint_url="http://bucket:9000", aws_access_key_id="AK",
                      aws_secret_access_key="trial", region_name="us-east-1")
for name in ("media", "backups"):
    client.create_bucket(Bucket=name)
"""
#: Existing Secrets by the names in ci/high-availability-values.yaml; the addresses are those of the Services. On a busy
#: machine, PostgreSQL needs more than the usual two seconds for a connection.
SECRETS = {
    "database": {"url": f"postgres://postgres:{PASSWORD}@{{database}}:5432/postgres?connect_timeout=10"},
    "redis": {"url": "redis://{redis}:6379/0"},
    "bucket": {"url": "s3+http://AK:trial@{bucket}:9000/media?region=us-east-1"},  # pragma: allowlist secret
    "signing-key": {"secret-key": "trial-key-" * 5},
    "x": {"bearer-token": TOKEN},
}


def s3_image() -> str:
    """Empty when the run has none."""
    return os.environ.get("TEST_S3_IMAGE", "")


def start(space: Namespace) -> None:
    """Everything is ready when this returns; the buckets are there and empty."""
    code = {file.name: file.read_text() for file in X_API.glob("*.py")}
    x_code = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x-api"}, "data": code}
    space.apply(x_code, *_database(), *_redis(), *_bucket(), *_x())
    at = {name: address(space, name) for name in ("database", "redis", "bucket")}
    for name, data in SECRETS.items():
        texts = {key: text.format(**at) for key, text in data.items()}
        space.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": texts})
    for name in ("database", "redis", "x"):
        wait(space, name)
    start_bucket(space)


def start_bucket(space: Namespace) -> None:
    """The server is ready when this returns, and its buckets `media` and `backups` are there and empty."""
    space.apply(*_bucket())
    wait(space, "bucket")
    until(lambda: _made_bucket(space), what="the bucket")


def address(space: Namespace, service: str) -> str:
    return str(space.get("service", service)["spec"]["clusterIP"])


def stop(space: Namespace, name: str) -> None:
    """The pod is gone when this returns; its Service refuses connections."""
    space.kubectl("scale", f"statefulset/{name}", "--replicas=0")
    space.kubectl("wait", "--for=delete", f"pod/{name}-0", "--timeout=90s")


def resume(space: Namespace, name: str) -> None:
    space.kubectl("scale", f"statefulset/{name}", "--replicas=1")
    wait(space, name)


def wait(space: Namespace, name: str) -> None:
    space.kubectl("rollout", "status", f"statefulset/{name}", "--timeout=3m")


def _made_bucket(space: Namespace) -> bool:
    done = kube.run("kubectl", "-n", space.name, "exec", "client", "--", "python", "-c", BUCKET, check=False)
    return not done.returncode


def _database() -> list[Object]:
    environment = {"POSTGRES_PASSWORD": PASSWORD, "PGDATA": "/var/lib/postgresql/data/pgdata"}
    container = {
        "image": "postgres:17",
        "env": [{"name": name, "value": value} for name, value in environment.items()],
        "readinessProbe": {
            "exec": {"command": ["pg_isready", "-q", "-h", "127.0.0.1"]},
            "periodSeconds": 1,
            "timeoutSeconds": 5,
        },
        "volumeMounts": [
            {"name": "data", "mountPath": "/var/lib/postgresql/data"},
            {"name": "run", "mountPath": "/var/run/postgresql"},
        ],
    }
    claim = {
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    return _service("database", 5432, container, user=999, volumes=[{"name": "run", "emptyDir": {}}], claims=[claim])


def _redis() -> list[Object]:
    command = ["valkey-server", "--bind", "*", "--protected-mode", "no", "--save", ""]
    return _service("redis", 6379, {"image": "valkey/valkey:8", "command": command})


def _bucket() -> list[Object]:
    # Under a shell: the first process of a container takes no SIGSTOP.
    command = ["sh", "-c", "python -m moto.server --host 0.0.0.0 --port 9000 & wait"]
    return _service("bucket", 9000, {"image": s3_image(), "command": command})


def _x() -> list[Object]:
    container = {
        "image": ":".join(kube.image()),
        "command": ["python", "-c", X_SERVER],
        "env": [{"name": "PYTHONPATH", "value": "/x"}],
        "volumeMounts": [{"name": "code", "mountPath": "/x/tests/x_api"}],
    }
    return _service("x", 8000, container, volumes=[{"name": "code", "configMap": {"name": "x-api"}}])


def _service(
    name: str,
    port: int,
    container: Object,
    *,
    user: int = 10001,
    volumes: list[Object] | None = None,
    claims: list[Object] | None = None,
) -> list[Object]:
    """A Service, and a StatefulSet with one pod that the restricted standard admits."""
    labels = {"service": name}
    main = {
        "name": "main",
        "imagePullPolicy": "IfNotPresent",
        "readinessProbe": {"tcpSocket": {"port": port}, "periodSeconds": 1, "timeoutSeconds": 5},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        **container,
    }
    restricted = {
        "runAsNonRoot": True,
        "runAsUser": user,
        "fsGroup": user,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    pod = {
        "terminationGracePeriodSeconds": 1,
        "automountServiceAccountToken": False,
        "securityContext": restricted,
        "containers": [main],
        "volumes": volumes or [],
    }
    spec = {
        "serviceName": name,
        "replicas": 1,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": pod},
        "volumeClaimTemplates": claims or [],
    }
    metadata = {"name": name}
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {"selector": labels, "ports": [{"port": port}]},
        },
        {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": metadata, "spec": spec},
    ]


def signal(space: Namespace, name: str, word: str, program: str) -> None:
    """Sends a signal to every process of a service whose command line has this word."""
    script = (
        "import os, pathlib, signal, sys\n"
        "for file in pathlib.Path('/proc').glob('[0-9]*/cmdline'):\n"
        "    if sys.argv[2].encode() in file.read_bytes() and int(file.parts[2]) not in (1, os.getpid()):\n"
        "        os.kill(int(file.parts[2]), getattr(signal, sys.argv[1]))\n"
    )
    space.kubectl("exec", f"{name}-0", "--", "python", "-c", script, word, program)


def as_json(text: str) -> Object:
    return dict(json.loads(text))
