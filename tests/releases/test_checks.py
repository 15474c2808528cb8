"""The first step of `make release`, on real repositories."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from releases.checks import disagreements
from releases.versions import written
from tests.releases.conftest import CHART, Checkout
from tests.support.programs import ROOT


def test_the_first_release(checkout: Checkout) -> None:
    checkout.version("0.1.0")
    assert checkout.refusal("0.1.0") == ""
    checkout.git("tag", "v0.1.0")
    assert checkout.refusal("0.1.0") == "", "a release that failed can be repeated"


def test_every_file_of_this_checkout_has_one_version() -> None:
    source = dict(written(ROOT))["pyproject.toml"]
    assert disagreements(ROOT, source) == []
    assert len(written(ROOT)) == 5


@pytest.mark.parametrize("version", ["", "1", "1.2", "v1.2.3", "1.2.3-rc1", "01.2.3", "1.2.3\n", "latest"])
def test_a_version_is_three_numbers(checkout: Checkout, version: str) -> None:
    checkout.version("0.1.0")
    assert checkout.refusal(version).startswith("VERSION must be three numbers")


def test_all_reasons_are_named(checkout: Checkout) -> None:
    checkout.release("0.1.0")
    checkout.write("app/new.py", "")
    found = checkout.refusal("0.2.0").splitlines()
    assert found[0] == "The work tree has changes that are not committed: app/new.py."
    assert (
        found[1] == "CHANGELOG.md: the newest heading is `## 0.1.0 (2026-11-26)`; it must be `## 0.2.0 (YYYY-MM-DD)`."
    )
    assert found[2] == "pyproject.toml: the version is 0.1.0, not 0.2.0."
    assert found[5] == "To write it everywhere: make release-version VERSION=0.2.0"
    assert found[-1] == "This commit is already released as v0.1.0."


def test_new_files_are_found_even_if_git_status_hides_them(checkout: Checkout) -> None:
    checkout.version("0.1.0")
    checkout.git("config", "status.showUntrackedFiles", "no")
    checkout.write("app/new/file.py", "")
    assert checkout.refusal("0.1.0") == "The work tree has changes that are not committed: app/new/file.py."


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ("# Changes\n", "has no heading"),
        ("## Unreleased\n\n- A change.\n\n## 0.1.0 (2026-01-01)\n", "the newest heading is `## Unreleased`"),
        ("## 0.1.0 (unreleased)\n\n- A change.\n", "has no date"),
        ("## 0.1.0\n\n- A change.\n", "has no date"),
        ("## 0.1.0 (2026-11-26)\n\n## 0.0.9 (2026-01-01)\n\n- A change.\n", "is empty"),
    ],
)
def test_the_list_of_changes_is_ready(checkout: Checkout, changes: str, reason: str) -> None:
    checkout.version("0.1.0", changes)
    assert reason in checkout.refusal("0.1.0")


def test_a_version_is_released_once_and_upwards(checkout: Checkout) -> None:
    checkout.release("0.2.0")
    checkout.version("0.2.0")
    assert "The tag v0.2.0 is another commit" in checkout.refusal("0.2.0")
    checkout.version("0.1.9")
    assert "0.1.9 must be higher than the last release, 0.2.0." in checkout.refusal("0.1.9")


def test_a_clone_without_history_is_refused(checkout: Checkout, tmp_path: Path) -> None:
    """It has no tags: nothing would be compared."""
    checkout.release("0.1.0")
    checkout.version("0.2.0")
    shallow = tmp_path / "shallow"
    subprocess.run(["git", "clone", "--quiet", "--depth=1", f"file://{checkout.root}", shallow], check=True)
    assert "git fetch --unshallow --tags" in Checkout(shallow).refusal("0.2.0")


def cloned(checkout: Checkout, folder: Path) -> Checkout:
    """A clone: `checkout` is its origin."""
    subprocess.run(["git", "clone", "--quiet", checkout.root, folder], check=True)
    return Checkout(folder)


def test_tags_are_those_of_the_origin(checkout: Checkout, tmp_path: Path) -> None:
    checkout.release("0.1.0")
    clone = cloned(checkout, tmp_path / "clone")
    checkout.git("tag", "--annotate", "v0.1.1", "--message", "Made elsewhere")
    checkout.git("tag", "very-new")
    clone.version("0.2.0")
    assert clone.refusal("0.2.0") == "The tag v0.1.1 of origin is missing here: git fetch --tags origin"
    clone.git("fetch", "--quiet", "--tags", "origin")
    assert clone.refusal("0.2.0") == ""
    clone.git("tag", "v0.2.0")
    assert clone.refusal("0.2.0") == "", "the tag of a release by hand is pushed last"

    old = checkout.git("rev-parse", "v0.1.0^{commit}")
    checkout.commit()
    checkout.git("tag", "--force", "v0.1.0")
    new = checkout.git("rev-parse", "HEAD")
    assert clone.refusal("0.2.0") == (
        f"The tag v0.1.0 is commit {old} here and {new} at origin. If origin is right: git fetch --tags --force origin"
    )


def test_an_origin_that_cannot_be_reached_is_refused(checkout: Checkout, tmp_path: Path) -> None:
    checkout.version("0.1.0")
    clone = cloned(checkout, tmp_path / "clone")
    checkout.root.rename(tmp_path / "elsewhere")
    assert clone.refusal("0.1.0").startswith("The tags of origin cannot be read, and are needed to compare: ")


def change_values(checkout: Checkout) -> None:
    """Since 0.1.0: `tls.mode` is gone, `image.pullPolicy` has another default, `sites` takes no list, `new` is new."""
    checkout.values({"image": {"tag": "", "pullPolicy": "Always"}, "tls": {"mode": "none"}, "sites": {}}, sites=LOOSE)
    checkout.release("0.1.0")
    strict: dict[str, object] = {"type": "object"}
    checkout.values({"image": {"tag": "", "pullPolicy": "Never"}, "sites": {}, "new": {"on": False}}, sites=strict)


LOOSE: dict[str, object] = {"type": ["array", "object"]}
UNMENTIONED = [
    f"{CHART}/UPGRADING.md, section `## 0.2.0`: `{what} and is not mentioned."
    for what in ("image.pullPolicy` changed", "sites` changed", "tls.mode` was removed")
]


def test_every_changed_value_is_in_the_guide_for_upgrades(checkout: Checkout) -> None:
    change_values(checkout)
    checkout.version("0.2.0")
    assert checkout.refusal("0.2.0").splitlines() == UNMENTIONED
    checkout.version("0.2.0", upgrading="`sites` is a map. `image.pull` and `image.pullPolicy.x` are nothing.")
    assert checkout.refusal("0.2.0").splitlines() == [UNMENTIONED[0], UNMENTIONED[2]]
    # In its own section (the one of 0.0.1 mentions `tls`), itself or a key above it.
    checkout.version("0.2.0", upgrading="`tls` is gone. `sites` is a map. `image.pullPolicy` is Never.")
    assert checkout.refusal("0.2.0") == ""


REDEFINED: list[tuple[dict[str, object], dict[str, object]]] = [
    ({"type": "string"}, {"type": "string", "pattern": "^x$"}),
    ({"type": "integer", "minimum": 1}, {"type": "integer", "minimum": 2}),
    ({"$ref": "#/definitions/free"}, {"$ref": "#/definitions/strict"}),
    ({"items": {"$ref": "#/definitions/free"}}, {"items": {"$ref": "#/definitions/strict"}}),
    ({"properties": {}}, {"properties": {}, "additionalProperties": False}),
    ({"items": {"properties": {"title": {}}}}, {"items": {"properties": {"title": {"maxLength": 9}}}}),
]
SAME: list[tuple[dict[str, object], dict[str, object]]] = [
    ({"type": "string"}, {"type": ["string", "null"], "description": "A text.", "title": "Text", "default": "a"}),
    ({"$ref": "#/definitions/free"}, {"type": "string"}),
    ({"enum": ["a"]}, {"enum": ["b", "a"]}),
    ({"$ref": "#/definitions/recursive"}, {"$ref": "#/definitions/recursive"}),
]


@pytest.mark.parametrize(
    ("old", "new", "changed"), [(*pair, True) for pair in REDEFINED] + [(*pair, False) for pair in SAME]
)
def test_another_schema_is_another_value(
    checkout: Checkout, old: dict[str, object], new: dict[str, object], changed: bool
) -> None:
    """`tls` is a key with values below it, and `later` one without a value: both can be set."""
    definitions = {
        "free": {"type": "string", "description": "Any text."},
        "strict": {"type": "string", "maxLength": 9},
        "recursive": {"items": {"$ref": "#/definitions/recursive"}},
    }
    for number, schema in (("0.1.0", old), ("0.2.0", new)):
        properties = {"tls": schema, "later": schema}
        checkout.write(
            f"{CHART}/values.schema.json", json.dumps({"properties": properties, "definitions": definitions})
        )
        checkout.version(number)
        if number == "0.1.0":
            checkout.git("tag", "v0.1.0")
    found = [
        f"{CHART}/UPGRADING.md, section `## 0.2.0`: `{key}` changed and is not mentioned." for key in ("later", "tls")
    ]
    assert checkout.refusal("0.2.0").splitlines() == (found if changed else [])


def test_changed_values_need_a_higher_number(checkout: Checkout) -> None:
    change_values(checkout)
    checkout.version("0.1.1", upgrading="`tls`, `sites`, `image.pullPolicy`")
    assert checkout.refusal("0.1.1") == "Values were removed since v0.1.0: this needs a new minor version, not 0.1.1."


def test_an_added_value_is_no_patch(checkout: Checkout) -> None:
    checkout.release("1.0.0")
    values = yaml.safe_load((checkout.root / CHART / "values.yaml").read_text())
    checkout.values({**values, "new": 1})
    checkout.version("1.0.1")
    assert "needs a new minor version, not 1.0.1" in checkout.refusal("1.0.1")
    checkout.values({**values, "tls": {}})
    checkout.version("1.1.0", upgrading="`tls.mode`")
    assert "needs a new major version, not 1.1.0" in checkout.refusal("1.1.0")
