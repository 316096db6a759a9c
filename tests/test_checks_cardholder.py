# SPDX-License-Identifier: MIT
"""Rule E33: PIN in clear on the wire, a capture on which it fails and its twin on which it passes."""

from __future__ import annotations

import pytest
from test_secrets import SELECTED, capture, command

from cardlib import Finding
from cardlib.checks import check
from cardlib.checks.cardholder import plaintext_pin

BLOCK = "241234FFFFFFFFFF"


def finding(*lines: str) -> Finding:
    (one,) = check(capture(*SELECTED, *lines), [plaintext_pin])
    assert one.rule == "E33" and one.severity == "high" and "CanSecWest" in one.source
    return one


def test_fail() -> None:
    one = finding(command("00200080", BLOCK), "9000")
    assert one.verdict == "fail" and "redact" in one.detail
    assert [(e.exchange, e.side, e.start, e.stop) for e in one.evidence] == [(1, "command", 5, 13)]


def test_pass() -> None:
    one = finding(command("00200088", BLOCK * 16), "9000")
    assert (one.verdict, one.detail) == ("pass", "VERIFY sends an enciphered PIN")
    assert [(e.start, e.stop) for e in one.evidence] == [(5, 133)]


@pytest.mark.parametrize(("header", "form"), [("00200000", "00"), ("04200080", "80")])
def test_not_enough_data(header: str, form: str) -> None:
    one = finding(command(header, BLOCK), "9000")
    assert (one.verdict, one.detail) == ("not-enough-data", f"VERIFY with reference {form}: form of the PIN unknown")


@pytest.mark.parametrize("lines", [(), ("00200080", "63C3"), ("", "9000")])
def test_not_applicable(lines: tuple[str, ...]) -> None:
    assert finding(*lines).verdict == "not-applicable"


def test_other_applications_are_not_its_business() -> None:
    (one,) = check(capture("00A40004023F00", "9000", command("00200080", BLOCK), "9000"), [plaintext_pin])
    assert one.verdict == "not-applicable"
