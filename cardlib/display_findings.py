# SPDX-License-Identifier: MIT
"""Findings for people: what fails first, then what could not be judged and why, then how much passed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import get_args

from .display import escape_lines, text, wrapped
from .escape import escape
from .model import Finding, Severity

SEVERITIES: tuple[Severity, ...] = get_args(Severity)[::-1]  # the mildest first
ORDER = ("fail", "not-enough-data", "pass", "not-applicable")
_TOLD = {"pass": "passed", "not-applicable": "found nothing that they are about"}


def urgency(finding: Finding) -> tuple[int, int]:
    """What to read first: failures before doubts before the rest, the severe ones before the mild ones."""
    return ORDER.index(finding.verdict), -SEVERITIES.index(finding.severity)


def digest(found: Iterable[Finding], every: bool = False) -> Iterator[str]:
    """A line for each failure and for each thing that is missing, one for each other verdict; `every`: one for each."""
    ordered = sorted(found, key=urgency)
    several = len({place.file for one in ordered for place in one.evidence}) > 1
    for verdict, group in groupby(ordered, key=lambda one: one.verdict):
        own = list(group)
        if every or verdict == "fail":
            yield from (text(one) + _files(one) * several for one in own)
        elif verdict == "not-enough-data":
            yield from _doubts(own)
        else:
            rules = dict.fromkeys(one.rule for one in own)
            yield from wrapped(f"{verdict.upper():16} ", f"{len(rules)} rules {_TOLD[verdict]}: {', '.join(rules)}")


def _files(finding: Finding) -> str:
    return escape("".join(f" in {file}" for file in dict.fromkeys(place.file for place in finding.evidence)))


def _doubts(found: list[Finding]) -> Iterator[str]:
    """What is missing, with the rules that would need it; the most wanted first."""
    reasons: dict[str, dict[str, None]] = {}
    for one in found:
        reasons.setdefault(one.detail, {})[one.rule] = None
    for detail, rules in sorted(reasons.items(), key=lambda item: -len(item[1])):
        yield from wrapped(f"{'NOT-ENOUGH-DATA':16} ", f"{detail}, needed by {', '.join(rules)}")


class Findings(list[Finding]):
    """What rules concluded, in the order of the rules; it prints as a digest."""

    def __str__(self) -> str:
        return "\n".join(digest(self))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f'<pre style="white-space:pre-wrap">{escape_lines(str(self))}</pre>'
