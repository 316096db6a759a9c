# SPDX-License-Identifier: MIT
"""What a rule is, and how rules are applied: a decorated function of about 15 lines, its docstring is its text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import field

from ..model import Capture, Evidence, Exchange, Finding, Node, Problem, Session, Severity, Side, Verdict, record
from ..payment.transaction import Transaction, exchanges_of, transactions
from ..pipeline import halves


@record
class Case:
    """What a rule looks at: the exchanges of one capture, the transactions among them, and what was damaged."""

    file: str
    exchanges: tuple[Exchange, ...] = field(repr=False)
    transactions: tuple[Transaction, ...] = field(repr=False)
    problems: tuple[Problem, ...]


@record
class Result:
    """What a rule says once: the verdict, why, and the bytes that show it; `severity` only where it differs."""

    verdict: Verdict
    detail: str
    evidence: tuple[Evidence, ...] = ()
    severity: Severity | None = None


@record
class Rule:
    """A rule with its id, how bad a failure is, the source it comes from, and what it means."""

    id: str
    severity: Severity
    title: str
    source: str
    text: str
    apply: Callable[[Case], Iterable[Result]]


def rule(id: str, severity: Severity, title: str, source: str) -> Callable[[Callable[[Case], Iterable[Result]]], Rule]:
    """Make a rule of a function from a Case to its results."""

    def made(apply: Callable[[Case], Iterable[Result]]) -> Rule:
        return Rule(id, severity, title, source, " ".join((apply.__doc__ or "").split()), apply)

    return made


def check(source: Capture | Session | Iterable[Exchange], rules: Iterable[Rule]) -> list[Finding]:
    """Apply rules to a capture; each rule says at least once what it concluded, or why it could not."""
    exchanges = tuple(exchanges_of(source))
    file, problems = (source.path, source.problems) if isinstance(source, Capture) else ("", ())
    case = Case(file, exchanges, tuple(transactions(exchanges)), problems)
    return [_finding(one, result, file) for one in rules for result in _results(one, case)]


def _results(one: Rule, case: Case) -> list[Result]:
    try:
        return list(one.apply(case)) or [Result("not-applicable", "nothing in this capture that the rule is about")]
    except Exception as fault:  # a rule that breaks costs its own verdict, never that of its neighbours
        return [Result("not-enough-data", f"the rule broke: {type(fault).__name__}")]


def _finding(one: Rule, result: Result, file: str) -> Finding:
    evidence = tuple(Evidence(e.exchange, e.side, e.start, e.stop, e.file or file) for e in result.evidence)
    severity = result.severity or one.severity
    return Finding(one.id, severity, result.verdict, one.title, result.detail, evidence, one.source)


def elements(exchanges: Iterable[Exchange], *tags: str) -> Iterator[tuple[Exchange, Side, Node]]:
    """The data elements with these tags that were sent or answered, in order."""
    for exchange in exchanges:
        for side, half in halves(exchange):
            for _, node in half.walk():
                if node.tag in tags:
                    yield exchange, side, node


def evidence_of(exchange: Exchange, side: Side, node: Node) -> Evidence:
    """The bytes of a node as evidence."""
    return Evidence(exchange.index, side, node.start, node.stop)


def whole(exchange: Exchange, side: Side = "command") -> Evidence:
    """A whole half as evidence; the other half where this one is missing."""
    half = exchange.command if side == "command" else exchange.response
    if half is None:
        side, half = ("response", exchange.response) if side == "command" else ("command", exchange.command)
    return Evidence(exchange.index, side, 0, len(half.raw) if half else 0)
