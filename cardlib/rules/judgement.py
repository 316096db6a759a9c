# SPDX-License-Identifier: MIT
"""Rules applied: what each concluded, without secrets, and no pass over something that is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from ..core.errors import NotVerifiable
from ..core.model import Finding
from ..share.veil import Veil
from .engine import Case, Missing, NotAbout, Result, Rule
from .folding import Folded


class Veils:
    """Hides the secrets of the captures in what rules say."""

    def __init__(self, cases: Iterable[Case]) -> None:
        self._all: list[Veil] = []
        self._by_file: dict[str, list[Veil]] = {}
        for case in cases:
            self._all.append(case.veil)
            self._by_file.setdefault(case.file, []).append(case.veil)

    def over(self, text: str, file: str) -> str:
        """A text about one file; without a name, about all of them."""
        veils = self._by_file.get(file, self._all) if file else self._all
        for veil in veils:
            text = veil.over(text)
        return text


class Holes:
    """What is missing in the captures: a rule does not pass over it."""

    def __init__(self, cases: tuple[Case, ...]) -> None:
        self._all = cases
        self._by_file: dict[str, list[Case]] = {}
        for case in cases:
            self._by_file.setdefault(case.file, []).append(case)

    def under(self, result: Result, file: str, counts: bool) -> str:
        """Why a pass rests on less than it says; empty if on nothing less."""
        for place in result.evidence:
            for case in self._by_file.get(place.file or file, ()):
                if place.exchange in case.broken:
                    return case.broken[place.exchange]
        if not counts:
            return ""
        cases: Sequence[Case] = self._all
        if file:
            cases = self._by_file.get(file, ())
        return next((case.first_hole for case in cases if case.first_hole), "")


class Judgement:
    """What one rule concluded, target by target."""

    def __init__(self, rule: Rule, veils: Veils, holes: Holes) -> None:
        self.rule = rule
        self._veils = veils
        self._holes = holes
        self._folded = Folded()
        self._fault = ""

    def look(self, target: object, file: str, name: str) -> None:
        """Let the rule judge one target; a rule that breaks costs its own verdict, never that of its neighbours."""
        if self._fault:
            return
        try:
            for result in self.rule.judge(target):
                self._add(self._sure(result, file), file)
        except NotAbout:
            return
        except Missing as missing:
            self._add(Result("not-enough-data", f"{name}{missing}"), file)
        except NotVerifiable as error:
            self._add(Result("not-enough-data", f"{name}{error.reason}"), file)
        except Exception as fault:
            self._fault = type(fault).__name__

    def _sure(self, result: Result, file: str) -> Result:
        """The result; a pass that rests on something that is not whole says so instead."""
        if result.verdict != "pass":
            return result
        reason = self._holes.under(result, file, self.rule.counts)
        if not reason:
            return result
        detail = f"{result.detail}; something may be hidden: {reason}"
        return Result("not-enough-data", detail, result.evidence)

    def _add(self, result: Result, file: str) -> None:
        severity = result.severity or self.rule.severity
        key = (file if result.evidence else "", result.verdict, severity)
        if not self._folded.counts(key, result.detail):
            places = tuple(replace(place, file=place.file or file) for place in result.evidence)
            detail = self._veils.over(result.detail, file)
            self._folded.keep(key, self._finding(replace(result, detail=detail, evidence=places)))

    def _finding(self, result: Result) -> Finding:
        return Finding(
            self.rule.id,
            result.severity or self.rule.severity,
            result.verdict,
            self.rule.title,
            result.detail,
            result.evidence,
            self.rule.source,
        )

    @property
    def findings(self) -> list[Finding]:
        """At least one: what it concluded, or why it could not."""
        if self._fault:
            return [self._finding(Result("not-enough-data", f"the rule broke: {self._fault}"))]
        findings = self._folded.findings
        if not findings:
            nothing = "nothing in this capture that the rule is about"
            return [self._finding(Result("not-applicable", nothing))]
        return findings


Target = tuple[Any, str, str]
Watch = Callable[[Iterable[Target], int], Iterable[Target]]


def unwatched(targets: Iterable[Target], count: int) -> Iterable[Target]:
    """What rules look at, as it is."""
    return targets


def findings(
    rules: Iterable[Rule], cases: tuple[Case, ...], watch: Watch = unwatched
) -> list[Finding]:
    """Each rule says at least once what it concluded, or why it could not; without the secrets of the captures.

    All rules of a kind look at one target before the next, so that what was made of it can be given up.
    """
    veils = Veils(cases)
    holes = Holes(cases)
    judgements = [Judgement(rule, veils, holes) for rule in rules]
    by_kind: dict[int, list[Judgement]] = {}
    for judgement in judgements:
        by_kind.setdefault(id(judgement.rule.kind), []).append(judgement)
    # Kinds that give up their targets come first, while nobody else has asked for them.
    for group in sorted(by_kind.values(), key=lambda group: group[0].rule.kind.release is None):
        _look(group, cases, watch)
    return [finding for judgement in judgements for finding in judgement.findings]


def _look(judgements: Sequence[Judgement], cases: tuple[Case, ...], watch: Watch) -> None:
    """Let all rules of one kind look at each of its targets."""
    kind = judgements[0].rule.kind
    targets = list(kind.targets(cases))
    for target, file, name in watch(targets, len(targets)):
        for judgement in judgements:
            judgement.look(target, file, name)
        if kind.release is not None:
            kind.release(target)
