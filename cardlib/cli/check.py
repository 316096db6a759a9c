# SPDX-License-Identifier: MIT
"""The command line of security rules: cardlib check, cardlib report."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial

from ..acts import ACTION_CODES
from ..acts.algorithms import Algorithm, algorithms
from ..core.errors import CardlibError
from ..core.escape import counted, escape
from ..core.model import Capture, Finding, Severity
from ..measure.timing import overhead
from ..road.pipeline import read
from ..rules import RULES, Given, check
from ..rules import given as context
from ..share.files import beside
from ..share.ours import revealed
from ..share.veil import file_of
from ..show.algorithms import digest as algorithm_digest
from ..show.findings import SEVERITIES, digest, urgency
from ..show.json import algorithm_json, dumps, finding_json
from ..show.page import report
from ..show.where import Filter, findings_by_exchange
from .own_rules import SECONDS, OwnFault, own_rules
from .progress import judged
from .selection import Selection, selection_of

Out = Callable[..., None]  # lines, and where to if not to standard output


def add(parser: argparse.ArgumentParser) -> None:
    """The options of `cardlib check` beside those of every command."""
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--all", action="store_true", help="every verdict in a line of its own")
    parser.add_argument(
        "--rules",
        metavar="FILE.py",
        help="your own rules: a Python file that you trust, with RULES",
    )
    parser.add_argument(
        "--rule-seconds",
        type=float,
        default=SECONDS,
        metavar="S",
        help="how long each of your own rules may take",
    )
    parser.add_argument(
        "--algorithms",
        action="store_true",
        help="then which algorithms and key lengths were used, until when each is trusted",
    )
    _rule_context(parser)
    parser.add_argument(
        "--fail-on",
        choices=SEVERITIES,
        default="high",
        help="exit with 1 from this severity on",
    )


def payment_context(parser: argparse.ArgumentParser) -> None:
    """What is known about card and terminal beside the capture."""
    parser.add_argument(
        "--keys",
        action="append",
        default=[],
        metavar="FILE",
        help="your own keys, in TOML",
    )
    parser.add_argument(
        "--tac",
        type=_codes,
        metavar=",".join(ACTION_CODES).upper(),
        help="action codes of the terminal, each of 10 hex digits",
    )


def _codes(text: str) -> dict[str, str]:
    """The action codes by name; what is wrong with them is said where they are used."""
    codes = text.split(",", 2)
    return dict(zip(ACTION_CODES, codes, strict=False))


def _rule_context(parser: argparse.ArgumentParser) -> None:
    """The context of payments, and what else rules may ask for."""
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
        "--live",
        action="store_true",
        help="cards of the field: a test card among them is an alarm",
    )


def _context(options: argparse.Namespace) -> Given:
    return context(
        options.cvm_limit,
        options.both_sides,
        options.live,
        options.keys,
        options.tac,
    )


def run(options: argparse.Namespace, captures: list[Capture], out: Out) -> int:
    """Judge all captures together; 1 if something fails that is severe enough."""
    rules = list(RULES)
    if options.rules:
        rules += own_rules(options.rules, options.rule_seconds)
    try:
        findings = check(captures, rules, _context(options), judged)
    except OwnFault as fault:
        raise CardlibError(str(fault)) from fault
    selection = selection_of(options)
    if selection is not None:
        total = len(findings)
        findings = _about(findings, captures, selection)
        rest = total - len(findings)
        if not options.json:
            out([f"only what the chosen exchanges show: {counted(rest, 'verdict')} left out"])
    if options.json:
        rows = [finding_json(finding) for finding in sorted(findings, key=urgency)]
        parts = {"findings": rows}
        if options.algorithms:
            parts["algorithms"] = [algorithm_json(row) for row in _inventory(captures)]
        sys.stdout.write(dumps(parts) + "\n")
    else:
        out(digest(findings, options.all))
        if options.algorithms:
            out(algorithm_digest(_inventory(captures)))
    return int(fails_severely(findings, options.fail_on))


def fails_severely(findings: list[Finding], fail_on: Severity) -> bool:
    """Whether something fails that is at least so severe."""
    severe = SEVERITIES[SEVERITIES.index(fail_on) :]
    failed = [finding.severity for finding in findings if finding.verdict == "fail"]
    return any(severity in severe for severity in failed)


def _inventory(captures: list[Capture]) -> list[Algorithm]:
    """The algorithms of all captures."""
    return [row for capture in captures for row in algorithms(capture)]


def _about(findings: list[Finding], captures: list[Capture], selection: Selection) -> list[Finding]:
    """The findings of which a piece of evidence stands in an exchange that is chosen."""
    chosen: dict[str, set[int]] = {}
    for capture in captures:
        file = file_of(capture)
        judge = partial(findings_by_exchange, findings, file)
        filter = Filter(selection.expression, revealed(capture, None), judge)
        chosen.setdefault(file, set()).update(selection.numbers_in(filter, capture))
    return [finding for finding in findings if _shows_in(finding, chosen)]


def _shows_in(finding: Finding, chosen: dict[str, set[int]]) -> bool:
    return any(place.exchange in chosen.get(place.file, ()) for place in finding.evidence)


def add_report(parser: argparse.ArgumentParser) -> None:
    """The options of `cardlib report` beside those of every command."""
    parser.add_argument("-o", "--out", required=True, metavar="PAGE.html", help="the file to write")
    _rule_context(parser)
    parser.add_argument(
        "--calibration",
        metavar="FILE",
        help="a card that answers at once, captured on the same way",
    )
    parser.add_argument(
        "--pictures", action="store_true", help="draw the times of several captures, too"
    )


def run_report(options: argparse.Namespace, captures: list[Capture], out: Out) -> int:
    """Write one page about all captures."""
    overhead_ns = 0
    if options.calibration:
        overhead_ns = overhead(read(options.calibration))
    given = _context(options)
    page = report(captures, RULES, given, options.reveal, overhead_ns, options.pictures)
    page.save(options.out)
    names = ", ".join(capture.path for capture in captures)
    out([f"report of {escape(names)} written to {escape(options.out)}"], beside(options.out))
    return 0
