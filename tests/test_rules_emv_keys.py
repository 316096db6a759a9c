# SPDX-License-Identifier: MIT
"""Rules that compute again, on chains of certificates made with the published keys of the made-up cards."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from dialogue import (
    CARD,
    CDOL1,
    PAN,
    TERMINAL,
    captured,
    changed,
    dol,
    evidence,
    joined,
    judged,
    lines,
    payment,
    template,
    tlv,
)

import cardlib
from cardlib import Capture
from cardlib.crypto.keyring import Key
from traces.makers import rsa_keys
from traces.makers.rsa_keys import Key as Pair

TRACES = Path(__file__).resolve().parent.parent / "traces"
VISA, MASTERCARD = "A000000003", "A000000004"
CA, ISSUER, ICC = (rsa_keys.key(f"Visa-like {name}") for name in ("CA", "issuer", "card"))
ROCA = int(
    "944E13208A280C37EFC31C3114485E590192ADBB8E11C87CAD60CDEF0037CE99"
    "278330D3F471A2538FA667802ED2A3C44A8B7DEA826E888D0AA341FD664F7FA7",
    16,
)  # the positive of the self-test of ROCA detectors, 512 bits
SPARSE = (1 << 1023) + (1 << 400) + 1
SHARED = 3 * (1 << 1020) + 9  # divisible by 3


def ca(pair: Pair = CA, rid: str = VISA, index: str = "F0", note: str = "our own") -> Key:
    return Key("ca-public", pair.modulus, rid=rid, index=index, exponent=b"\x03", note=note)


RING = (ca(),)
MASTER = Key(
    "imk-ac", bytes.fromhex("2315208C9110AD40") * 2, note="published test key", published=True
)


def chain(
    number: str = PAN,
    index: str = "F0",
    scheme: Pair = CA,
    issuer: Pair = ISSUER,
    icc: Pair = ICC,
    expiry: str = "1230",
    spoil: bool = False,
    **changes: object,
) -> Capture:
    """A payment with DDA whose certificates verify under RING; the arguments spoil one thing each."""
    month = bytes.fromhex(expiry)
    one, rest = rsa_keys.certificate(
        scheme, b"\x02" + bytes.fromhex(PAN[:8]) + month + bytes(3), issuer
    )
    held = changed(CARD, dict(changes.pop("card", {})))  # type: ignore[call-overload]
    held |= {
        "8C": dol(CDOL1, TERMINAL),
        "8D": dol(f"8A {CDOL1}", TERMINAL),
        "8F": index,
        "90": one.hex(),
        "9F32": "03",
    }
    held |= {"9F47": "03"} | ({"92": rest.hex()} if rest else {})
    record = joined(held)
    head = b"\x04" + bytes.fromhex(number.ljust(20, "F")) + month + bytes(3)
    two, more = rsa_keys.certificate(issuer, head, icc, bytes.fromhex(record + "3C00"))
    two = bytes((two[0] ^ 1,)) + two[1:] if spoil else two
    second = template("70", {"9F46": two.hex()} | ({"9F48": more.hex()} if more else {}))
    rows = lines(**changes)  # type: ignore[arg-type]
    afl = tlv("82", "3C00") + tlv("94", "0801010110010100")
    rows[3], rows[5] = tlv("77", afl) + "9000", tlv("70", record) + "9000"
    return captured([*rows[:6], "00B2011400", second + "9000", *rows[6:]])


def other(modulus: int) -> Pair:
    """A card's key of which only the modulus counts."""
    return Pair("other", modulus, 0)


GOOD, GIVEN = chain(), {"keys": RING}
TAP = cardlib.read(TRACES / "contact_purchase.card.jsonl")
MINE = {"keys": (replace(MASTER, published=False, note="my own"),)}
FOREIGN = {"keys": (replace(MASTER, published=False, value=bytes(16)),)}
CASES = {
    "E06": (chain(spoil=True), GOOD, GIVEN, GIVEN, "9F46"),
    "E07": (
        chain(spoil=True),
        chain(spoil=True, terminal={"95": "0800008000"}),
        GIVEN,
        GIVEN,
        "0000008000",
    ),
    "E08": (chain(index="F1"), GOOD, GIVEN, GIVEN, "8F01F1"),
    "E09": (GOOD, GOOD, {"keys": (ca(rid=MASTERCARD),)}, GIVEN, "9081"),
    "E11": (GOOD, GOOD, {"keys": (ca(note="a test key"),)}, GIVEN, "8F01F0"),
    "E12": (chain(icc=other((1 << 895) + 1)), GOOD, GIVEN, GIVEN, "9F46"),
    "E14": (chain(icc=other(ROCA)), GOOD, GIVEN, GIVEN, "9F46"),
    "E15": (chain(icc=other(SPARSE)), GOOD, GIVEN, GIVEN, "9F46"),
    "E24": (chain("4761739001010010"), GOOD, GIVEN, GIVEN, f"5A08{PAN}"),
    "E25": (chain(expiry="0125"), GOOD, GIVEN, GIVEN, "9081"),
    "E97": (TAP, TAP, {"keys": (MASTER,)}, MINE, ""),
    "E98": (TAP, TAP, FOREIGN, MINE, ""),
    "E105": (
        payment(card={"8F": "01"}, terminal={"95": "0400008000"}),
        payment(card={"8F": "F0"}, terminal={"95": "0400008000"}),
        GIVEN,
        GIVEN,
        "8F0101",
    ),
}


@pytest.mark.parametrize("rule", CASES)
def test_fails_on_one_and_passes_on_the_other(rule: str) -> None:
    bad, good, given, also, shown = CASES[rule]
    failing = [one for one in judged(rule, bad, **given) if one.verdict == "fail"]
    assert failing and any(text.startswith(shown) for text in evidence(failing[0], bad)), judged(
        rule, bad, **given
    )
    assert {one.verdict for one in judged(rule, good, **also)} == {"pass"}, judged(
        rule, good, **also
    )


def test_two_keys_with_a_common_factor() -> None:
    one, two = (
        replace(chain(icc=other(SHARED + n)), path=name) for n, name in ((0, "one"), (6, "two"))
    )
    (found,) = judged("E16", one, two, **GIVEN)
    assert (found.verdict, found.detail) == ("fail", "3 different keys, 1 pairs share a factor")
    assert [place.file for place in found.evidence] == ["one", "two"]
    assert [one.verdict for one in judged("E16", GOOD, **GIVEN)] == ["pass"]
    assert [one.verdict for one in judged("E16", payment(), **GIVEN)] == ["not-applicable"]


@pytest.mark.parametrize(
    ("rule", "capture", "given", "missing"),
    [
        ("E06", payment(), GIVEN, "no certificate and no signature in this capture"),
        ("E06", GOOD, {"keys": ()}, "no public key with index F0"),
        ("E08", GOOD, {"keys": ()}, "no known key of this scheme opens the certificate (index F0)"),
        ("E09", GOOD, {"keys": ()}, "no known key opens the certificate"),
        ("E11", GOOD, {"keys": ()}, "no key with index F0 of this scheme opens the certificate"),
        ("E12", GOOD, {"keys": ()}, "the issuer certificate could not be opened"),
        (
            "E07",
            chain(spoil=True, ask=None, ask2=None),
            GIVEN,
            "no TVR (95) was sent after the card certificate",
        ),
        ("E11", chain(cdol1="9F02 9F37 95"), GIVEN, "no 9A in this capture"),
        ("E16", chain(spoil=True), GIVEN, "1 key, at least 2 are needed"),
        (
            "E105",
            payment(card={"8F": "01"}, ask2=None),
            GIVEN,
            "no second GENERATE AC: a failed CDA is told there",
        ),
        ("E98", TAP, {"keys": (MASTER,)}, "no key for cryptograms is given"),
    ],
)
def test_not_enough_data(
    rule: str, capture: Capture, given: dict[str, tuple[Key, ...]], missing: str
) -> None:
    found = judged(rule, capture, **given)
    assert found[0].verdict == "not-enough-data" and missing in found[0].detail, found


@pytest.mark.parametrize("rule", ["E08", "E09", "E11", "E12", "E25", "E97", "E105"])
def test_not_applicable(rule: str) -> None:
    assert [one.verdict for one in judged(rule, payment(), **GIVEN)] == ["not-applicable"]


def test_a_test_card_is_an_alarm_only_in_the_field() -> None:
    for rule, given in (("E11", {"keys": (ca(note="a test key"),)}), ("E97", {"keys": (MASTER,)})):
        capture = GOOD if rule == "E11" else TAP
        calm, alarm = (
            judged(rule, capture, **given)[0],
            judged(rule, capture, live=True, **given)[0],
        )
        assert (calm.severity, alarm.severity) == ("info", "high" if rule == "E11" else "critical")


def test_a_retired_length_of_the_scheme() -> None:
    short = chain(scheme=ISSUER, issuer=ICC, icc=other(ROCA))
    (one,) = judged("E11", short, keys=(ca(ISSUER),))
    assert (one.verdict, one.severity, one.detail) == (
        "fail",
        "medium",
        "index F0: 1408 bits, good until 2024-12-31",
    )
    assert judged("E11", chain(terminal={"9A": "241231"}), **GIVEN)[0].verdict == "pass"


def test_the_length_that_applies_names_the_day() -> None:
    """1024 bits ended in 2009, whatever came after for longer keys."""
    old = chain(scheme=ICC, issuer=ICC, icc=other(ROCA))
    (one,) = judged("E11", old, keys=(ca(ICC),))
    assert (one.verdict, one.severity, one.detail) == (
        "fail",
        "high",
        "index F0: 1024 bits, good until 2009-12-31",
    )


def test_the_last_day_still_counts() -> None:
    """A length of the scheme's key, and a certificate until the end of its month."""
    short, on = {"scheme": ISSUER, "issuer": ICC, "icc": other(ROCA)}, {"keys": (ca(ISSUER),)}
    days = [
        judged("E11", chain(**short, terminal={"9A": day}), **on)[0].verdict
        for day in ("241231", "250101")
    ]
    assert days == ["pass", "fail"]
    ends = [
        judged("E25", chain(terminal={"9A": day}), **GIVEN)[0].verdict
        for day in ("301231", "310101")
    ]
    assert ends == ["pass", "fail"]


def test_a_run_of_zeros_or_too_many_ones() -> None:
    """Each alone makes a key special: 64 zeros in a row among even bits, and ones without any run of zeros."""
    even = int("A5" * 64, 16)
    zeros, ones = even & ~(((1 << 64) - 1) << 128), (1 << 512) - 1
    found = [
        judged("E15", chain(icc=other(one)), **GIVEN)[-1].verdict for one in (even, zeros, ones)
    ]
    assert found == ["pass", "fail", "fail"]


def test_an_expired_certificate_or_another_number_is_not_a_broken_signature() -> None:
    for capture, rule in ((chain(expiry="0125"), "E25"), (chain("4761739001010010"), "E24")):
        assert {one.verdict for one in judged("E06", capture, **GIVEN)} == {"pass"}
        assert "fail" in {one.verdict for one in judged(rule, capture, **GIVEN)}


@pytest.mark.parametrize(
    ("track", "verdict"),
    [
        ("4761739001010119D30122010000000000000F", "pass"),
        ("4761739001010010D30122010000000000000F", "fail"),
        ("4761739001010119D29122010000000000000F", "fail"),
    ],
)
def test_track_2_names_the_same_card(track: str, verdict: str) -> None:
    assert judged("E24", payment(card={"57": track}))[0].verdict == verdict


def test_an_issuer_certificate_of_other_numbers() -> None:
    other_number = {"5A": "4111111111111111", "57": None}
    found = judged("E24", chain("4111111111111111", card=other_number), **GIVEN)
    assert [(one.verdict, "issuer identifier" in one.detail) for one in found] == [
        ("fail", True),
        ("pass", False),
    ]


def test_certificates_that_end_at_the_wrong_time() -> None:
    before_the_card = judged("E25", chain(expiry="1129"), **GIVEN)
    assert {one.verdict for one in before_the_card} == {
        "fail"
    } and "ends before the card" in before_the_card[0].detail
    ends = {"keys": (replace(ca(), expires=date(2030, 11, 30)),)}
    after = judged("E25", GOOD, **ends)
    assert [one.verdict for one in after] == [
        "fail",
        "pass",
    ] and "after the key of its scheme" in after[0].detail


def test_an_enciphered_pin_is_no_cryptogram() -> None:
    """Of the wrong length for the card's key: that is not what E98 is about."""
    wrong = chain(
        before=("0084000000", "11223344556677889000", "0020008808AABBCCDDEEFF0011", "9000")
    )
    assert not any(
        "PIN" in one.detail for one in judged("E98", wrong, keys=(*RING, MINE["keys"][0]))
    )
