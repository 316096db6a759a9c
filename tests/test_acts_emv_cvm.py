# SPDX-License-Identifier: MIT
"""The CVM list evaluated by hand-written facts (EMV 4.4 Book 3, 10.5 and annex C3)."""

from __future__ import annotations

from typing import Any

import pytest
from test_acts_emv_dialogue import looked
from test_secrets import command, tlv

from cardlib.acts.emv.cvm import claims_pin, judge, pin_done
from cardlib.acts.emv.cvm_rules import due, rules
from cardlib.acts.emv.dialogue import Statement

X100_Y500 = "0000006400" + "0001F4"
VERIFY = command("00200080", "241234FFFFFFFFFF")
CAN_NOTHING, NO_PIN_PAD = "E000C8", "E028C8"


def verdict(rule: str, **changes: Any) -> tuple[bool | None, str]:
    """Whether the only rule of a list applies, and why not."""
    card = {"8E": X100_Y500 + rule, **changes.pop("card", {})}
    (judged,) = rules(looked(card=card, **changes))
    return judged.applies, judged.why


@pytest.mark.parametrize(
    ("rule", "terminal", "applies", "why"),
    [
        ("0100", {}, True, ""),
        ("0100", {"9F33": NO_PIN_PAD}, False, "the terminal cannot do it (9F33 E028C8)"),
        ("0100", {"9F33": ""}, None, "the terminal capabilities (9F33) are not here"),
        ("0100", {"9F33": "E0F8"}, None, "the terminal capabilities (9F33) are not here"),
        ("0103", {"9F33": ""}, None, "the terminal capabilities (9F33) are not here"),
        ("0203", {"9F33": "E0B8C8"}, False, "the terminal cannot do it (9F33 E0B8C8)"),
        ("0303", {"9F33": "E080C8"}, False, "the terminal cannot do it (9F33 E080C8)"),
        ("0403", {"9F33": "E001C8"}, True, ""),
        ("0503", {"9F33": "E030C8"}, True, ""),
        ("0603", {"9F33": "E002C8"}, True, ""),
        ("0703", {"9F33": "E002C8"}, False, "the terminal cannot do it (9F33 E002C8)"),
        ("1E03", {"9F33": "E020C8"}, True, ""),
        ("1F03", {"9F33": "E020C8"}, False, "the terminal cannot do it (9F33 E020C8)"),
        ("1100", {}, False, "a method that EMV does not define"),
        ("1F7F", {}, False, "a condition that EMV does not define"),
        ("1F01", {}, False, "no cash is asked for"),
        ("1F01", {"9C": "01", "9F35": "14"}, True, ""),
        ("1F01", {"9C": "01", "9F35": "22"}, False, "the terminal is attended"),
        ("1F01", {"9C": "01", "9F35": ""}, None, "the terminal type (9F35) is not here"),
        ("1F01", {"9C": "01", "9F35": "EA"}, None, "the terminal type (9F35) is not here"),
        ("1F04", {"9C": "01", "9F35": "22"}, True, ""),
        ("1F04", {"9C": "17", "9F35": "14"}, False, "the terminal is unattended"),
        ("1F02", {}, True, ""),
        ("1F02", {"9C": "01"}, False, "it is a cash transaction"),
        ("1F02", {"9C": "09"}, False, "it is a cashback transaction"),
        ("1F02", {"9F03": "000000000100"}, False, "it is a cashback transaction"),
        ("1F02", {"9C": ""}, None, "the transaction type (9C) is not here"),
        ("1F02", {"9C": "20"}, True, ""),
        ("1F05", {"9C": "09"}, True, ""),
        ("1F05", {}, False, "it is a purchase transaction"),
    ],
)
def test_conditions_and_capabilities(
    rule: str, terminal: dict[str, str], applies: bool | None, why: str
) -> None:
    assert verdict(rule, terminal=terminal) == (applies, why)


@pytest.mark.parametrize(
    ("condition", "amount", "applies", "why"),
    [
        ("06", "99", True, ""),
        ("06", "100", False, "the amount 100 is not under 100"),
        ("07", "100", False, "the amount 100 is not over 100"),
        ("07", "101", True, ""),
        ("08", "499", True, ""),
        ("08", "500", False, "the amount 500 is not under 500"),
        ("09", "501", True, ""),
        ("09", "500", False, "the amount 500 is not over 500"),
    ],
)
def test_amounts(condition: str, amount: str, applies: bool, why: str) -> None:
    told = verdict(f"1F{condition}", card={"9F42": "0978"}, terminal={"9F02": amount.zfill(12)})
    assert told == (applies, why)


def test_amounts_in_another_currency_in_none_and_in_no_digits() -> None:
    own = {"9F42": "0978"}
    assert verdict("1F06", card={"9F42": "0840"}) == (
        False,
        "the currency is another than that of the card",
    )
    assert verdict("1F06") == (False, "the card names no currency (9F42)")
    unknown = (None, "amount (9F02) or currency (5F2A, 9F42) is not here")
    assert verdict("1F06", card=own, terminal={"9F02": "00000000009A"}) == unknown
    assert verdict("1F06", card=own, terminal={"9F02": "0099"}) == unknown
    assert verdict("1F06", card=own, terminal={"5F2A": ""}) == unknown
    assert verdict("1F06", card={"9F42": "978000"}) == unknown


@pytest.mark.parametrize(
    ("listed", "caps", "place"),
    [
        ("41034203", "E0F8C8", (0, True)),
        ("41034203", "E040C8", (1, True)),
        ("4103", CAN_NOTHING, (None, True)),
        (
            "01001F00",
            "E008C8",
            (None, True),
        ),  # the first rule must succeed and cannot be done: the list stops
        ("41001F00", "E008C8", (1, True)),
        ("41031F00", "", (None, False)),
    ],
)
def test_which_rule_is_due(listed: str, caps: str, place: tuple[int | None, bool]) -> None:
    d = looked(card={"8E": "0000000000000000" + listed}, terminal={"9F33": caps})
    assert due(rules(d)) == place


def said(part: str, **changes: Any) -> Statement:
    """The one statement that begins like this."""
    found = [one for one in judge(looked(**changes)) if one.text.startswith(part)]
    assert len(found) == 1, [one.text for one in judge(looked(**changes))]
    return found[0]


@pytest.mark.parametrize(
    ("terminal", "agrees", "end"),
    [
        ({}, True, "rule 1, as the list demands"),
        ({"9F34": "010302"}, True, "rule 1, as the list demands"),
        (
            {"9F34": "1E0300", "95": "0000108000"},
            True,
            "rule 3, since rule 1 failed: PIN pad absent or broken",
        ),
        (
            {"9F34": "1E0300"},
            False,
            "rule 3, although rule 1 was due and the TVR names no reason to leave it",
        ),
        (
            {"9F34": "020300", "9F33": "E0B8C8"},
            False,
            "rule 2, although the terminal cannot do it (9F33 E0B8C8)",
        ),
        ({"9F34": "010002"}, False, "no rule of the list says so"),
        ({"9F34": "3F0000"}, False, "rule 1 was to be tried"),
        ({"9F34": "3F0001", "95": "0000808000"}, False, "rule 1 was to be tried"),
        ({"9F34": "3F0001", "9F33": "E000C8", "95": "0000808000"}, None, "failed"),
        ({"9F33": ""}, True, "rule 1, the first of the list"),
        ({"9F33": "", "9F34": "420300"}, None, "rule 2; which one was due is not known"),
        ({"9F34": "1E0300", "95": ""}, None, "rule 3; why rule 1 was left is not known"),
    ],
)
def test_results_against_the_list(terminal: dict[str, str], agrees: bool | None, end: str) -> None:
    one = said("CVM results", terminal=terminal)
    assert one.text.endswith(end)
    assert one.agrees is agrees and one.evidence


def test_a_list_that_stops_before_the_rule_that_was_used() -> None:
    one = said(
        "CVM results", card={"8E": "0000000000000000" + "01031E03"}, terminal={"9F34": "1E0300"}
    )
    assert one.agrees is False and one.text.endswith("although rule 1 ends the list")
    reasons = {"9F34": "1E0300", "95": "0000108000"}
    one = said("CVM results", card={"8E": "0000000000000000" + "410302031E03"}, terminal=reasons)
    assert one.agrees is False and one.text.endswith("although rule 2 ends the list")


def test_a_list_that_ends_with_what_the_terminal_cannot_do() -> None:
    card, terminal = {"8E": "0000000000000000" + "01001E03"}, {"9F34": "1E0300", "9F33": "E020C8"}
    one = said("CVM results", card=card, terminal=terminal)
    assert one.agrees is False and one.text.endswith("although rule 1 ends the list")


def test_a_rule_that_says_fail() -> None:
    failed = {"9F34": "000001", "95": "0000A08000"}
    one = said("CVM results", card={"8E": "0000000000000000" + "41030000"}, terminal=failed)
    assert one.agrees is True and one.text.endswith(
        "rule 2, since rule 1 failed: PIN try limit exceeded"
    )


def test_a_wrong_pin_is_a_reason_to_go_on() -> None:
    one = said("CVM results", terminal={"9F34": "1E0300"}, between=((VERIFY, "63C2"),))
    assert one.agrees is True and one.text.endswith(
        "since rule 1 failed: 63C2 wrong; tries left: 2"
    )


def test_verification_on_the_device_as_kernel_2_writes_it() -> None:
    one = said("CVM results", terminal={"9F34": "010002"}, aip="1B80")
    assert one.agrees is None and "verification on the device" in one.text


@pytest.mark.parametrize(
    ("terminal", "between", "text"),
    [
        ({"95": "0000808000"}, (), "TVR and CVM results differ on whether it was successful"),
        ({"9F34": "410301"}, (), "TVR and CVM results differ on whether it was successful"),
        ({"95": "0000048000"}, (), "TVR and CVM results differ on whether the PIN goes online"),
        ({"9F34": "420300"}, (), "TVR and CVM results differ on whether the PIN goes online"),
        ({}, ((VERIFY, "63C2"),), "the answer to VERIFY and the CVM results differ"),
        (
            {"9F34": "410301", "95": "0000808000"},
            ((VERIFY, "9000"),),
            "the answer to VERIFY and the CVM results differ",
        ),
    ],
)
def test_contradictions(
    terminal: dict[str, str], between: tuple[tuple[str, str], ...], text: str
) -> None:
    assert said(text, terminal=terminal, between=between).agrees is False


def test_no_contradiction_in_a_good_payment_and_no_verdict_without_data() -> None:
    good = list(judge(looked(between=((VERIFY, "9000"),))))
    assert {one.agrees for one in good} == {None, True}
    assert "VERIFY: the card found the PIN correct" in [one.text for one in good]
    bare = list(judge(looked(terminal={"9F34": "", "95": "", "9F33": ""})))
    assert {one.agrees for one in bare} == {None}
    assert bare[-1].text == "which method was used (9F34) is not in this capture"


@pytest.mark.parametrize("listed", ["", "00", "0000000000000000", "00000000000000001F"])
def test_lists_without_a_rule(listed: str) -> None:
    first = next(judge(looked(card={"8E": listed})))
    assert first.text in ("no CVM list (8E) in this capture", "the CVM list (8E) holds no rule")


def test_a_card_without_cardholder_verification() -> None:
    assert said("the AIP offers no cardholder verification", aip="2C00").agrees is None


def test_pin_tries() -> None:
    tries = ("80CA9F1700", tlv("9F17", "03") + "9000")
    assert said("PIN tries left", between=(tries,)).text == "PIN tries left: 3"


@pytest.mark.parametrize(
    ("aid", "cvr", "done"),
    [
        ("A0000000031010", "A40000", True),
        ("A0000000031010", "A00001", False),
        ("A0000000031010", "A60000", False),
        ("A0000000041010", "A50000000000", True),
        ("A0000000041010", "A40000000000", False),
        ("A0000000041010", "A50000200000", False),
        ("A0000000651010", "A008000000", True),
        ("A0000000651010", "A00C000000", False),
        ("A0000000651010", "A40000", None),
        ("A0000000031010", "", None),
    ],
)
def test_whether_the_card_says_that_it_accepted_a_pin(
    aid: str, cvr: str, done: bool | None
) -> None:
    assert pin_done(aid, bytes.fromhex(cvr)) is done


@pytest.mark.parametrize(
    ("results", "claims"),
    [
        ("410302", True),
        ("040002", True),
        ("030300", True),
        ("010300", False),
        ("010301", False),
        ("420302", False),
    ],
)
def test_whether_the_terminal_says_that_the_card_accepted_a_pin(results: str, claims: bool) -> None:
    assert claims_pin(bytes.fromhex(results)) is claims


def test_a_card_that_saw_no_pin_and_one_that_did() -> None:
    for cvr, agrees, end in (
        ("A00001", False, "accepted none"),
        ("A40000", True, "accepted a PIN, too"),
    ):
        one = said("CVM results: a PIN", more=tlv("9F10", f"06010A03{cvr}"))
        assert one.agrees is agrees and one.text.endswith(end) and len(one.evidence) == 2
    phone = {"more": tlv("9F10", "06010A03A00001"), "aip": "3E00"}
    assert not [one for one in judge(looked(**phone)) if one.text.startswith("CVM results: a PIN")]
