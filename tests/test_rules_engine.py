# SPDX-License-Identifier: MIT
"""The engine: own rules, every rule says something, and what breaks stays with itself."""

from __future__ import annotations

import importlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from dialogue import captured, evidence, lines, payment
from test_secrets import SELECTED, capture

import cardlib
from benchmarks import rules
from cardlib import Capture
from cardlib.core.errors import NotVerifiable
from cardlib.core.model import Context, Evidence, Exchange, Node
from cardlib.road import meaning
from cardlib.rules import (
    RULES,
    THEMES,
    Case,
    Given,
    Payment,
    Result,
    Rule,
    check,
    payment_rule,
    rule,
    series_rule,
)
from cardlib.rules.engine import whole_half
from cardlib.rules.folding import MOST_ALIKE


@rule("MINE", "info", "a rule of my own", "nobody")
def mine(case: Case) -> Iterator[Result]:
    """Every DF name is
    worth a look."""
    for name in (name for one in case.payments for name in one.all("84")):
        yield Result("fail", f"{case.file} {len(case.payments)}", (name.evidence,), "critical")


@rule("BROKEN", "low", "a rule that breaks", "nobody")
def broken(case: Case) -> Iterator[Result]:
    """Breaks."""
    yield Result("pass", "so far")
    raise ValueError(case.file)


def test_own_rules_stand_beside_ours() -> None:
    found = cardlib.check(capture(*SELECTED), [*cardlib.RULES[:2], mine])
    assert [f.rule for f in found] == ["X0", "E01", "MINE"]
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


@rule("SHORT", "low", "a value of the wrong size", "nobody")
def short(case: Case) -> Iterator[Result]:
    """Computes."""
    raise NotVerifiable(f"{len(case.exchanges)} bytes are too few")
    yield


def test_what_cannot_be_computed_is_not_enough_data() -> None:
    (finding,) = check(capture(*SELECTED), [short])
    assert (finding.verdict, finding.detail) == ("not-enough-data", "1 bytes are too few")


def test_sources_of_every_kind() -> None:
    one = capture(*SELECTED)
    for source in (one, one.sessions[0], one.exchanges, iter(one.exchanges)):
        assert [f.verdict for f in check(source, [mine])] == ["fail"]
    assert check(one.exchanges, [mine])[0].evidence[0].file == ""


def test_evidence_of_a_whole_half_falls_back_to_the_other() -> None:
    half, none = capture("00A4040000", "").exchanges[0], Exchange(7, 0, None, None)
    assert whole_half(half, "response") == Evidence(0, "command", 0, 5)
    assert whole_half(none) == Evidence(7, "response", 0, 0)


def test_every_rule_has_a_capture_on_which_it_fails_and_one_on_which_it_passes() -> None:
    """The two stand in a test of the theme: in CASES (or WITH_LIMIT), or in a test that names the rule."""
    shown: set[str] = set()
    for theme in THEMES:
        stem = theme.__name__.removeprefix("cardlib.").replace(".", "_")
        files = sorted(Path(__file__).parent.glob(f"test_{stem}*.py"))
        assert files, stem
        for file in files:  # a theme of several files may have several tests
            module = importlib.import_module(file.stem)
            shown |= {*getattr(module, "CASES", ()), *getattr(module, "WITH_LIMIT", ())}
    assert {one.id for one in RULES} - shown == {
        "X0",
        "E16",
        "E52",
        "E73",
        "I17",
        "I21",
        "I22",
        "P08",
    }  # each has a test of its own


def test_the_page_of_rules_is_up_to_date() -> None:
    assert rules.FILE.read_text("utf-8") == rules.page(), "make rules"


def test_shipped_rules_say_who_they_are() -> None:
    assert len({one.id for one in RULES}) == len(RULES)
    assert all(isinstance(one, Rule) and one.text and one.source and one.title for one in RULES)
    assert [
        one.id for one in RULES if not re.search(r"[.:] Do: .+\.$|^Missing halves", one.text)
    ] == []


@payment_rule("ASKS", "low", "asks for what is not there", "nobody")
def asks(one: Payment) -> Iterator[Result]:
    """Needs a tag."""
    yield Result("pass", one.need("9F36", 2, "response").hex)


@series_rule("ALL", "low", "looks at all of them", "nobody")
def everything(cases: tuple[Case, ...]) -> Iterator[Result]:
    """Counts."""
    yield Result("pass", f"{len(cases)} of {sum(len(case.payments) for case in cases)}")


def test_what_a_rule_needs_and_does_not_find() -> None:
    assert [f.detail for f in check(payment(), [asks])] == ["0012"]
    (one,) = check(payment(first={"9F36": None}, second={"9F36": "12"}), [asks])
    assert (one.verdict, one.detail) == (
        "not-enough-data",
        "Visa credit or debit: no 9F36 of 2 bytes in this capture",
    )


def test_several_captures() -> None:
    two = [payment(), payment(ask2=None)]
    assert [f.detail for f in check(two, [everything])] == ["2 of 2"]
    assert [f.detail for f in check(two, [asks])] == ["0012", "0012"]
    assert [f.detail for f in check(two[0], [everything])] == ["1 of 1"]


def test_what_the_caller_knows() -> None:
    assert Case(payment(), Given(cvm_limit=5000)).given.cvm_limit == 5000


def test_holes() -> None:
    whole_one, cut = Case(payment(), Given()), Case(payment(before=("00B2020C00", "")), Given())
    assert whole_one.hole(whole_one.exchanges) == ""
    assert cut.hole(cut.exchanges) == "a command without an answer"
    damaged = Case(cardlib.read_text("> 00A4040000\n< 90 0\n> 00A4040000\n< 9000\n"), Given())
    assert damaged.hole(damaged.exchanges) == "a part of the capture is damaged"


OTHERS = {  # what fails on dialogues of real test cards beside what was expected of them, each with its reason
    "X5": "every dialogue holds a card number and track 2",
    "E12": "keys of 1024 and 896 bits, as cards had in 2012",
    "E11": "the issuer certificate opens under key EF of Mastercard, which is for tests",
    "E97": "cryptograms recompute under the published keys of Mastercard's and Visa's test cards",
    "E99": "the Visa test card uses cryptogram version 10, without session keys",
    "E37": "a list in which each method may fail, and no CVM is the last",
    "E69": "the list of the mag-stripe card asks for the unpredictable number alone",
    "X0": "a command without its answer, an answer of four zeros without a status word",
}
REAL = {
    "amex-cda-in.txt": {"E17", "E69"},
    "contact-mastercard-in.txt": {"X0", "E04", "E68", "E91"},
    "contact-visa-in.txt": {"E01", "E69", "E91", "E93"},
    "amex-msd-mobile.txt": {"E17", "E68"},
}
BYTES = {
    ("amex-cda-in.txt", "E17"): ["8E0C", "5F28"],
    ("amex-msd-mobile.txt", "E17"): ["8C03", "8D05"],
    ("contact-visa-in.txt", "E93"): ["6700", "40"],
}


@pytest.mark.parametrize("name", REAL)
def test_real_dialogues(real_captures: Path, name: str) -> None:
    found = cardlib.check(real_captures / "emv-bertlv" / name)
    failing = {f.rule for f in found if f.verdict == "fail"}
    assert failing >= REAL[name] and sorted(failing - REAL[name] - set(OTHERS)) == []


@pytest.mark.parametrize(("name", "rule"), BYTES)
def test_real_dialogues_show_the_right_bytes(real_captures: Path, name: str, rule: str) -> None:
    one = cardlib.read(real_captures / "emv-bertlv" / name)
    (found,) = [f for f in cardlib.check(one) if (f.rule, f.verdict) == (rule, "fail")]
    shown = evidence(found, one)
    assert [
        text[: len(start)] for text, start in zip(shown, BYTES[name, rule], strict=True)
    ] == BYTES[name, rule]


def many_payments(count: int) -> Capture:
    """Payments of one card, one after the other, each with a number of its own."""
    rows = []
    for place in range(count):
        rows += lines(terminal={"9F37": f"{place:08X}"})
    return captured(rows)


@pytest.mark.parametrize("count", [3, 30])
def test_each_exchange_is_decoded_once_whatever_the_number(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture = many_payments(count)
    decoded: Counter[int] = Counter()
    original = meaning.decode

    def counted(exchange: Exchange, context: Context | None = None) -> Node:
        decoded[exchange.index] += 1
        return original(exchange, context)

    monkeypatch.setattr(meaning, "decode", counted)
    check(capture, RULES)
    assert set(decoded.values()) == {1}
    # Of seven exchanges the number of the terminal makes two differ; the first SELECT has no application before it.
    assert decoded.total() <= 8 + 2 * (count - 1)


def test_findings_that_repeat_are_counted() -> None:
    few, many = (check(many_payments(count), RULES) for count in (40, 60))
    per_rule = Counter(finding.rule for finding in many)
    assert len(many) == len(few) and max(per_rule.values()) <= 2 * (MOST_ALIKE + 1)
    pins = [finding for finding in many if finding.rule == "E33"]
    assert sum(finding.count for finding in pins) == 60 and pins[0].count == 60 - MOST_ALIKE + 1


@rule("COUNTS", "low", "another text each time", "nobody")
def counts_up(case: Case) -> Iterator[Result]:
    """Counts."""
    for place in range(1000):
        yield Result("fail", f"case {place}")


def test_findings_that_differ_are_counted_in_the_first_of_the_rest() -> None:
    found = check(capture(*SELECTED), [counts_up])
    assert len(found) == MOST_ALIKE + 1
    assert (found[-1].detail, found[-1].count) == (f"case {MOST_ALIKE}", 1000 - MOST_ALIKE)


def test_rules_over_several_payments_do_not_miss_what_was_given_up() -> None:
    """A rule of a user's own asks for a tag that no shipped rule compares."""

    @series_rule("LATER", "low", "asks late", "nobody")
    def later(cases: tuple[Case, ...]) -> Iterator[Result]:
        """Asks."""
        amounts = [len(one.all("9F02", "command")) for case in cases for one in case.payments]
        yield Result("pass", str(amounts))

    found = check(many_payments(3), [*RULES, later])
    assert found[-1].detail == "[2, 2, 2]"


def test_what_is_judged_is_shown_to_a_watcher() -> None:
    seen: list[int] = []

    def watch(targets: Iterable[Any], count: int) -> Iterable[Any]:
        seen.append(count)
        return targets

    check(many_payments(4), RULES, watch=watch)
    assert seen[0] == 4
