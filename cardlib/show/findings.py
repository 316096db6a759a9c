# SPDX-License-Identifier: MIT
"""Findings for people: what fails first, then what could not be judged and why, then how much passed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import get_args

from ..core.escape import escape
from ..core.model import Finding, Severity, Verdict
from .lines import counted, fold, lines_html, marked, more
from .text import text

SEVERITIES: tuple[Severity, ...] = get_args(Severity)[::-1]  # the mildest first
MAX_CASES = 10  # of a rule
ORDER: tuple[Verdict, ...] = ("fail", "not-enough-data", "pass", "not-applicable")
MEANING = {"pass": "passed", "not-applicable": "found nothing that they are about"}


class Findings(list[Finding]):
    """What rules concluded, in the order of the rules; it prints as a digest."""

    def __str__(self) -> str:
        return fold(digest(self))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return lines_html(digest(self))


def urgency(finding: Finding) -> tuple[int, int]:
    """What to read first: failures before doubts before the rest, the severe ones before the mild ones."""
    return ORDER.index(finding.verdict), -SEVERITIES.index(finding.severity)


def digest(findings: Iterable[Finding], every: bool = False) -> Iterator[str]:
    """A line for each failure (ten a rule) and each thing that is missing, one for other verdicts; `every`: for all."""
    ordered = sorted(findings, key=urgency)
    names_files = _are_of_several_files(ordered)
    for verdict in ORDER:
        group = [finding for finding in ordered if finding.verdict == verdict]
        if not group:
            continue
        if every:
            yield from _cases(group, names_files, len(group))
        elif verdict == "fail":
            yield from _cases(group, names_files, MAX_CASES)
        elif verdict == "not-enough-data":
            yield from _doubts(group)
        else:
            yield _count(verdict, group)


def _are_of_several_files(findings: list[Finding]) -> bool:
    files = set()
    for finding in findings:
        files |= _files(finding)
    return len(files) > 1


def _files(finding: Finding) -> set[str]:
    return {place.file for place in finding.evidence}


def _cases(findings: list[Finding], names_files: bool, limit: int) -> Iterator[str]:
    """A line a finding, at most so many of one rule in a row."""
    for rule, cases in _by_rule(findings):
        for case in cases[:limit]:
            row = text(case)
            if names_files:
                row += _file(case)
            yield row
        yield from more(len(cases) - limit, f"{rule} finding")


def _by_rule(findings: list[Finding]) -> list[tuple[str, list[Finding]]]:
    """The findings of each rule; those of one rule that differ in severity stand apart, as they are ordered."""
    groups: list[tuple[str, list[Finding]]] = []
    for finding in findings:
        if not groups or groups[-1][0] != finding.rule:
            groups.append((finding.rule, []))
        groups[-1][1].append(finding)
    return groups


def _file(finding: Finding) -> str:
    """The file of a finding; where there are several, each piece of evidence names its own."""
    files = _files(finding)
    if len(files) != 1:
        return ""
    return escape(f" in {files.pop()}")


def _doubts(findings: list[Finding]) -> Iterator[str]:
    """What is missing, with the rules that would need it; what most of them need first."""
    rules_by_reason: dict[str, dict[str, None]] = {}
    for finding in findings:
        rules_by_reason.setdefault(finding.detail, {})[finding.rule] = None
    by_need = sorted(rules_by_reason.items(), key=lambda item: -len(item[1]))
    for detail, rules in by_need:
        names = ", ".join(rules)
        yield marked(f"{'NOT-ENOUGH-DATA':16} ", f"{detail}, needed by {names}")


def _count(verdict: Verdict, findings: list[Finding]) -> str:
    """How many rules came to a verdict, and which."""
    rules = dict.fromkeys(finding.rule for finding in findings)
    count = counted(len(rules), "rule")
    names = ", ".join(rules)
    return escape(f"{verdict.upper():16} {count} {MEANING[verdict]}: {names}")
