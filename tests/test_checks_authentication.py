# SPDX-License-Identifier: MIT
"""Rule E01: no offline data authentication, a capture on which it fails and its twin on which it passes."""

from __future__ import annotations

import pytest
from test_secrets import SELECTED, capture, tlv

from cardlib import Finding
from cardlib.checks import check
from cardlib.checks.authentication import no_offline_authentication


def findings(aip: str, terminal: str = "", pdol: bool = False) -> list[Finding]:
    selected = (SELECTED[0], tlv("6F", tlv("84", "A0000000031010") + tlv("A5", tlv("9F38", "9F3501"))) + "9000")
    options = ("80A80000" + f"{2 + len(terminal) // 2:02X}" + tlv("83", terminal) + "00", f"{aip}9000")
    return check(capture(*(selected if terminal else SELECTED), *options), [no_offline_authentication])


def answer(aip: str) -> str:
    return tlv("77", tlv("82", aip) + tlv("94", "08010100"))


def places(finding: Finding) -> list[tuple[int, str, int, int]]:
    return [(e.exchange, e.side, e.start, e.stop) for e in finding.evidence]


def test_fail() -> None:
    (one,) = findings(answer("1C00"))
    assert (one.rule, one.severity, one.verdict) == ("E01", "medium", "fail")
    assert one.detail == "AIP offers no SDA, DDA, CDA or XDA"
    assert places(one) == [(1, "response", 2, 6)]


@pytest.mark.parametrize(("aip", "names"), [("7D00", "SDA, DDA, CDA"), ("8000", "XDA"), ("2000", "DDA")])
def test_pass(aip: str, names: str) -> None:
    (one,) = findings(answer(aip))
    assert (one.verdict, one.detail) == ("pass", f"AIP offers {names}")
    assert places(one) == [(1, "response", 2, 6)]


def test_format_1_has_its_evidence_without_a_tag() -> None:
    (one,) = findings(tlv("80", "1C0008010100"))
    assert (one.verdict, places(one)) == ("fail", [(1, "response", 2, 4)])


@pytest.mark.parametrize(("terminal", "severity"), [("21", "info"), ("22", "medium")])
def test_an_online_only_terminal_does_not_need_it(terminal: str, severity: str) -> None:
    (one,) = findings(answer("1C00"), terminal)
    assert (one.verdict, one.severity) == ("fail", severity)


def test_not_enough_data() -> None:
    (one,) = findings("")
    assert (one.verdict, one.detail) == ("not-enough-data", "Visa credit or debit: no 82 in this capture")


def test_not_applicable() -> None:
    (one,) = check(capture("00A40004023F00", "9000"), [no_offline_authentication])
    assert one.verdict == "not-applicable"
