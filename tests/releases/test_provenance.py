"""What the provenance says: only what is true of the run that wrote it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from releases.provenance import provenance
from releases.record import Record
from tests.releases.conftest import Checkout


@pytest.fixture
def record(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> Record:
    for name in ("GITHUB_WORKFLOW_REF", "GITHUB_RUN_ID"):
        monkeypatch.delenv(name, raising=False)
    for name in ("run", "build", "sbom"):
        checkout.write(f"requirements/{name}.txt", f"{name}\n")
    checkout.commit()
    return Record("1.2.3", checkout.git("rev-parse", "HEAD"), "registry.example.test")


def definition(checkout: Checkout, record: Record) -> dict[str, Any]:
    found: dict[str, Any] = provenance(checkout.root, record)["buildDefinition"]
    return found


def test_by_hand_the_source_is_the_origin_of_the_checkout(checkout: Checkout, record: Record) -> None:
    assert definition(checkout, record)["externalParameters"]["source"] == "unknown"
    checkout.git("remote", "add", "origin", "https://nora:planted-token@git.example.test/agency/sites.git")
    found = definition(checkout, record)
    assert found["externalParameters"]["source"] == "git+https://git.example.test/agency/sites.git"
    assert found["resolvedDependencies"][0]["digest"] == {"gitCommit": record.commit}


def test_in_a_workflow_it_is_the_tag(checkout: Checkout, record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout.git("remote", "add", "origin", "https://git.example.test/agency/sites.git")
    monkeypatch.setenv("GITHUB_WORKFLOW_REF", "agency/sites/.github/workflows/release.yml@refs/tags/v1.2.3")
    monkeypatch.setenv("GITHUB_REPOSITORY", "agency/sites")
    monkeypatch.setenv("GITHUB_REF", "refs/tags/v1.2.3")
    source = definition(checkout, record)["externalParameters"]["source"]
    assert source == "git+https://github.com/agency/sites@refs/tags/v1.2.3"


def test_the_images_and_arguments_are_those_of_the_build(
    checkout: Checkout, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_BUILD", "--of-another-build")
    digest, earlier = "1" * 64, "2" * 64
    built = replace(
        record,
        base=f"python@sha256:{digest}",
        earlier=f"registry.example.test/colonnade@sha256:{earlier}",
        docker_build="--no-cache",
    )
    found = definition(checkout, built)
    assert found["internalParameters"] == {"dockerBuild": "--no-cache"}
    assert found["resolvedDependencies"][1:3] == [
        {"uri": f"docker-image://python@sha256:{digest}", "digest": {"sha256": digest}},
        {"uri": f"docker-image://registry.example.test/colonnade@sha256:{earlier}", "digest": {"sha256": earlier}},
    ]


def test_a_base_image_of_this_machine_has_no_digest(checkout: Checkout, record: Record) -> None:
    found = definition(checkout, replace(record, base="python:3.13-slim"))
    assert found["resolvedDependencies"][1] == {"uri": "docker-image://python:3.13-slim"}


def test_the_requirements_are_those_of_the_commit(checkout: Checkout, record: Record) -> None:
    before = definition(checkout, record)
    checkout.write("requirements/run.txt", "another\n")
    assert definition(checkout, record) == before
