# SPDX-License-Identifier: MIT
"""The command line of security rules: cardlib check, cardlib report."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ..acts.emv.dialogue import CODES
from ..core.errors import CardlibError
from ..core.escape import escape
from ..core.model import Capture
from ..measure.timing import overhead
from ..road.pipeline import read
from ..rules import RULES, Given, Rule, check
from ..rules.engine import given as known
from ..show.findings import SEVERITIES, digest, urgency
from ..show.json import dumps, finding_json
from ..show.page import report


def add(parser: argparse.ArgumentParser) -> None:
    """The options of `cardlib check` beside those of every command."""
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--all", action="store_true", help="every verdict in a line of its own")
    parser.add_argument(
        "--rules",
        metavar="FILE.py",
        help="your own rules: a Python file that you trust, with RULES",
    )
    _context(parser)
    parser.add_argument(
        "--fail-on", choices=SEVERITIES, default="high", help="exit with 1 from this severity on"
    )


def payment_context(parser: argparse.ArgumentParser) -> None:
    """What is known about card and terminal beside the capture."""
    parser.add_argument(
        "--keys", action="append", default=[], metavar="FILE", help="your own keys, in TOML"
    )
    about = "action codes of the terminal, each of 10 hex digits"
    parser.add_argument("--tac", type=_codes, metavar=",".join(CODES).upper(), help=about)


def _codes(text: str) -> dict[str, str]:
    return dict(zip(CODES, text.split(",", 2), strict=False))


def _context(parser: argparse.ArgumentParser) -> None:
    """The same, and what else rules may ask for."""
    payment_context(parser)
    parser.add_argument(
        "--cvm-limit",
        type=int,
        metavar="N",
        help="the amount in minor units that needs verification",
    )
    parser.add_argument(
        "--both-sides",
        action="store_true",
        help="two captures of one run: at the reader, at the card",
    )
    parser.add_argument(
        "--live", action="store_true", help="cards of the field: a test card among them is an alarm"
    )


def _known(given: argparse.Namespace) -> Given:
    return known(given.cvm_limit, given.both_sides, given.live, given.keys, given.tac)


def run(
    given: argparse.Namespace, captures: list[Capture], out: Callable[[Iterable[str]], None]
) -> int:
    """Judge all captures together; 1 if something fails that is severe enough."""
    rules = [*RULES, *(own_rules(given.rules) if given.rules else ())]
    found = check(captures, rules, _known(given))
    if given.json:
        sys.stdout.write(
            dumps({"findings": [finding_json(one) for one in sorted(found, key=urgency)]}) + "\n"
        )
    else:
        out(digest(found, given.all))
    limit = SEVERITIES.index(given.fail_on)
    return int(
        any(one.verdict == "fail" and SEVERITIES.index(one.severity) >= limit for one in found)
    )


def add_report(parser: argparse.ArgumentParser) -> None:
    """The options of `cardlib report` beside those of every command."""
    parser.add_argument("-o", "--out", required=True, metavar="PAGE.html", help="the file to write")
    _context(parser)
    parser.add_argument(
        "--calibration",
        metavar="FILE",
        help="a card that answers at once, captured on the same way",
    )


def run_report(
    given: argparse.Namespace, captures: list[Capture], out: Callable[[Iterable[str]], None]
) -> int:
    """Write one page about all captures."""
    way = overhead(read(given.calibration)) if given.calibration else 0
    made = report(captures, RULES, _known(given), given.reveal, way)
    made.save(given.out)
    out(
        [
            f"report of {escape(', '.join(one.path for one in captures))} written to {escape(given.out)}"
        ]
    )
    return 0


def own_rules(file: str) -> list[Rule]:
    """RULES of a Python file that the caller names and trusts."""
    names: dict[str, Any] = {"__name__": "own_rules"}
    try:
        exec(compile(Path(file).read_bytes(), file, "exec"), names)  # noqa: S102 - the caller trusts it
        rules = list(names.get("RULES", ()))
    except Exception as fault:
        raise CardlibError(f"{file}: {type(fault).__name__}: {fault}") from fault
    if not rules or not all(isinstance(one, Rule) for one in rules):
        raise CardlibError(f"{file}: RULES is not a list of rules")
    return rules
