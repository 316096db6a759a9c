# SPDX-License-Identifier: MIT
"""What happened, for the explorer: each act with its exchanges, steps and statements; and the findings of the rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ...acts import Act, Step, acts
from ...core.model import Evidence, Exchange, Finding
from ..findings import urgency
from .chunk import Data, Say, plain

MAX_ACTS = 20_000
MAX_EXPLAINED = 20  # acts with their steps and proofs: proofs take time
MAX_STATEMENTS = 40  # of a step; proofs of an act
MAX_FINDINGS = 1000
MAX_OF_A_RULE = 40
MAX_PLACES = 16  # of a finding

Place = list[object]


def acts_chunk(exchanges: Sequence[Exchange], say: Say) -> Data:
    """Acts: {headline, kind, outcome, exchanges as ranges [first, last], and of the first ones steps and proofs}."""
    all_acts = acts(exchanges)
    rows = []
    for number, act in enumerate(all_acts[:MAX_ACTS]):
        row: Data = {
            "headline": plain(say(act.headline)),
            "kind": act.kind,
            "outcome": act.outcome,
            "ranges": _ranges(exchange.index for exchange in act.exchanges),
        }
        if number < MAX_EXPLAINED:
            row["steps"] = [_step(step, say) for step in act.steps]
            row["proofs"] = list(_proofs(act, say))
        rows.append(row)
    return {"acts": rows, "more": max(len(all_acts) - MAX_ACTS, 0)}


def _ranges(numbers: Iterable[int]) -> list[list[int]]:
    """Numbers as ranges of those that follow each other."""
    ranges: list[list[int]] = []
    for number in sorted(set(numbers)):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ranges


def _step(step: Step, say: Say) -> Data:
    said = []
    for statement in step.said[:MAX_STATEMENTS]:
        said.append(
            {
                "text": plain(say(statement.text)),
                "agrees": statement.agrees,
                "places": _places(statement.evidence),
            }
        )
    return {
        "name": plain(step.name),
        "ranges": _ranges(exchange.index for exchange in step.exchanges),
        "said": said,
    }


def _proofs(act: Act, say: Say) -> Iterator[Data]:
    for proof in act.proofs[:MAX_STATEMENTS]:
        yield {
            "name": plain(say(proof.name)),
            "verdict": proof.verdict,
            "reason": plain(say(proof.reason)),
            "places": _places(proof.evidence),
        }


def _places(evidence: Sequence[Evidence]) -> list[Place]:
    """Bytes as [exchange, side, start, stop]."""
    return [
        [place.exchange, place.side, place.start, place.stop] for place in evidence[:MAX_PLACES]
    ]


def findings_chunk(
    findings: Iterable[Finding] | None, texts: Mapping[str, str], say: Say, why_not: str = ""
) -> Data:
    """Findings, the worst first: {rule, severity, verdict, title, detail, source, count, text, places}.

    At most so many of a rule and in all; `counts` says how many there are of each verdict. `why_not`: why there are
    none.
    """
    counts: dict[str, int] = {}
    of_rule: dict[tuple[str, str], int] = {}
    rows: list[Data] = []
    for finding in sorted(findings or (), key=urgency):
        counts[finding.verdict] = counts.get(finding.verdict, 0) + finding.count
        if finding.verdict == "not-applicable":
            continue
        key = finding.rule, finding.verdict
        of_rule[key] = of_rule.get(key, 0) + 1
        if of_rule[key] <= MAX_OF_A_RULE and len(rows) < MAX_FINDINGS:
            rows.append(_finding(finding, texts, say))
    return {"findings": rows, "counts": counts, "whyNot": why_not}


def _finding(finding: Finding, texts: Mapping[str, str], say: Say) -> Data:
    return {
        "rule": plain(finding.rule),
        "severity": finding.severity,
        "verdict": finding.verdict,
        "title": plain(say(finding.title)),
        "detail": plain(say(finding.detail)),
        "source": plain(finding.source),
        "text": plain(texts.get(finding.rule, "")),
        "count": finding.count,
        "places": _places(finding.evidence),
    }
