"""The isolation tests find each mistake of the app in agency/, and nothing in the same app without mistakes."""

from __future__ import annotations

import ast
import re
import subprocess
from inspect import signature

import pytest

from app.testing import hooks
from tests.support.commands import environment
from tests.support.programs import PYTHON, ROOT

pytestmark = pytest.mark.process

RUN = [PYTHON, "-m", "pytest", "-p", "app.testing", "--pyargs", "app.testing", "-rf"]
#: What is enough to find each mistake, so that it does not take minutes.
PART = ["-k", "(agency or remarks or notes) and not operations", "--isolation-roles=anonymous,site-admin"]
#: Where the mistake is → what the finding says.
MISTAKES = {
    "test_a_manager[agency.BrokenNote.everything]": "'everything' of agency.BrokenNote shows a row of site B",
    "test_a_manager[agency.BrokenRemark._default_manager]": "agency.BrokenRemark shows a row of site B",
    "test_a_reverse_relation[auth.Group.broken_remarks]": "broken_remarks shows a row of site B",
    "test_an_address[agency-broken-one-anonymous]": "Site B's agency.BrokenNote.text (",
    "test_an_address[agency-broken-count-anonymous]": "The response depends on the rows of B",
    "test_an_address[agency-broken-cached-anonymous]": "is in a cache entry that was read",
    "test_an_address[agency-broken-choose-anonymous]": "is in the body",
    "test_an_address[agency-broken-logged-anonymous]": "is in a log line",
    "test_an_address[agency-broken-header-anonymous]": "is in the header X-Last-Note",
    "test_what_a_post_changes[agency-broken-mailed-anonymous]": "is in a mail",
    "test_what_a_post_changes[agency-broken-written-anonymous]": "Site B's agency.BrokenNote",
    "test_what_a_post_changes[admin:agency_brokennote_changelist-site-admin]": "Site B's agency.BrokenNote",
    "test_a_get_writes_nothing[agency-broken-visited-anonymous]": "A GET wrote to the database",
    "test_a_filter_in_the_address[agency.BrokenKey-site-admin]": "agency.BrokenKey.token, which no page shows",
    "test_a_command_for_one_site[broken_notes]": "agency.BrokenNote.text of site B is in the output",
    "test_a_command_without_a_site[broken_notes]": "broken_notes shows agency.BrokenNote.text",
}


@pytest.fixture(scope="module")
def output() -> str:
    env = environment(DJANGO_SETTINGS_MODULE="tests.isolation.agency.settings")
    return subprocess.run([*RUN, *PART], cwd=ROOT, env=env, text=True, capture_output=True, check=False).stdout


@pytest.mark.parametrize("test", MISTAKES)
def test_it_finds_a_mistake(test: str, output: str) -> None:
    report = output.partition(f"_ {test} _")[2].partition("\n____")[0]
    assert MISTAKES[test] in report
    assert "repeat   python -m pytest" in report


def test_it_finds_nothing_where_nothing_is_wrong(output: str) -> None:
    failed = re.findall(r"^(?:FAILED|ERROR) \S+?::(.*)", output, re.MULTILINE)
    assert len(failed) >= len(MISTAKES), output[-3000:]
    assert [test for test in failed if "broken" not in test.lower()] == []


def test_an_unknown_role_or_app_is_refused() -> None:
    run = subprocess.run(
        [*RUN, "--isolation-roles=nobody"], cwd=ROOT, env=environment(), text=True, capture_output=True
    )
    assert run.returncode == pytest.ExitCode.USAGE_ERROR
    assert "There is no role or app nobody" in run.stderr


def collected(*options: str) -> list[str]:
    command = [*RUN, "--collect-only", "-k", "agency and (notes or brokennote)", *options]
    env = environment(DJANGO_SETTINGS_MODULE="tests.isolation.agency.settings")
    run = subprocess.run(command, cwd=ROOT, env=env, text=True, capture_output=True, check=False)
    assert run.returncode == pytest.ExitCode.OK, run.stderr
    return [line for line in run.stdout.splitlines() if "::" in line]


def test_runs_can_share_the_requests() -> None:
    whole, first, second = (collected(f"--isolation-part={part}") for part in ("1/1", "1/2", "2/2"))
    assert {*first, *second} == {*whole}
    in_both = {*first} & {*second}
    assert in_both
    assert not [test for test in in_both if test.endswith("-anonymous]")]
    assert {*first} - in_both
    assert {*second} - in_both


def test_a_part_that_does_not_exist_is_refused() -> None:
    command = [*RUN, "--isolation-part=3/2"]
    run = subprocess.run(command, cwd=ROOT, env=environment(), text=True, capture_output=True, check=False)
    assert run.returncode == pytest.ExitCode.USAGE_ERROR
    assert "--isolation-part=3/2: must be K/N" in run.stderr


def test_the_guide_shows_hooks_that_exist() -> None:
    guide = (ROOT / "docs" / "extend.md").read_text().partition("## Prove the isolation")[2]
    shown = ast.parse("\n".join(re.findall(r"^```python\n(.*?)^```", guide, re.DOTALL | re.MULTILINE)))
    functions = [node for node in shown.body if isinstance(node, ast.FunctionDef)]
    assert {node.name for node in functions} == {name for name in vars(hooks) if name.startswith("pytest_isolation")}
    for node in functions:
        assert {argument.arg for argument in node.args.args} <= {*signature(getattr(hooks, node.name)).parameters}
