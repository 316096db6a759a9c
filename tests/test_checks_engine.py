# SPDX-License-Identifier: MIT
"""The engine: own rules, every rule says something, and what breaks stays with itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from test_secrets import SELECTED, capture

import cardlib
from cardlib.checks import RULES, Case, Result, Rule, check, rule
from cardlib.checks.engine import elements, evidence_of, whole
from cardlib.model import Evidence, Exchange


@rule("MINE", "info", "a rule of my own", "nobody")
def mine(case: Case) -> Iterator[Result]:
    """Every DF name is
    worth a look."""
    for exchange, side, node in elements(case.exchanges, "84", "85"):
        yield Result("fail", f"{case.file} {len(case.transactions)}", (evidence_of(exchange, side, node),), "critical")


@rule("BROKEN", "low", "a rule that breaks", "nobody")
def broken(case: Case) -> Iterator[Result]:
    """Breaks."""
    yield Result("pass", "so far")
    raise ValueError(case.file)


def test_own_rules_stand_beside_ours() -> None:
    found = cardlib.check(capture(*SELECTED), [*cardlib.RULES, mine])
    assert [f.rule for f in found] == ["X0", "E01", "E33", "MINE"]
    assert found[-1].evidence == (Evidence(0, "response", 2, 11, "(text)"),)
    assert (found[-1].severity, found[-1].detail) == ("critical", "(text) 1")
    assert mine.text == "Every DF name is worth a look."


def test_a_rule_that_says_nothing_is_not_applicable() -> None:
    (one,) = check(capture("00A4040000", "6A82"), [mine])
    assert (one.verdict, one.severity, one.evidence) == ("not-applicable", "info", ())


def test_a_rule_that_breaks_costs_only_its_own_verdict() -> None:
    found = check(capture(*SELECTED), [broken, mine])
    assert [f.verdict for f in found] == ["not-enough-data", "fail"]
    assert found[0].detail == "the rule broke: ValueError"


def test_sources_of_every_kind() -> None:
    one = capture(*SELECTED)
    for source in (one, one.sessions[0], one.exchanges, iter(one.exchanges)):
        assert [f.verdict for f in check(source, [mine])] == ["fail"]
    assert check(one.exchanges, [mine])[0].evidence[0].file == ""


def test_evidence_of_a_whole_half_falls_back_to_the_other() -> None:
    half, none = capture("00A4040000", "").exchanges[0], Exchange(7, 0, None, None)
    assert whole(half, "response") == Evidence(0, "command", 0, 5)
    assert whole(none) == Evidence(7, "response", 0, 0)


def test_shipped_rules_say_who_they_are() -> None:
    assert len({one.id for one in RULES}) == len(RULES)
    assert all(isinstance(one, Rule) and one.text and one.source and one.title for one in RULES)


def test_case_does_not_print_exchanges() -> None:
    assert repr(Case("f", capture(*SELECTED).exchanges, (), ())) == "Case(file='f', problems=())"


REAL = {
    "amex-cda-in.txt": [("X0", "pass"), ("E01", "pass"), ("E33", "not-applicable")],
    "contact-mastercard-in.txt": [
        ("X0", "fail"),
        ("E01", "not-enough-data"),
        ("E01", "pass"),
        ("E33", "not-applicable"),
    ],
    "contact-visa-in.txt": [("X0", "fail"), ("E01", "fail"), ("E01", "fail"), ("E33", "not-applicable")],
    "amex-msd-mobile.txt": [("X0", "pass"), ("E01", "pass"), ("E33", "not-applicable")],
}


@pytest.mark.parametrize("name", REAL)
def test_real_dialogues(real_captures: Path, name: str) -> None:
    found = cardlib.check(real_captures / "emv-bertlv" / name)
    assert [(f.rule, f.verdict) for f in found] == REAL[name]
