# SPDX-License-Identifier: MIT
"""Which factors a session proved, on whose word; and the templates that say what a card compares."""

from __future__ import annotations

import pytest
from dialogue import captured

import cardlib
from cardlib.road.meaning import halves
from cardlib.show.factors import NONE
from conftest import ROOT

TRACES = ROOT / "traces"
KEYS = TRACES / "makers" / "keyring.toml"
PIV = ["00A4040009A00000030800001000", "9000"]
FINGER = "00210096237F2E20811E" + "00" * 30
BIT = "7F6019830196A1148101088201098702010188020005B10481020A3C9000"
Row = tuple[str, str, int | None]


def rows(capture: cardlib.Capture, keys: bool = False) -> list[Row]:
    found = cardlib.factors(capture, keys=[KEYS] if keys else ())
    return [(factor.kind, factor.outcome, factor.tries) for factor in found]


def trace(name: str) -> set[Row]:
    path = TRACES / f"{name}.card.jsonl"
    return set(rows(cardlib.read(path, keys=[KEYS]), keys=True))


@pytest.mark.parametrize("lines", [["0020008000", "63C3"], ["002000800812", "9000"], [FINGER, ""]])
def test_what_proves_nothing(lines: list[str]) -> None:
    """A question for the tries, a command that is cut off, no answer."""
    assert all(row[1] != "proved" for row in rows(captured([*PIV, *lines])))


def test_a_question_is_no_verification() -> None:
    assert rows(captured([*PIV, "0020008000", "63C3"])) == []
    assert NONE in str(cardlib.factors(captured([*PIV])))


def test_a_finger_and_a_code_that_the_card_compared() -> None:
    pin = "0020008008313233343536FFFF"
    capture = captured([*PIV, FINGER, "63C2", FINGER, "9000", pin, "9000", pin, "6983"])
    assert rows(capture) == [
        ("biometric", "failed", 2),
        ("biometric", "claimed", None),
        ("knowledge", "claimed", None),
        ("knowledge", "failed", 0),
    ]


def test_a_chip_proves_itself_and_a_copy_does_not() -> None:
    assert trace("passport_pace") == {("card", "proved", None)}
    assert trace("attack_passport_copy") == {("card", "failed", None)}


def test_the_pin_of_a_payment_is_proved_where_the_cryptogram_covers_it() -> None:
    assert ("knowledge", "proved", None) in trace("contact_cda")
    assert ("knowledge", "failed", 1) in trace("contact_wrong_pin")
    without_keys = rows(cardlib.read(TRACES / "contact_cda.card.jsonl"))
    assert ("card", "failed", None) not in without_keys


def test_a_pin_that_somebody_in_between_said_was_right() -> None:
    """Murdoch and others 2010: the answer and the terminal say so, the card does not."""
    found = trace("attack_no_pin")
    assert ("knowledge", "failed", None) in found
    assert ("knowledge", "proved", None) not in found


def test_a_device_only_claims() -> None:
    assert trace("tap_wallet") == {("card", "proved", None), ("device", "claimed", None)}


def test_what_a_card_compares_is_read() -> None:
    """One template: reference 96, the right index finger, 10 to 60 minutiae."""
    capture = captured([*PIV, "00CB3FFF045C027F6100", BIT])
    nodes = [node for _, half in halves(capture.exchanges[1]) for _, node in half.walk()]
    texts = {node.name: node.text for node in nodes}
    assert (texts["kind"], texts["which one"]) == ("fingers", "right index finger")
    assert (texts["least"], texts["most"]) == ("10", "60")
    assert next(node.value for node in nodes if node.name == "reference for VERIFY") == b"\x96"


def test_lines_say_session_by_session_what_was_proved() -> None:
    text = str(cardlib.factors(TRACES / "tap_wallet.card.jsonl", keys=[KEYS]))
    assert text.startswith("session 0: proved: card; only claimed: device")
