# SPDX-License-Identifier: MIT
"""Rules about payments over the air, each with a capture on which it fails and one on which it passes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from dialogue import (
    CARD,
    CDOL1,
    MASTERCARD,
    PIN,
    UNIONPAY,
    captured,
    contactless,
    evidence,
    fails_and_passes,
    judged,
    lines,
    payment,
    tlv,
)

import cardlib
from cardlib import Capture
from cardlib.crypto.keyring import keyring

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


def announced(
    place: str, frame: str = "6A02C801000300027900000000C2D8", pdol: str = "9F66 9F02 9F15 9F37"
) -> Capture:
    """A payment over the air with this merchant category, before which a reader sent this frame."""
    one = contactless(pdol=pdol, terminal={"9F15": place})
    (session,) = one.sessions
    polled = replace(session.exchanges[0].frames[0], kind="rf", data=bytes.fromhex(frame))
    return replace(one, sessions=(replace(session, frames=(polled,)),))


def relay(*milliseconds: float, most: str = "0032") -> Capture:
    """EXCHANGE RELAY RESISTANCE DATA that took so long, one after the other, as the own capture format has it."""
    rows = ['{"card_capture": 1}', '{"session": 0, "interface": "contactless", "clock": "host"}']
    rows += [
        f'{{"from": "{who}", "kind": "apdu", "t": {when}, "data": "{data}"}}'
        for who, when, data in (
            ("reader", 0, "00A4040007A000000004101000"),
            ("card", 1_000_000, "6F098407A00000000410109000"),
            ("reader", 2_000_000, "80A80000028300"),
            ("card", 3_000_000, "770A820219819404080101009000"),
            *(
                row
                for place, took in enumerate(milliseconds, 1)
                for row in (
                    ("reader", place * 1_000_000_000, "80EA0000045C1A0E7700"),
                    (
                        "card",
                        place * 1_000_000_000 + int(took * 1e6),
                        f"800A01020304000A{most}00109000",
                    ),
                )
            ),
        )
    ]
    return cardlib.read_text("\n".join(rows) + "\n")


def kernel2(**changes: object) -> Capture:
    """A payment over the air with Mastercard's kernel, by default of a card that can do relay resistance."""
    base: dict[str, object] = {
        "aid": MASTERCARD,
        "aip": "1981",
        "pdol": "9F66 9F02",
        "cdol1": CDOL1,
        "ask": "80",
    }
    return contactless(**(base | changes))


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
    "E54": (announced("5411"), announced("4111"), "5411"),
    "E71": (
        contactless(options={"9F10": PHONE_IAD}),
        contactless(options={"9F10": PHONE_IAD, "9F6C": "0080"}),
        "9F6C020000",
    ),
    "E72": (
        contactless(options={"9F10": PHONE_IAD, "9F6C": "0080"}),
        contactless(options={"9F10": PHONE_IAD, "9F6C": "0080", "9F6E": "23880000"}),
        "9F6E0420700000",
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
    "E64": (kernel2(), kernel2(before=RELAY, terminal={"95": "0000008002"}), "82021981"),
    "E65": (relay(30), relay(5), "0032"),
    "E74": (contactless(terminal={"9F02": "000000000000"}), contactless(), "000000000000"),
    "E76": (
        contactless(terminal={"9C": "01"}, options={"9F6C": "0100"}),
        contactless(terminal={"9C": "01"}, options={"9F6C": "0000"}),
        "9F6C020100",
    ),
}
WITH_LIMIT = {
    "E43": (
        contactless(terminal=LARGE),
        contactless(terminal=LARGE, options={"9F6C": "4000"}),
        "000000005001",
    ),
    "E51": (
        contactless(terminal=LARGE | {"9F66": "36004000"}),
        contactless(terminal=LARGE | {"9F66": "36404000"}),
        "36004000",
    ),
}


def test_a_locked_device_may_pay_at_a_gate_of_transport() -> None:
    gate = contactless(
        options={"9F10": PHONE_IAD}, terminal={"9F15": "4111"}, pdol="9F66 9F02 9F15 9F37"
    )
    assert [one.verdict for one in judged("E71", gate)] == ["pass"]


@pytest.mark.parametrize("rule", WITH_LIMIT)
def test_with_a_limit(rule: str) -> None:
    fails_and_passes(rule, *WITH_LIMIT[rule], **LIMIT)
    (one,) = judged(rule, WITH_LIMIT[rule][0])
    assert (one.verdict, one.detail) == (
        "not-enough-data",
        "Visa credit or debit: the CVM limit is not given",
    )


@pytest.mark.parametrize(
    ("rule", "capture", "missing"),
    [
        ("E44", contactless(card={"9F42": None}), "no 9F51 in this capture"),
        ("E45", contactless(options={"9F6C": "0080", "9F10": None}), "no 9F10 in this capture"),
        ("E50", contactless(options={"9F6E": None, "9F10": None}), "no 9F6E and no 9F10"),
        ("E54", announced("5411", pdol="9F66 9F02"), "no 9F15 in this capture"),
        (
            "E72",
            contactless(options={"9F6C": "0080", "9F10": None}),
            "2 signs of a card or a device, at least 3",
        ),
        ("E74", contactless(pdol="9F66 9F37"), "no 9F02 in this capture"),
        (
            "E73",
            contactless(options={"9F27": "40"}, before=("00B2020C00", "")),
            "something may be hidden here",
        ),
        ("E45", contactless(options={"9F6C": None}), "no 9F6C in this capture"),
        (
            "E64",
            contactless(aid=MASTERCARD, aip="1981", pdol="9F66 9F02"),
            "no 95 in this capture, in a GENERATE AC",
        ),
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
        ("E54", contactless(pdol="9F66 9F02 9F15")),  # no radio
        ("E54", announced("5411", "6A01000000")),  # a loyalty card asked for
        ("E71", contactless()),  # plastic
        ("E72", payment()),
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
    (one,) = judged(
        "E50", contactless(options={"9F6C": "0080", "9F6E": "23880000", "9F10": nobody})
    )
    assert one.verdict == "fail"


def test_few_numbers_are_as_bad_as_a_downgrade() -> None:
    (one,) = judged("E56", mag_stripe("0000", "0007", "01"))
    assert (one.verdict, one.detail) == ("fail", "only 100 different numbers")


def test_a_name_weighs_more_than_a_number_and_a_token_less() -> None:
    name = contactless(card={"5F20": "4142"})
    token = contactless(card={"9F19": "010203040506"})
    assert [judged("E60", one)[0].severity for one in (name, contactless(), token)] == [
        "high",
        "medium",
        "info",
    ]


def test_a_log_over_the_air_weighs_more() -> None:
    after = ("00B2015C00", "0000000010009000")
    (one,) = judged("E61", contactless(fci={"9F4D": "0B0A"}, after=after))
    assert (one.verdict, one.severity) == ("fail", "high")


def test_transport_may_ask_for_nothing() -> None:
    gate = contactless(
        terminal={"9F02": "000000000000", "9F15": "4111"}, pdol="9F66 9F02 9F37 9F15"
    )
    assert judged("E74", gate)[0].verdict == "pass"


def test_a_card_without_relay_protection_is_information() -> None:
    (one,) = judged("E64", kernel2(aip="1980"))
    assert (one.verdict, one.severity) == ("fail", "info")


def test_relay_resistance_that_the_tvr_does_not_confirm() -> None:
    """TVR byte 5, bits 2 and 1: 10 says performed (kernel 2)."""
    found = [
        judged("E64", kernel2(before=RELAY, terminal={"95": f"00000080{bits}"}))[0]
        for bits in ("01", "02", "03")
    ]
    assert [one.verdict for one in found] == ["fail", "pass", "fail"]


def test_another_code_or_another_card_is_no_mag_stripe_mode() -> None:
    """80 2A 8E 80 of kernel 2 alone."""
    other = mag_stripe("0080")
    assert judged("E56", other)[0].verdict == "fail"
    visa = captured(lines(before=("802A8E80040000000100", "6985"), aip="0080"))
    signed = captured(lines(aid=MASTERCARD, before=("802A9E9A040000000100", "9000"), aip="0080"))
    assert [judged("E56", one)[0].verdict for one in (visa, signed)] == [
        "not-applicable",
        "not-applicable",
    ]


def test_one_try_within_the_limit_is_enough() -> None:
    slow, fast = relay(30, 30), relay(30, 5)
    assert [judged("E65", one)[0].verdict for one in (slow, fast)] == ["fail", "pass"]
    assert [len(judged("E65", one)) for one in (slow, fast)] == [1, 1]


OFFLINE = cardlib.read(Path(__file__).parent.parent / "traces" / "tap_visa_low.card.jsonl")
KEYS = {"keys": keyring([Path(__file__).parent.parent / "traces" / "makers" / "keyring.toml"])}


def spoiled(tag: str) -> Capture:
    """The payment that was approved offline, with the last byte of this answered element changed."""
    (hit,) = [hit for hit in cardlib.find(OFFLINE, tag) if hit.node and hit.side == "response"]
    exchanges = list(OFFLINE.exchanges)
    one = exchanges[hit.exchange.index]
    assert one.response and hit.node
    raw = bytearray(one.response.raw)
    raw[hit.node.stop - 1] ^= 1
    changed = replace(one, response=replace(one.response, raw=bytes(raw), data=bytes(raw[:-2])))
    exchanges[hit.exchange.index] = changed
    (session,) = OFFLINE.sessions
    return replace(OFFLINE, sessions=(replace(session, exchanges=tuple(exchanges)),))


def test_offline_only_with_a_signature_that_verifies() -> None:
    (good,), (bad,) = judged("E73", OFFLINE, **KEYS), judged("E73", spoiled("9F4B"), **KEYS)
    assert (good.verdict, bad.verdict) == ("pass", "fail")
    assert "signature fails" in bad.detail and any(
        text.startswith("9F4B") for text in evidence(bad, spoiled("9F4B"))
    )
    assert judged("E73", contactless(options={"9F27": "40"}))[0].verdict == "fail"
    (unknown,) = judged("E73", OFFLINE, keys=())
    assert unknown.verdict == "not-enough-data" and "the card's key is not known" in unknown.detail


def test_an_offline_only_reader_and_nothing_signed() -> None:
    """TTQ byte 1 bit 4: the reader never goes online, so an ARQC without a signature is as good as an approval."""
    found = judged("E73", contactless(terminal={"9F66": "3E204000"})), judged("E73", contactless())
    assert [one[0].verdict for one in found] == ["fail", "not-applicable"]


def test_the_last_cryptogram_decides_whether_it_was_approved() -> None:
    declined = payment(terminal={"9F34": "1F0302"} | LARGE, second={"9F27": "00"})
    approved = payment(terminal={"9F34": "1F0302"} | LARGE)
    assert [judged("E43", one, **LIMIT)[0].verdict for one in (declined, approved)] == [
        "not-applicable",
        "fail",
    ]


def test_the_type_is_in_the_results_where_the_cid_is_left_out() -> None:
    """Kernel 3: the CVR of the IAD says ARQC (A0)."""
    assert (
        judged("E43", contactless(terminal=LARGE, options={"9F27": None}), **LIMIT)[0].verdict
        == "fail"
    )


def test_qualifiers_are_something_else_in_kernel_2() -> None:
    """9F6C is there the version of mag-stripe mode."""
    old = kernel2(options={"9F6C": "0001"}, terminal={"9F34": "1F0302"} | LARGE)
    assert judged("E50", old)[0].verdict == "not-applicable"
    assert judged("E43", old, **LIMIT)[0].detail.endswith("9F34 1F0302")


def test_a_card_by_its_iad_and_a_card_with_a_sensor() -> None:
    card = {"9F6C": "0080", "9F6E": "23880000", "9F10": "06010A03A00000"}
    sensor = card | {"9F6E": "20820000"}
    found = [judged("E50", contactless(options=one))[0].verdict for one in (card, sensor)]
    assert found == ["fail", "pass"]


@pytest.mark.parametrize(("version", "verdict"), [("0A", "fail"), ("16", "fail"), ("30", "pass")])
def test_which_versions_are_a_cards(version: str, verdict: str) -> None:
    odd = contactless(options={"9F6C": "0080", "9F10": f"0601{version}03A00000"})
    assert judged("E45", odd)[0].verdict == verdict


def test_four_whole_payments_are_no_harvest() -> None:
    """Three commands each, but one number each."""
    many = [line for place in range(10) for line in lines(terminal={"9F37": f"{place:08X}"})]
    assert [judged("E57", captured(many[: len(many) * n // 10]))[0].verdict for n in (9, 10)] == [
        "pass",
        "fail",
    ]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [("6986", "refused GET PROCESSING OPTIONS"), ("9000", "no AIP"), ("77009000", "no AIP")],
)
def test_a_card_that_did_not_begin_shows_nothing(answer: str, reason: str) -> None:
    """Nothing was asked of it, or its answer is cut: that is no sign that nothing of it can be read."""
    begun = captured(
        [
            "00A4040007A000000003101000",
            "6F158407A0000000031010A50A9F38039F66045003414243" + "9000",
            "80A80000068304268040000" + "0",
            answer,
        ]
    )
    finding = judged("E60", begun)[0]
    assert finding.verdict == "not-enough-data"
    assert reason in finding.detail


def test_a_card_cvm_limit_is_no_track() -> None:
    """9F6B is track 2 for kernel 2, and for Visa the card's limit."""
    quiet = contactless(options={"57": None, "9F6B": "000000005000"}, card={"57": None, "5A": None})
    assert judged("E60", quiet)[0].verdict == "pass"
    coded = contactless(options={"57": None, "9F1F": "3132"}, card={"57": None, "5A": None})
    assert (judged("E60", coded)[0].verdict, judged("E60", coded)[0].severity) == ("fail", "medium")


def test_a_log_by_its_older_name() -> None:
    after = ("00B2015C00", "0000000010009000")
    assert judged("E61", payment(fci={"DF60": "0B0A"}, after=after))[0].verdict == "fail"


def test_a_balance_after_a_pin_is_no_secret_told() -> None:
    asked = ("80CA9F7900", "9F79060000000010009000")
    found = [
        judged("E62", payment(before=one))[0].verdict for one in ((*asked, *PIN), (*PIN, *asked))
    ]
    assert found == ["fail", "pass"]


def test_the_time_needs_a_clock() -> None:
    (one,) = judged("E65", contactless(aid=MASTERCARD, aip="1981", pdol="9F66 9F02", before=RELAY))
    assert one.verdict == "not-enough-data" and "clock" in one.detail


def test_the_grace_is_counted() -> None:
    """50 + 50 units of 100 us are allowed, the wire takes 18 + 16: 13.4 ms pass, 13.5 do not."""
    assert [judged("E65", relay(ms))[0].verdict for ms in (13.4, 13.5)] == ["pass", "fail"]
    assert evidence(judged("E65", relay(30))[0], relay(30))[1] == "0032"


def test_unionpay_is_not_visa() -> None:
    assert (
        judged("E45", contactless(aid=UNIONPAY, options={"9F6C": "0080"}))[0].verdict
        == "not-applicable"
    )
