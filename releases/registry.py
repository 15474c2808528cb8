"""The registry: what a tag stands for, and charts. With the credentials of `docker login` or `helm registry login`."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

from helm_python import HelmError, RegistryClient

from releases.commands import Refused


def on_loopback(name: str) -> bool:
    """Is the registry of a reference on this machine? Only then it is used without TLS."""
    host = name.partition("/")[0].rpartition(":")[0] or name.partition("/")[0]
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def digest(name: str, tag: str) -> str | None:
    """The digest (`sha256:...`) of a tag; None without it. Raises `Refused` if the registry cannot say."""
    try:
        with RegistryClient(plain_http=on_loopback(name)) as client:
            return str(client.resolve(f"oci://{name}:{tag}")["digest"])
    except HelmError as error:
        if str(error).endswith(": not found"):
            return None
        raise _refusal(name, error) from error


def push_chart(archive: Path, name: str) -> None:
    plain = on_loopback(name)
    try:
        with RegistryClient(plain_http=plain) as client:
            client.push(archive, f"oci://{name.rpartition('/')[0]}", plain_http=plain)
    except HelmError as error:
        raise _refusal(name, error) from error


def pull_chart(reference: str, folder: Path) -> Path:
    """The archive of a chart by its digest, in an empty folder."""
    plain = on_loopback(reference)
    try:
        with RegistryClient(plain_http=plain) as client:
            client.pull(f"oci://{reference}", destination=folder, plain_http=plain)
    except HelmError as error:
        raise _refusal(reference, error) from error
    (archive,) = folder.glob("*.tgz")
    return archive


def _refusal(name: str, error: HelmError) -> Refused:
    host, text = name.partition("/")[0], str(error).strip()
    if any(word in text.lower() for word in ("401", "403", "unauthorized", "denied", "basic credential")):
        return Refused(f"The registry {host} refused access: docker login {host}\n({text})")
    return Refused(f"The registry {host} did not respond as expected. ({text})")
