# SPDX-License-Identifier: MIT
"""Findings for people: what fails first, then what could not be judged and why, then how much passed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import get_args

from ..core.escape import counted, cut, escape
from ..core.model import Finding, Severity, Verdict
from .lines import MAX_TEXT, NOTEBOOK, fold, lines_html, more
from .text import text

SEVERITIES: tuple[Severity, ...] = get_args(Severity)[::-1]  # the mildest first
MAX_CASES = 10  # of a rule
MAX_NAMED = 6  # rules that are named in one line
ORDER: tuple[Verdict, ...] = ("fail", "not-enough-data", "pass", "not-applicable")


class Findings(list[Finding]):
    """What rules concluded, in the order of the rules; it prints as a digest."""

    def __str__(self) -> str:
        return fold(digest(self), NOTEBOOK)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return lines_html(digest(self))


def urgency(finding: Finding) -> tuple[int, int]:
    """What to read first: failures before doubts before the rest, the severe ones before the mild ones."""
    return ORDER.index(finding.verdict), -SEVERITIES.index(finding.severity)


def digest(findings: Iterable[Finding], every: bool = False) -> Iterator[str]:
    """A line for each failure (ten a rule), one for each thing that is missing and who needs it, one for what passed.

    The rules that found nothing that they are about are a number. `every`: a line for each finding.
    """
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
        elif verdict == "pass":
            yield _passed(group)
        else:
            yield _not_about(group)


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
            row = text(case) + _repeated(case)
            if names_files:
                row += _file(case)
            yield row
        hidden = sum(case.count for case in cases[limit:])
        yield from more(hidden, f"{rule} finding")


def _repeated(finding: Finding) -> str:
    """How often a finding was made, where it was more than once."""
    if finding.count == 1:
        return ""
    return f" ({finding.count} times)"


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
    """A line for each thing that is missing, with the rules that need it; what most of them need first."""
    rules_by_reason: dict[str, dict[str, str]] = {}
    for finding in findings:
        rules_by_reason.setdefault(finding.detail, {})[finding.rule] = finding.title
    by_need = sorted(rules_by_reason.items(), key=lambda item: -len(item[1]))
    for detail, rules in by_need:
        yield escape(f"{'NOT-ENOUGH-DATA':16} {cut(detail, MAX_TEXT)}; not judged: {_named(rules)}")


def _named(rules: dict[str, str]) -> str:
    """Rules by name and number: "the card never saw the PIN (E30)"."""
    names = [f"{title} ({rule})" for rule, title in rules.items()]
    if len(names) > MAX_NAMED:
        hidden = ", ".join(list(rules)[MAX_NAMED:])
        names = [
            *names[:MAX_NAMED],
            f"and {counted(len(rules) - MAX_NAMED, 'more rule')}: {hidden}",
        ]
    return ", ".join(names)


def _passed(findings: list[Finding]) -> str:
    """How many rules passed, and which."""
    rules = dict.fromkeys(finding.rule for finding in findings)
    return escape(f"{'PASS':16} {counted(len(rules), 'rule')} passed: {', '.join(rules)}")


def _not_about(findings: list[Finding]) -> str:
    """How many rules are about nothing that is here."""
    count = counted(len({finding.rule for finding in findings}), "rule")
    return escape(f"{'NOT-APPLICABLE':16} {count} about what this capture does not hold (--all)")
