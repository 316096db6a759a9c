# SPDX-License-Identifier: MIT
"""The digest of findings: order, grouping, and nothing of a stranger's text unescaped."""

from __future__ import annotations

from dataclasses import replace

from cardlib.core.model import Evidence, Finding, Severity, Verdict
from cardlib.show.findings import Findings, digest


def finding(
    rule: str, verdict: Verdict, severity: Severity = "low", detail: str = "d", file: str = "a"
) -> Finding:
    return Finding(rule, severity, verdict, "title", detail, (Evidence(0, "command", 0, 1, file),))


def test_failures_first_and_the_severe_ones_before() -> None:
    found = [
        finding("P", "pass"),
        finding("L", "fail"),
        finding("C", "fail", "critical"),
        finding("N", "not-enough-data"),
    ]
    assert [row.split()[0] for row in digest(found)] == ["FAIL", "FAIL", "NOT-ENOUGH-DATA", "PASS"]
    assert "critical" in next(digest(found))


def test_ten_cases_of_a_rule_and_how_many_more_there_are() -> None:
    found = [finding("A", "fail", detail=str(number)) for number in range(35)] + [
        finding("B", "fail")
    ]
    assert (
        len(list(digest(found))) == 12
        and list(digest(found))[10].strip() == "... 25 more A findings"
    )
    assert len(list(digest(found, every=True))) == 36


def test_what_is_missing_is_said_once_and_the_most_wanted_first() -> None:
    found = [
        finding("A", "not-enough-data", detail="x"),
        *(finding(r, "not-enough-data", detail="y") for r in "BC"),
    ]
    assert [row.split("  ", 1)[1] for row in digest(found)] == [
        "y; not judged: title (B), title (C)",
        "x; not judged: title (A)",
    ]


def test_other_verdicts_are_counted_or_listed() -> None:
    found = [finding(rule, "pass") for rule in "ABC"]
    assert [row.split("  ")[-1].strip() for row in digest(found)] == ["3 rules passed: A, B, C"]
    assert len(list(digest(found, every=True))) == 3


def test_what_is_not_here_is_a_number() -> None:
    found = [finding(rule, "not-applicable") for rule in "ABC"]
    (row,) = digest(found)
    assert row.split() == [
        "NOT-APPLICABLE",
        "3",
        "rules",
        "about",
        "what",
        "this",
        "capture",
        "does",
        "not",
        "hold",
        "(--all)",
    ]
    assert len(list(digest(found, every=True))) == 3


def test_many_rules_that_lack_the_same_are_one_line() -> None:
    (row,) = digest([finding(f"R{place}", "not-enough-data") for place in range(9)])
    assert row.endswith("title (R5), and 3 more rules: R6, R7, R8")


def test_a_repeated_finding_says_how_often() -> None:
    often = replace(finding("A", "fail"), count=7)
    assert next(digest([often])).endswith(" (7 times)")
    hidden = [finding("A", "fail", detail=str(place)) for place in range(10)]
    assert list(digest([*hidden, often]))[-1].strip() == "... 7 more A findings"


def test_the_file_is_named_where_there_are_several() -> None:
    one = [finding("A", "fail", file="a"), finding("B", "fail", file="b")]
    assert [row[-5:] for row in digest(one)] == [" in a", " in b"]
    assert not next(digest(one[:1])).endswith(" in a")


def test_text_of_a_stranger_is_escaped() -> None:
    evil = "\x1b[31m<script>\n"
    for verdict in ("fail", "not-enough-data"):
        found = Findings(
            [finding("A", verdict, detail=evil, file=evil), finding("B", verdict, file="b")]
        )
        assert "\x1b" not in str(found) and "\n<" not in str(found)
        assert "<script>" not in found._repr_html_()
