# SPDX-License-Identifier: MIT
"""What is formally proven, against facts read by hand in the results that the authors published (EMVerify)."""

from __future__ import annotations

import csv
from pathlib import Path

ROWS = list(
    csv.reader(
        (Path(__file__).resolve().parent.parent / "notebooks" / "proven.csv").open(encoding="utf-8")
    )
)
FOUND = {tuple(row[:4]): tuple(row[4:]) for row in ROWS[1:]}
LOW, HIGH = ("none or below the limit", "any"), ("above the limit", "any")


def test_each_configuration_that_can_run_stands_once() -> None:
    assert ROWS[0][4:] == ["issuer accepts", "true to terminal", "true to issuer"]
    assert len(FOUND) == len(ROWS) - 1 == 29
    assert {answer for row in FOUND.values() for answer in row} == {"yes", "no"}
    contact = [key for key in FOUND if key[0] == "contact"]
    assert (
        len(contact) == 24 - 5
    )  # SDA with an enciphered PIN, and an online PIN decided offline, cannot run


def test_contact() -> None:
    assert {answers for key, answers in FOUND.items() if key[:2] == ("contact", "SDA")} == {
        ("no", "no", "no")
    }
    for decided in ("offline", "online"):
        for pin in ("plaintext PIN", "enciphered PIN"):
            assert FOUND["contact", "DDA", pin, decided] == ("no", "no", "no")
            assert FOUND["contact", "CDA", pin, decided] == ("yes", "no", "no")
        assert FOUND["contact", "DDA", "none", decided] == ("no", "no", "yes")
        assert FOUND["contact", "CDA", "none", decided] == ("yes", "yes", "yes")
    assert FOUND["contact", "DDA", "online PIN", "online"] == ("no", "no", "yes")
    assert FOUND["contact", "CDA", "online PIN", "online"] == ("yes", "yes", "yes")


def test_contactless() -> None:
    for amount in ("below the limit", "above the limit"):
        assert FOUND["Visa contactless", "none", amount, "any"] == ("yes", "no", "no")
    assert FOUND["Visa contactless", "fDDA", "below the limit", "any"] == ("no", "no", "yes")
    assert FOUND["Visa contactless", "fDDA", "above the limit", "any"] == ("yes", "yes", "yes")
    for method in ("SDA", "DDA"):
        assert FOUND["Mastercard contactless", method, *LOW] == ("no", "no", "yes")
    for method in ("SDA", "DDA", "CDA"):
        assert FOUND["Mastercard contactless", method, *HIGH] == ("yes", "yes", "yes")
    assert FOUND["Mastercard contactless", "CDA", *LOW] == ("yes", "yes", "yes")
