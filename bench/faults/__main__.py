"""`python -m bench.faults`: pages under load while a part of the platform fails. Writes a table into docs/security.md.

Ends with status 1 if a site got another one's page, or if something failed that should not. Four minutes.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence

from bench.faults import report
from bench.faults.measure import measure
from bench.faults.platform import running_platform
from bench.faults.scenarios import SCENARIOS


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.faults", description=__doc__.splitlines()[0])
    choices, text = sorted(SCENARIOS), "only these, and on the terminal only: "
    parser.add_argument("--only", nargs="+", choices=choices, metavar="FAULT", help=text + ", ".join(choices))
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every server is stopped
    outcomes = []
    with running_platform() as platform:
        measure(SCENARIOS["none"], platform)  # a new process grows with its first requests
        for name in options.only or SCENARIOS:
            outcomes.append(measure(SCENARIOS[name], platform))
            say(report.line(outcomes[-1]))
            for problem in outcomes[-1].not_ok:
                say(f"NOT OK: {name}: {problem}")
    if not options.only:
        report.write(outcomes)
        say(f"Written: {report.PAGE.name}.")
    return 1 if any(outcome.not_ok for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
