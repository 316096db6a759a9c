# SPDX-License-Identifier: MIT
"""The command line of security rules: cardlib check, cardlib report."""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Callable, Iterable
from pathlib import Path

from .checks import RULES, Given, Rule, check
from .crypto.keyring import keyring
from .display_findings import SEVERITIES, digest, urgency
from .display_json import dumps, finding_json
from .errors import CardlibError
from .escape import escape
from .model import Capture
from .page import report


def add(parser: argparse.ArgumentParser) -> None:
    """The options of `cardlib check` beside those of every command."""
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--all", action="store_true", help="every verdict in a line of its own")
    parser.add_argument("--rules", metavar="FILE.py", help="your own rules: a Python file that you trust, with RULES")
    parser.add_argument("--cvm-limit", type=int, metavar="N", help="the amount in minor units that needs verification")
    parser.add_argument("--both-sides", action="store_true", help="two captures of one run: at the reader, at the card")
    parser.add_argument("--live", action="store_true", help="cards of the field: a test card among them is an alarm")
    parser.add_argument("--keys", action="append", metavar="FILE", help="your own keys, in TOML; never shown")
    parser.add_argument("--fail-on", choices=SEVERITIES, default="high", help="exit with 1 from this severity on")


def run(given: argparse.Namespace, captures: list[Capture], out: Callable[[Iterable[str]], None]) -> int:
    """Judge all captures together; 1 if something fails that is severe enough."""
    rules = [*RULES, *(own_rules(given.rules) if given.rules else ())]
    known = Given(given.cvm_limit, given.both_sides, given.live, keyring(given.keys) if given.keys else None)
    found = check(captures, rules, known)
    if given.json:
        out([dumps({"findings": [finding_json(one) for one in sorted(found, key=urgency)]})])
    else:
        out(digest(found, given.all))
    limit = SEVERITIES.index(given.fail_on)
    return int(any(one.verdict == "fail" and SEVERITIES.index(one.severity) >= limit for one in found))


def add_report(parser: argparse.ArgumentParser) -> None:
    """The options of `cardlib report` beside those of every command."""
    parser.add_argument("-o", "--out", required=True, metavar="PAGE.html", help="the file to write")
    parser.add_argument("--cvm-limit", type=int, metavar="N", help="the amount in minor units that needs verification")


def run_report(given: argparse.Namespace, captures: list[Capture], out: Callable[[Iterable[str]], None]) -> int:
    """Write one page about all captures."""
    made = report(captures, given=Given(given.cvm_limit), reveal=given.reveal)
    made.save(given.out)
    out([f"report of {len(captures)} captures written to {escape(given.out)}"])
    return 0


def own_rules(file: str) -> list[Rule]:
    """RULES of a Python file that the caller names and trusts."""
    spec = importlib.util.spec_from_file_location("own_rules", file)
    if spec is None or spec.loader is None or not Path(file).is_file():
        raise CardlibError(f"{file}: is not a Python file with RULES")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as fault:
        raise CardlibError(f"{file}: {type(fault).__name__}: {fault}") from fault
    rules = list(getattr(module, "RULES", ()))
    if not rules or not all(isinstance(one, Rule) for one in rules):
        raise CardlibError(f"{file}: RULES is not a list of rules")
    return rules
