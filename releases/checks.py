"""The first step: is this commit the release that it claims to be?"""

from __future__ import annotations

from pathlib import Path

from releases import changes, upgrading, versions
from releases.commands import Refused, attempt, run

FETCH = "git fetch --tags --force origin"


def check(root: Path, version: str) -> str:
    """The commit that is released. Raises `Refused` with every reason against it."""
    versions.parse(version)
    commit = versions.commit(root)
    if commit is None:
        raise Refused(f"{root} is not a checkout with a commit.")
    if run("git", "rev-parse", "--is-shallow-repository", folder=root).strip() == "true":
        raise Refused("This clone has no history to compare with: git fetch --unshallow --tags")
    found = [
        *_tree(root),
        *_other_tags(root),
        *changes.problems(root, version),
        *disagreements(root, version),
        *_tags(root, version),
    ]
    tag = versions.previous(root, version)
    if tag is not None:
        found += upgrading.problems(root, version, tag)
    if found:
        raise Refused("\n".join(found))
    return commit


def disagreements(root: Path, version: str) -> list[str]:
    """The places that have another version than the one given."""
    wrong = dict.fromkeys((file, have) for file, have in versions.written(root) if have != version)
    found = [f"{file}: the version is {have or 'missing'}, not {version}." for file, have in wrong]
    return [*found, f"To write it everywhere: make release-version VERSION={version}"] if found else []


def _tree(root: Path) -> list[str]:
    lines = run("git", "status", "--porcelain", "--untracked-files=all", folder=root).splitlines()
    more = f" and {len(lines) - 3} more" if len(lines) > 3 else ""
    names = ", ".join(line[3:] for line in lines[:3])
    return [f"The work tree has changes that are not committed: {names}{more}."] if lines else []


def _other_tags(root: Path) -> list[str]:
    """Release tags of `origin` that are missing or differ here; the last release or this version may be among them."""
    if attempt("git", "remote", "get-url", "origin", folder=root).returncode:
        return []
    done = attempt("git", "ls-remote", "--tags", "origin", "v*", folder=root, GIT_TERMINAL_PROMPT="0")
    if done.returncode:
        raise Refused(f"The tags of origin cannot be read, and are needed to compare: {done.stderr.strip()}")
    # An annotated tag has two lines: the tag, and then `NAME^{}` with its commit.
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    there = {name.removesuffix("^{}"): commit for commit, name in lines}
    found = []
    for name, commit in sorted(there.items()):
        tag, here = name.removeprefix("refs/tags/"), versions.commit(root, name)
        if versions.is_tag(tag) and here is None:
            found.append(f"The tag {tag} of origin is missing here: git fetch --tags origin")
        elif versions.is_tag(tag) and here != commit:
            found.append(f"The tag {tag} is commit {here} here and {commit} at origin. If origin is right: {FETCH}")
    return found


def _tags(root: Path, version: str) -> list[str]:
    tagged = versions.commit(root, f"refs/tags/v{version}")
    found = []
    if tagged not in {None, versions.commit(root)}:
        found.append(f"The tag v{version} is another commit, {tagged}. A version is released once: take the next one.")
    before = versions.previous(root, version)
    if before is not None and versions.parse(before[1:]) >= versions.parse(version):
        found.append(f"{version} must be higher than the last release, {before[1:]}.")
    others = set(run("git", "tag", "--points-at", "HEAD", "--list", "v*", folder=root).split()) - {f"v{version}"}
    found += [f"This commit is already released as {tag}." for tag in sorted(others)]
    return found
