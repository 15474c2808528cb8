"""`python -m releases STEP --version X.Y.Z`: what the targets of the Makefile call."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from releases import chart, checks, image, record, registry, versions
from releases.commands import Refused
from releases.notes import notes
from releases.record import Record
from releases.signing import Signer, sign
from releases.verification import verify

ROOT = Path(__file__).resolve().parent.parent
STEPS = ("all", "check", "image", "chart", "sign", "notes", "verify", "version")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m releases", description=__doc__)
    parser.add_argument("step", choices=STEPS)
    parser.add_argument("--version", default="", help="X.Y.Z")
    parser.add_argument("--registry", default="ghcr.io/colonnade", help="where the image and charts/ are")
    parser.add_argument(
        "--key", default="", help="key of cosign: a file or the address of a KMS; empty: the workflow's identity"
    )
    parser.add_argument("--sign", default="yes", choices=("yes", "no"))
    given = parser.parse_args()
    try:
        return run_step(given)
    except Refused as refused:
        sys.stderr.write("".join(f"error: {line}\n" for line in str(refused).splitlines()))
        return 1


def run_step(given: argparse.Namespace) -> int:
    if given.step == "version":
        versions.write(ROOT, given.version)
        return say(f"The version is {given.version}. Next: make manifests, and a heading in CHANGELOG.md.")
    if given.step == "verify":
        versions.parse(given.version)
        return say(*verify(ROOT, record.start(ROOT, given.version, "", given.registry), given.key))
    commit = checks.check(ROOT, given.version)
    made = record.start(ROOT, given.version, commit, given.registry)
    if given.step == "check":
        return say(f"{given.version} can be released from {commit}.")
    if given.step == "all":
        return release(made, Signer(given.key) if given.sign == "yes" else None)
    return one_step(given.step, made, Signer(given.key))


def one_step(step: str, made: Record, signer: Signer) -> int:
    if step == "image":
        return say(keep(image.publish(ROOT, made)).image)
    if step == "chart":
        return say(keep(chart.publish(ROOT, made)).chart)
    if step == "sign":
        sign(ROOT, made, signer)
        return say(f"signed: {made.image}, {made.chart}")
    return say(write_notes(made))


def release(made: Record, signer: Signer | None) -> int:
    """All steps. What can be known to fail fails before anything is pushed; the tag comes last."""
    image.ready(ROOT)
    registry.digest(made.image_name, made.version)
    if signer:
        signer.ready()
    made = keep(image.publish(ROOT, made))
    say(f"image: {made.image}")
    made = keep(chart.publish(ROOT, made))
    say(f"chart: {made.chart}")
    if signer:
        sign(ROOT, made, signer)
    say("signed, with SBOM and provenance" if signer else "NOT SIGNED (SIGN=no)")
    write_notes(made)
    say(f"notes: dist/{made.version}/notes.md")
    if versions.commit(ROOT, f"refs/tags/v{made.version}") is None:
        say(f"Last: git tag -a v{made.version} -m 'Colonnade {made.version}' {made.commit}")
    return 0


def keep(made: Record) -> Record:
    record.save(ROOT, made)
    return made


def write_notes(made: Record) -> str:
    text = notes(ROOT, made)
    (record.folder(ROOT, made.version) / "notes.md").write_text(text)
    return text


def say(*lines: str) -> int:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
