# SPDX-License-Identifier: MIT
"""Rules about payments over the air, each with a capture on which it fails and one on which it passes."""

from __future__ import annotations

import pytest
from dialogue import CARD, MASTERCARD, UNIONPAY, captured, contactless, evidence, fails_and_passes, judged, payment, tlv

import cardlib
from cardlib import Capture

PHONE_IAD = "1F4A6331A0000000001003027300000000400000000000000000000000000000"
RELAY = ("80EA0000045C1A0E7700", "800A01020304000A003200109000")
SIGNED = {"9F4B": "AB" * 16}
LIMIT = {"cvm_limit": 5000}
LARGE = {"9F02": "000000005001"}


def mag_stripe(aip: str = "0000", track: str = "003E", used: str = "01", times: int = 1) -> Capture:
    """COMPUTE CRYPTOGRAPHIC CHECKSUM with a number of popcount(9F66) - 9F67 digits."""
    lines = [
        "00A4040007A000000004101000",
        "6F098407A00000000410109000",
        "80A80000028300",
        f"770A8202{aip}9404080101009000",
        "00B2010C00",
        "70"
        + f"{len(tlv('9F66', track) + tlv('9F67', used)) // 2:02X}"
        + tlv("9F66", track)
        + tlv("9F67", used)
        + "9000",
    ]
    for place in range(times):
        lines += [f"802A8E80040000{place:04X}00", "770F9F6102AABB9F6002CCDD9F36020001" + "9000"]
    return captured(lines)


def relay(milliseconds: float, most: str = "0032") -> Capture:
    """One EXCHANGE RELAY RESISTANCE DATA that took so long, as the own capture format has it."""
    rows = ['{"card_capture": 1}', '{"session": 0, "interface": "contactless", "clock": "host"}']
    rows += [
        f'{{"from": "{who}", "kind": "apdu", "t": {when}, "data": "{data}"}}'
        for who, when, data in (
            ("reader", 0, "00A4040007A000000004101000"),
            ("card", 1_000_000, "6F098407A00000000410109000"),
            ("reader", 2_000_000, "80A80000028300"),
            ("card", 3_000_000, "770A820219819404080101009000"),
            ("reader", 4_000_000, "80EA0000045C1A0E7700"),
            ("card", 4_000_000 + int(milliseconds * 1e6), f"800A01020304000A{most}00109000"),
        )
    ]
    return cardlib.read_text("\n".join(rows) + "\n")


CASES = {
    "E44": (contactless(terminal={"5F2A": "0840"}), contactless(), "0840"),
    "E45": (
        contactless(options={"9F6C": "0080"}),
        contactless(options={"9F6C": "0080", "9F10": PHONE_IAD}),
        "9F6C020080",
    ),
    "E46": (
        contactless(options={"9F6C": "0080", "9F69": "01112233440000"}),
        contactless(options={"9F6C": "0080", "9F69": "01112233440080"}),
        "9F6C020080",
    ),
    "E50": (
        contactless(options={"9F6C": "0080", "9F6E": "20700000", "9F10": PHONE_IAD}),
        contactless(options={"9F6C": "0080", "9F6E": "23880000", "9F10": PHONE_IAD}),
        "9F6C020080",
    ),
    "E56": (mag_stripe("0080"), mag_stripe("0000"), "82020080"),
    "E57": (mag_stripe(times=10), mag_stripe(times=3), "802A8E80040000000000"),
    "E60": (
        contactless(),
        contactless(options={"57": None}, card={"57": None, "5A": None}),
        f"5A08{CARD['5A']}",
    ),
    "E61": (
        payment(fci={"9F4D": "0B0A"}, after=("00B2015C00", "000000001000" + "9000")),
        payment(fci={"9F4D": "0B0A"}, after=("00B2015C00", "6985")),
        "0000000010009000",
    ),
    "E62": (
        payment(before=("80CA9F7900", "9F79060000000010009000")),
        payment(before=("80CA9F7900", "6985")),
        "9F79060000000010009000",
    ),
    "E64": (
        contactless(aid=MASTERCARD, aip="1981", pdol="9F66 9F02"),
        contactless(aid=MASTERCARD, aip="1981", pdol="9F66 9F02", before=RELAY),
        "82021981",
    ),
    "E65": (relay(30), relay(5), "0032"),
    "E73": (
        contactless(options={"9F27": "40"}),
        contactless(options={"9F27": "40"} | SIGNED),
        "9F270140",
    ),
    "E74": (contactless(terminal={"9F02": "000000000000"}), contactless(), "000000000000"),
    "E76": (
        contactless(terminal={"9C": "01"}, options={"9F6C": "0100"}),
        contactless(terminal={"9C": "01"}, options={"9F6C": "0000"}),
        "9F6C020100",
    ),
}
WITH_LIMIT = {
    "E43": (contactless(terminal=LARGE), contactless(terminal=LARGE, options={"9F6C": "4000"}), "000000005001"),
    "E51": (
        contactless(terminal=LARGE | {"9F66": "36004000"}),
        contactless(terminal=LARGE | {"9F66": "36404000"}),
        "36004000",
    ),
}


@pytest.mark.parametrize("rule", CASES)
def test_fails_on_one_and_passes_on_the_other(rule: str) -> None:
    fails_and_passes(rule, *CASES[rule])


@pytest.mark.parametrize("rule", WITH_LIMIT)
def test_with_a_limit(rule: str) -> None:
    fails_and_passes(rule, *WITH_LIMIT[rule], **LIMIT)
    (one,) = judged(rule, WITH_LIMIT[rule][0])
    assert (one.verdict, one.detail) == ("not-enough-data", "Visa credit or debit: the CVM limit is not given")


@pytest.mark.parametrize(
    ("rule", "capture", "missing"),
    [
        ("E44", contactless(card={"9F42": None}), "no 9F51 in this capture"),
        ("E45", contactless(options={"9F6C": "0080", "9F10": None}), "no 9F10 in this capture"),
        ("E50", contactless(options={"9F6E": None, "9F10": None}), "no 9F6E and no 9F10"),
        ("E74", contactless(pdol="9F66 9F37"), "no 9F02 in this capture"),
        ("E73", contactless(options={"9F27": "40"}, before=("00B2020C00", "")), "something may be hidden here"),
    ],
)
def test_not_enough_data(rule: str, capture: Capture, missing: str) -> None:
    (one,) = judged(rule, capture)
    assert one.verdict == "not-enough-data" and missing in one.detail, one.detail


@pytest.mark.parametrize(
    ("rule", "capture"),
    [
        ("E43", contactless(terminal={"9C": "20"})),
        ("E43", payment(first={"9F27": "00"}, second={"9F27": "00"})),
        ("E44", payment()),
        ("E45", payment()),
        ("E46", contactless()),
        ("E50", payment()),
        ("E51", payment()),
        ("E56", payment()),
        ("E60", payment()),
        ("E61", payment(fci={"9F4D": "0B0A"})),
        ("E62", payment()),
        ("E64", contactless()),
        ("E65", payment()),
        ("E73", contactless()),
        ("E74", payment()),
        ("E76", contactless()),
    ],
)
def test_not_applicable(rule: str, capture: Capture) -> None:
    assert [one.verdict for one in judged(rule, capture)] == ["not-applicable"]


def test_a_phone_of_the_field_is_no_attack() -> None:
    """Qualifiers, form factor and IAD that a phone sent (emv-verified: CTQ 0080, FFI 23880000, CVN 4A)."""
    phone = contactless(options={"9F6C": "0080", "9F6E": "23880000", "9F10": PHONE_IAD}, aip="0040")
    assert {judged(rule, phone)[0].verdict for rule in ("E45", "E50")} == {"pass"}


def test_a_phone_that_verified_nobody() -> None:
    nobody = PHONE_IAD[:6] + "00" + PHONE_IAD[8:]
    (one,) = judged("E50", contactless(options={"9F6C": "0080", "9F6E": "23880000", "9F10": nobody}))
    assert one.verdict == "fail"


def test_few_numbers_are_as_bad_as_a_downgrade() -> None:
    (one,) = judged("E56", mag_stripe("0000", "0007", "01"))
    assert (one.verdict, one.detail) == ("fail", "only 100 different numbers")


def test_a_name_weighs_more_than_a_number_and_a_token_less() -> None:
    name = contactless(card={"5F20": "4142"})
    token = contactless(card={"9F19": "010203040506"})
    assert [judged("E60", one)[0].severity for one in (name, contactless(), token)] == ["high", "medium", "info"]


def test_a_log_over_the_air_weighs_more() -> None:
    after = ("00B2015C00", "0000000010009000")
    (one,) = judged("E61", contactless(fci={"9F4D": "0B0A"}, after=after))
    assert (one.verdict, one.severity) == ("fail", "high")


def test_transport_may_ask_for_nothing() -> None:
    gate = contactless(terminal={"9F02": "000000000000", "9F15": "4111"}, pdol="9F66 9F02 9F37 9F15")
    assert judged("E74", gate)[0].verdict == "pass"


def test_a_card_without_relay_protection_is_information() -> None:
    (one,) = judged("E64", contactless(aid=MASTERCARD, aip="1980", pdol="9F66 9F02"))
    assert (one.verdict, one.severity) == ("fail", "info")


def test_the_time_needs_a_clock() -> None:
    (one,) = judged("E65", contactless(aid=MASTERCARD, aip="1981", pdol="9F66 9F02", before=RELAY))
    assert one.verdict == "not-enough-data" and "clock" in one.detail


def test_the_grace_is_counted() -> None:
    """50 + 50 units of 100 us are allowed, the wire takes 18 + 16: 13.4 ms pass, 13.5 do not."""
    assert [judged("E65", relay(ms))[0].verdict for ms in (13.4, 13.5)] == ["pass", "fail"]
    assert evidence(judged("E65", relay(30))[0], relay(30))[1] == "0032"


def test_unionpay_is_not_visa() -> None:
    assert judged("E45", contactless(aid=UNIONPAY, options={"9F6C": "0080"}))[0].verdict == "not-applicable"
