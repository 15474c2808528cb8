"""Review rules for manifests. Every rule returns messages; no message means that the rule passes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from tests.chart.rendering import Object, containers, environment, identity, pod_template, pods

Rule = Callable[[list[Object]], Iterator[str]]
RULES: list[Rule] = []
#: They may be there without a password.
DATABASES = {"DATABASE_URL", "MIGRATE_DATABASE_URL"}
RESTRICTED_VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}


def rule(check: Rule) -> Rule:
    RULES.append(check)
    return check


def findings(objects: list[Object], *, provided: Iterable[str] = ()) -> list[str]:
    """`provided`: names of existing Secrets, ConfigMaps, claims and accounts, from the values."""
    found = [f"{check.__name__}: {sentence}" for check in RULES for sentence in check(objects)]
    return found + [f"references: {sentence}" for sentence in _references(objects, set(provided))]


def named_by(values: Any) -> set[str]:
    """Every text in the values: only there can a name of an existing object come from."""
    if isinstance(values, dict):
        return set().union(*(named_by(value) for value in values.values()))
    if isinstance(values, list):
        return set().union(*(named_by(value) for value in values))
    return {str(values)}


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, times in Counter(names).items() if times > 1]


@rule
def no_duplicate_names(objects: list[Object]) -> Iterator[str]:
    """Server-side apply refuses a duplicate key in a map-like list."""
    yield from (f"object {name}" for name in _repeated(map(str, map(identity, objects))))
    for where, spec in pods(objects):
        yield from (f"{where} volume {name}" for name in _repeated(v["name"] for v in spec.get("volumes", [])))
        yield from (f"{where} container {name}" for name in _repeated(c["name"] for c in containers(spec)))
        for one in containers(spec):
            here = f"{where} {one['name']}"
            yield from (
                f"{here} env {n}" for n in _repeated(e["name"].removesuffix("_FILE") for e in one.get("env", []))
            )
            yield from (f"{here} port {n}" for n in _repeated(str(p["containerPort"]) for p in one.get("ports", [])))
            yield from (f"{here} port {n}" for n in _repeated(p["name"] for p in one.get("ports", [])))
            yield from (f"{here} mount {n}" for n in _repeated(m["mountPath"] for m in one.get("volumeMounts", [])))


@rule
def restricted_pods(objects: list[Object]) -> Iterator[str]:
    """The restricted Pod Security Standard, and a read-only root file system."""
    for where, spec in pods(objects):
        context = spec.get("securityContext", {})
        wanted = {
            "runAsNonRoot": context.get("runAsNonRoot") is True,
            "runAsUser": context.get("runAsUser", 0) > 0,
            "seccompProfile": context.get("seccompProfile", {}).get("type") == "RuntimeDefault",
            "host namespaces": not any(spec.get(name) for name in ("hostNetwork", "hostPID", "hostIPC")),
            "volumes": all(RESTRICTED_VOLUMES & volume.keys() for volume in spec.get("volumes", [])),
        }
        yield from (f"{where}: {name}" for name, holds in wanted.items() if not holds)
        for one in containers(spec):
            own = one.get("securityContext", {})
            holds = {
                "allowPrivilegeEscalation": own.get("allowPrivilegeEscalation") is False,
                "capabilities": own.get("capabilities") == {"drop": ["ALL"]},
                "readOnlyRootFilesystem": own.get("readOnlyRootFilesystem") is True,
                "privileged": not own.get("privileged"),
                "hostPort": not any("hostPort" in port for port in one.get("ports", [])),
            }
            yield from (f"{where} {one['name']}: {name}" for name, good in holds.items() if not good)


@rule
def no_token_in_pods(objects: list[Object]) -> Iterator[str]:
    for where, spec in pods(objects):
        if spec.get("automountServiceAccountToken") is not False:
            yield f"{where} mounts a token"
        if spec.get("enableServiceLinks") is not False:
            yield f"{where} gets the names of other Services as environment variables"


@rule
def memory_has_a_limit_and_cpu_has_none(objects: list[Object]) -> Iterator[str]:
    for where, spec in pods(objects):
        for one in containers(spec):
            limits = one.get("resources", {}).get("limits", {})
            if "memory" not in limits or "cpu" in limits:
                yield f"{where} {one['name']}: limits {limits}"


@rule
def images_are_fixed(objects: list[Object]) -> Iterator[str]:
    for where, spec in pods(objects):
        for one in containers(spec):
            if not re.search(r"(:(?!latest)[\w.-]+|@sha256:[0-9a-f]{64})$", one["image"]):
                yield f"{where}: {one['image']}"


@rule
def no_credential_in_the_environment(objects: list[Object]) -> Iterator[str]:
    for where, spec in pods(objects):
        for one in containers(spec):
            for name, value in environment(one).items():
                looks = re.search(r"PASSWORD|SECRET|TOKEN|DSN|KEY|_URL$", name) and not name.endswith("_FILE")
                if looks and isinstance(value, str) and name not in {"TWITTER_API_URL", *DATABASES}:
                    yield f"{where} {name}"
                if name in DATABASES and isinstance(value, str) and re.search(r"//[^/@]*:[^/@]*@", value):
                    yield f"{where} {name} with a password"


@rule
def selectors_match(objects: list[Object]) -> Iterator[str]:
    """A workload selects only its own pods; every other selector matches pods that have the named ports."""
    templates = [(identity(one), template) for one in objects if (template := pod_template(one))]
    for one in objects:
        if one["kind"] in {"Deployment", "StatefulSet"}:
            wanted = one["spec"]["selector"]["matchLabels"]
            if not wanted.items() <= one["spec"]["template"]["metadata"]["labels"].items():
                yield f"{identity(one)} does not select its own pods"
            if any("version" in key or "chart" in key for key in wanted):
                yield f"{identity(one)} selects by a label that changes"
            hit = [who for who, template in templates if wanted.items() <= template["metadata"]["labels"].items()]
            if hit != [identity(one)]:
                yield f"{identity(one)} also selects the pods of {hit}"
        selector = _selector(one)
        if selector is None:
            continue
        hit_pods = [t for _, t in templates if selector.items() <= t["metadata"]["labels"].items()]
        if not hit_pods:
            yield f"{identity(one)} selects nothing"
        ports = {port["name"] for t in hit_pods for c in t["spec"]["containers"] for port in c.get("ports", [])}
        yield from (f"{identity(one)}: no port {name}" for name in _ports(one) - ports)


def _selector(item: Object) -> dict[str, str] | None:
    match item["kind"]:
        case "Service":
            return dict(item["spec"]["selector"])
        case "PodDisruptionBudget":
            return dict(item["spec"]["selector"]["matchLabels"])
        case "NetworkPolicy":
            return dict(item["spec"]["podSelector"]["matchLabels"])
    return None


def _ports(item: Object) -> set[str]:
    if item["kind"] == "Service":
        return {str(port["targetPort"]) for port in item["spec"]["ports"]}
    if item["kind"] == "NetworkPolicy":
        rules = item["spec"].get("ingress", [])
        return {port["port"] for one in rules for port in one.get("ports", []) if isinstance(port["port"], str)}
    return set()


@rule
def targets_exist(objects: list[Object]) -> Iterator[str]:
    there = set(map(identity, objects))
    services = {one["metadata"]["name"]: one for one in objects if one["kind"] == "Service"}
    for one in objects:
        if one["kind"] == "HorizontalPodAutoscaler":
            target = one["spec"]["scaleTargetRef"]
            if (target["kind"], target["name"]) not in there:
                yield f"{identity(one)} scales nothing"
        if one["kind"] == "ServiceMonitor":
            wanted = one["spec"]["selector"]["matchLabels"]
            hit = [s for s in services.values() if wanted.items() <= s["metadata"]["labels"].items()]
            ports = [port["name"] for service in hit for port in service["spec"]["ports"]]
            if [ports.count(end["port"]) for end in one["spec"]["endpoints"]] != [1]:
                yield f"{identity(one)} must match its port exactly once"
        for name, port in _backends(one):
            known = {p["port"] for p in services[name]["spec"]["ports"]} | {
                p["name"] for p in services[name]["spec"]["ports"]
            }
            if port not in known:
                yield f"{identity(one)}: {name} has no port {port}"


def _backends(item: Object) -> Iterator[tuple[str, str | int]]:
    if item["kind"] == "Ingress":
        for one in item["spec"]["rules"]:
            for path in one["http"]["paths"]:
                service = path["backend"]["service"]
                yield service["name"], service["port"].get("name", service["port"].get("number"))
    if item["kind"] == "HTTPRoute":
        for one in item["spec"]["rules"]:
            yield from ((ref["name"], ref["port"]) for ref in one.get("backendRefs", []))


@rule
def jobs_end(objects: list[Object]) -> Iterator[str]:
    for one in objects:
        spec = {"Job": one.get("spec"), "CronJob": one.get("spec", {}).get("jobTemplate", {}).get("spec")}.get(
            one["kind"]
        )
        if spec and not {"backoffLimit", "activeDeadlineSeconds"} <= spec.keys():
            yield f"{identity(one)} has no time limit"
        if (
            one["kind"] == "CronJob"
            and not {"timeZone", "startingDeadlineSeconds", "concurrencyPolicy"} <= one["spec"].keys()
        ):
            yield f"{identity(one)} has an incomplete schedule"


def _references(objects: list[Object], provided: set[str]) -> Iterator[str]:
    """Every object and key that a pod mounts or reads is rendered by the chart or named in the values."""
    keys = {
        (one["kind"], one["metadata"]["name"]): {*one.get("data", {}), *one.get("stringData", {})}
        for one in objects
        if one["kind"] in {"Secret", "ConfigMap", "PersistentVolumeClaim", "ServiceAccount"}
    }
    for where, spec in pods(objects):
        for kind, name, key in _wanted(spec):
            # Every namespace has an account `default` and the cluster's own authority.
            if name in provided | {"default", "kube-root-ca.crt"} or name.removesuffix("-app") in provided:
                continue
            made = kind == "Secret" and any(
                one["kind"] == "Cluster" and f"{one['metadata']['name']}-app" == name for one in objects
            )
            if not made and ((kind, name) not in keys or (key and key not in keys[kind, name])):
                yield f"{where} needs {kind} {name} {key}"


def _wanted(spec: Object) -> Iterator[tuple[str, str, str]]:
    if "serviceAccountName" in spec:
        yield "ServiceAccount", spec["serviceAccountName"], ""
    for volume in spec.get("volumes", []):
        for source in [volume, *volume.get("projected", {}).get("sources", [])]:
            for kind, field in (("Secret", "secret"), ("ConfigMap", "configMap")):
                if field in source:
                    name = source[field].get("name") or source[field]["secretName"]
                    yield from ((kind, name, item["key"]) for item in source[field].get("items", [{"key": ""}]))
        if "persistentVolumeClaim" in volume:
            yield "PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"], ""
    mounted = {volume["name"] for volume in spec.get("volumes", [])}
    for one in containers(spec):
        for mount in one.get("volumeMounts", []):
            if mount["name"] not in mounted | {"data"}:
                yield "Volume", mount["name"], ""
        for value in environment(one).values():
            if isinstance(value, dict):
                for kind, field in (("Secret", "secretKeyRef"), ("ConfigMap", "configMapKeyRef")):
                    if field in value:
                        yield kind, value[field]["name"], value[field]["key"]
