"""kubectl and helm against whatever KUBECONFIG points to, and a client inside the cluster."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHART = Path(__file__).resolve().parents[2] / "helm" / "colonnade"
#: Namespaces begin with this: two runs on one cluster need two names.
NAMESPACE = os.environ.get("TEST_NAMESPACE", "colonnade")
Object = dict[str, Any]  # as kubectl prints it
CERT_MANAGER, GATEWAY_API = "cert-manager.io/v1", "gateway.networking.k8s.io/v1"


class CommandFailed(AssertionError):
    """A command that had to succeed did not; its whole output is the message."""


def run(
    *command: str, stdin: str | None = None, check: bool = True, timeout: int = 900
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=timeout)
    if check and done.returncode:
        raise CommandFailed(f"{' '.join(command)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done


def until(question: Callable[[], Any], *, what: str, seconds: float = 120) -> Any:
    """Asks until the answer is true; that answer. Raises `AssertionError` with what was waited for."""
    end = time.monotonic() + seconds
    while not (answer := question()):
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.2)
    return answer


@dataclass(frozen=True)
class Answer:
    status: int
    site: str | None
    location: str | None

    certified: tuple[str, ...] = ()
    """The hosts of the server's certificate, sorted."""
    serial: str = ""

    @property
    def served(self) -> bool:
        """A site answered: with its home page, or with its own 404 while it has none."""
        return self.site is not None and self.status in {200, 404}


#: What pods of the tests run.
CLIENT = (Path(__file__).parent / "client.py").read_text()


@dataclass(frozen=True)
class Namespace:
    """One namespace; everything that a test makes is in it."""

    name: str
    helm: str = ""

    def kubectl(self, *arguments: str, stdin: str | None = None, check: bool = True) -> str:
        return run("kubectl", "--namespace", self.name, *arguments, stdin=stdin, check=check).stdout

    def get(self, kind: str, name: str) -> Object:
        return dict(json.loads(self.kubectl("get", kind, name, "-o", "json")))

    def all(self, kind: str, selector: str = "") -> list[Object]:
        return list(json.loads(self.kubectl("get", kind, "-l", selector, "-o", "json"))["items"])

    def apply(self, *objects: Object) -> None:
        listed = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        self.kubectl("apply", "--server-side", "-f", "-", stdin=json.dumps(listed))

    def release(
        self, *arguments: str, check: bool = True, values: Object | None = None
    ) -> subprocess.CompletedProcess[str]:
        more = ["--values", "-"] if values is not None else []
        text = json.dumps(values) if values is not None else None
        return run(self.helm, *arguments, "--namespace", self.name, *more, stdin=text, check=check)

    def pods(self, component: str, release: str = "demo") -> list[Object]:
        selector = f"app.kubernetes.io/instance={release},app.kubernetes.io/component={component}"
        return [pod for pod in self.all("pods", selector) if "deletionTimestamp" not in pod["metadata"]]

    def ask(self, host: str, *, at: str, port: int = 80, path: str = "/", **headers: str) -> Answer:
        """One request from this namespace's client pod to a Service or an address."""
        sent = {"Host": host, **{name.replace("_", "-"): text for name, text in headers.items()}}
        return self._asked([at, port, path, sent, ""])

    def ask_securely(self, host: str, *, at: str, authority: str) -> Answer:
        """One request over HTTPS. `authority`: trusted certificates in PEM; others raise `CommandFailed`."""
        return self._asked([at, 443, "/", {"Host": host}, authority])

    def shown(self, host: str, at: str, authority: str) -> Answer | None:
        """What the site answers over HTTPS, once its certificate is one of the authority."""
        try:
            answer = self.ask_securely(host, at=at, authority=authority)
        except CommandFailed as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                return None
            raise
        return answer if answer.status != 404 or answer.site else None

    def _asked(self, request: list[object]) -> Answer:
        status, site, location, hosts, serial = json.loads(
            self.kubectl("exec", "client", "--", "python", "-c", CLIENT, "ask", json.dumps(request))
        )
        return Answer(status, site, location, tuple(hosts), serial)

    def manage(self, *arguments: str, release: str = "demo") -> str:
        """A command of the product in a web pod."""
        web = f"deploy/{release}-colonnade"
        return self.kubectl("exec", web, "-c", "web", "--", "python", "manage.py", *arguments)

    def run_now(self, cron_job: str, name: str, release: str = "demo") -> tuple[bool, str]:
        """Starts a CronJob of the chart as a job of this name; whether it succeeded, and what it printed."""
        self.kubectl("create", "job", name, f"--from=cronjob/{release}-colonnade-{cron_job}")

        def ended() -> str:
            conditions = self.get("job", name)["status"].get("conditions", [])
            return next((one["type"] for one in conditions if one["type"] in {"Complete", "Failed"}), "")

        end = until(ended, what=f"the end of the job {name}", seconds=300)
        logs = self.kubectl("logs", f"job/{name}", "--all-containers", "--ignore-errors", check=False)
        return end == "Complete", logs


def has_kind(name: str) -> bool:
    """Whether the cluster knows a custom resource, by the full name of its definition."""
    return not run("kubectl", "get", "customresourcedefinition", name, check=False).returncode


def custom(api: str, kind: str, name: str, spec: Object, **metadata: Object) -> Object:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name, **metadata}, "spec": spec}


def restarts(pod: Object) -> int:
    status = pod["status"]
    return sum(one["restartCount"] for one in [*status.get("initContainerStatuses", []), *status["containerStatuses"]])


def is_ready(pod: Object) -> bool:
    return any(one["type"] == "Ready" and one["status"] == "True" for one in pod["status"].get("conditions", []))


def restricted_pod(name: str, image: str, command: list[str]) -> Object:
    """A pod of ours that the restricted standard admits."""
    container = {
        "name": "main",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": command,
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
    }
    spec = {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 1,
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "fsGroup": 10001,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": [{"name": "tmp", "emptyDir": {}}],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def image() -> tuple[str, str]:
    """Repository and tag of the product's image, as the cluster can get it."""
    repository, _, tag = os.environ.get("TEST_IMAGE", "ghcr.io/colonnade/colonnade:1").rpartition(":")
    return repository, tag


def next_image() -> str:
    """An image of the release after this one, built from images/next.Dockerfile; empty when the run has none."""
    return os.environ.get("TEST_NEXT_IMAGE", "")


def broken_migration() -> Object:
    """Values that give the pods a migration that cannot be carried out, as a bad release would."""
    code = (
        "from django.db import migrations\n"
        "class Migration(migrations.Migration):\n"
        "    dependencies = [('sessions', '0001_initial')]\n"
        "    operations = [migrations.RunSQL('SELECT this_column_is_not_there')]\n"
    )
    path = "/app/.venv/lib/python3.13/site-packages/django/contrib/sessions/migrations/0002_broken.py"
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "broken"}, "data": {"broken.py": code}}
    return {
        "extraObjects": [config],
        "volumes": [{"name": "broken", "configMap": {"name": "broken"}}],
        "volumeMounts": [{"name": "broken", "mountPath": path, "subPath": "broken.py"}],
    }
