# SPDX-License-Identifier: MIT
"""Findings for people: what fails first, then what could not be judged and why, then how much passed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import get_args

from ..core.escape import escape
from ..core.model import Finding, Severity
from .text import fold, lines_html, marked, more, text

SEVERITIES: tuple[Severity, ...] = get_args(Severity)[::-1]  # the mildest first
MAX_CASES = 10  # of a rule
ORDER = ("fail", "not-enough-data", "pass", "not-applicable")
_TOLD = {"pass": "passed", "not-applicable": "found nothing that they are about"}


def urgency(finding: Finding) -> tuple[int, int]:
    """What to read first: failures before doubts before the rest, the severe ones before the mild ones."""
    return ORDER.index(finding.verdict), -SEVERITIES.index(finding.severity)


def digest(found: Iterable[Finding], every: bool = False) -> Iterator[str]:
    """A line for each failure (ten a rule) and each thing that is missing, one for other verdicts; `every`: for all."""
    ordered = sorted(found, key=urgency)
    several = len({place.file for one in ordered for place in one.evidence}) > 1
    for verdict, group in groupby(ordered, key=lambda one: one.verdict):
        own = list(group)
        if every or verdict == "fail":
            for rule, cases in groupby(own, key=lambda one: one.rule):
                told = [text(one) + _file(one) * several for one in cases]
                size = len(told) if every else MAX_CASES
                yield from (*told[:size], *more(len(told) - size, f"{rule} finding"))
        elif verdict == "not-enough-data":
            yield from _doubts(own)
        else:
            rules = dict.fromkeys(one.rule for one in own)
            what = f"{len(rules)} rule{'s' * (len(rules) > 1)} {_TOLD[verdict]}: {', '.join(rules)}"
            yield escape(f"{verdict.upper():16} {what}")


def _file(finding: Finding) -> str:
    """The file of a finding; where there are several, each piece of evidence names its own."""
    files = {place.file for place in finding.evidence}
    return escape(f" in {files.pop()}") if len(files) == 1 else ""


def _doubts(found: list[Finding]) -> Iterator[str]:
    """What is missing, with the rules that would need it; the most wanted first."""
    reasons: dict[str, dict[str, None]] = {}
    for one in found:
        reasons.setdefault(one.detail, {})[one.rule] = None
    for detail, rules in sorted(reasons.items(), key=lambda item: -len(item[1])):
        yield marked(f"{'NOT-ENOUGH-DATA':16} ", f"{detail}, needed by {', '.join(rules)}")


class Findings(list[Finding]):
    """What rules concluded, in the order of the rules; it prints as a digest."""

    def __str__(self) -> str:
        return fold(digest(self))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return lines_html(digest(self))
