"""The registry: what a tag stands for, and charts. With the credentials of `docker login` or `helm registry login`."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

from helm_python import HelmError, RegistryClient

from releases.commands import Refused

#: The media types of one image or chart. Not among them: an OCI index, and Docker's manifest list.
MANIFESTS = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json")


def on_loopback(name: str) -> bool:
    """Is the registry of a reference on this machine? Only then it is used without TLS."""
    host = name.partition("/")[0].rpartition(":")[0] or name.partition("/")[0]
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def digest(name: str, tag: str) -> str | None:
    """The digest (`sha256:...`) of a tag; None without it.

    Raises `Refused` if the registry cannot say, and for an index: the digest of an index is not that of one image.
    """
    try:
        with RegistryClient(plain_http=on_loopback(name)) as client:
            found = client.resolve(f"oci://{name}:{tag}")
    except HelmError as error:
        if str(error).endswith(": not found"):
            return None
        raise _refusal(name, error) from error
    # SECURITY: an engine pulls one image of an index and compares only that; the signature would be for all of them.
    if found["media_type"] not in MANIFESTS:
        kind = found["media_type"] or "an unknown type"
        raise Refused(f"{name}:{tag} is not one image or chart, but {kind}. Take the next version.")
    return str(found["digest"])


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
