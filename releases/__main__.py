"""`python -m releases STEP --version X.Y.Z`: what the targets of the Makefile call."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from releases import chart, checks, earlier, image, record, registry, versions
from releases.changes import notes
from releases.commands import Refused
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
    parser.add_argument(
        "--earlier", default="yes", choices=("yes", "no"), help="include the static files of the release before?"
    )
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
        return release(made, given)
    return one_step(made, given)


def one_step(made: Record, given: argparse.Namespace) -> int:
    if given.step == "image":
        return say(keep(image.publish(ROOT, with_earlier(made, given))).image)
    if given.step == "chart":
        return say(keep(chart.publish(ROOT, made)).chart)
    if given.step == "sign":
        sign(ROOT, made, Signer(given.key))
        return say(f"signed: {made.image}, {made.chart}")
    return say(write_notes(made))


def release(made: Record, given: argparse.Namespace) -> int:
    """All steps. What can be known to fail fails before anything is pushed; the tag comes last."""
    image.ready(ROOT)
    registry.digest(made.image_name, made.version)
    signer = Signer(given.key) if given.sign == "yes" else None
    if signer:
        signer.ready()
    made = keep(image.publish(ROOT, with_earlier(made, given)))
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


def with_earlier(made: Record, given: argparse.Namespace) -> Record:
    """With the image of the release before, if it can be verified."""
    if given.sign == "no" or given.earlier == "no":
        say(f"No static files of an earlier release are included ({'SIGN' if given.sign == 'no' else 'EARLIER'}=no).")
        return replace(made, earlier="")
    return replace(made, earlier=earlier.find(ROOT, made, Signer(given.key)))


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
