# SPDX-License-Identifier: MIT
"""The cryptograms in the shipped traces, computed again by pyemv from what stands in the traces."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pyemv import cvn, cvv, kd

import cardlib
from cardlib.crypto import keys, methods
from cardlib.road.meaning import halves
from traces.makers import scheme
from traces.makers.profile import load

pytestmark = pytest.mark.filterwarnings("ignore:.*TripleDES")
TRACES = Path(__file__).resolve().parent.parent / "traces"
VISA = bytes.fromhex("2315208C9110AD402315208C9110AD40")  # published with the ADVT test cards
MTIP = bytes.fromhex("9E15204313F7318ACB79B90BD986AD29")  # published with the MTIP test cards
COVERED = ("9F02", "9F03", "9F1A", "95", "5F2A", "9A", "9C", "9F37", "82", "9F36")
# trace, class of pyemv, master key, PAN, how the last value is called, how many cryptograms
CRYPTOGRAMS = [
    ("contact_purchase", cvn.VisaCVN10, VISA, "4761739001010119", "cvr", 2),
    ("contact_wrong_pin", cvn.VisaCVN10, VISA, "4761739001010119", "cvr", 1),
    ("contact_script", cvn.VisaCVN10, VISA, "4761739001010119", "cvr", 4),
    ("attack_no_pin", cvn.VisaCVN10, VISA, "4761739001010119", "cvr", 2),
    ("no_oda", cvn.VisaCVN10, VISA, "4761340000000050", "cvr", 1),
    ("tap_visa_low", cvn.VisaCVN18, VISA, "4761739001010010", "tag_9f10", 1),
    ("tap_two_purchases", cvn.VisaCVN18, VISA, "4761739001010010", "tag_9f10", 2),
    ("tap_wallet", cvn.VisaCVN22, VISA, "4761730000000011", "tag_9f10", 1),
    ("attack_relay", cvn.MasterCardCVN16, MTIP, "5413330089600044", "cvr", 1),
]


def told(name: str) -> list[dict[str, bytes]]:
    """All that was told up to each cryptogram, by tag; a later value counts."""
    known: dict[str, bytes] = {}
    found = []
    for exchange in cardlib.read(TRACES / f"{name}.card.jsonl").exchanges:
        for _, half in halves(exchange):
            known |= {node.fact.tag: node.value for _, node in half.walk() if node.fact.tag}
        if exchange.response and exchange.response.sw == 0x9000 and half.find("9F26"):
            found.append(dict(known))
    return found


def cvr(iad: bytes) -> bytes:
    """The part of the IAD that CVN 10 and CVN 16 cover."""
    return iad[3:7] if iad[0] == 6 else iad[2:8]


@pytest.mark.parametrize(("name", "kind", "master", "pan", "last", "count"), CRYPTOGRAMS)
def test_cryptograms_equal_those_of_pyemv(
    name: str, kind: Any, master: bytes, pan: str, last: str, count: int
) -> None:
    bank, steps = kind(master, master, master, pan, "01"), told(name)
    assert len(steps) == count
    for step in steps:
        values = {f"tag_{tag.lower()}": step[tag] for tag in COVERED}
        values[last] = step["9F10"] if last == "tag_9f10" else cvr(step["9F10"])
        assert bank.generate_ac(**values) == step["9F26"]


def test_the_issuers_answers_equal_those_of_pyemv() -> None:
    visa = cvn.VisaCVN10(VISA, VISA, VISA, "4761739001010119", "01")
    arqc, last = told("contact_purchase")
    assert last["91"] == visa.generate_arpc(arqc["9F26"], b"00") + b"00"
    arqc, last = told("contact_online_declined")
    assert last["91"] == visa.generate_arpc(arqc["9F26"], b"05") + b"05"
    by_status = cvn.VisaCVN18(VISA, VISA, VISA, "4761739001010010", "01")
    ac, atc = bytes(range(8)), b"\0\x12"
    answer = scheme.issuer_answer("18", by_status.icc_mk_ac, {"9F26": ac, "9F36": atc}, b"00")
    assert answer == by_status.generate_arpc(ac, atc, bytes.fromhex("00800000")) + bytes.fromhex(
        "00800000"
    )
    mchip = cvn.MasterCardCVN16(MTIP, MTIP, MTIP, "5413330089600044", "01")
    answer = scheme.issuer_answer("M/Chip", mchip.icc_mk_ac, {"9F26": ac, "9F36": atc}, b"00")
    assert answer == mchip.generate_arpc(ac, b"00") + b"00"


def test_keys_of_card_and_session_equal_those_of_pyemv() -> None:
    for name in ("visa_contact", "mastercard_tap", "wallet"):
        profile = load(name)
        for use, master in profile.master.items():
            assert scheme.card_keys(profile)[use] == kd.derive_icc_mk_a(
                master, profile.pan, profile.psn
            )
    key, atc, un = scheme.card_keys(load("visa_tap"))["ac"], b"\0\x29", b"\1\2\3\4"
    assert keys.session_key(key, keys.ac_diversifier(atc)) == kd.derive_common_sk(
        key, atc + bytes(6)
    )
    assert keys.session_key_mchip(key, atc, un) == kd.derive_common_sk(key, atc + bytes(2) + un)


def test_script_commands_equal_those_of_pyemv() -> None:
    """The commands as they stand in the traces: new PIN enciphered, MAC over header, counter, ARQC and data."""
    visa = cvn.VisaCVN10(VISA, VISA, VISA, "4761739001010119", "01")
    for name, ins in (("contact_script", 0x24), ("contact_card_blocked", 0x16)):
        exchanges = cardlib.read(TRACES / f"{name}.card.jsonl").exchanges
        raw = next(e.command.raw for e in exchanges if e.command and e.command.ins == ins)
        arqc = told(name)[0]
        if ins == 0x24:
            assert raw == visa.generate_pin_change_command("4711", arqc["9F26"], arqc["9F36"])
        else:
            assert raw == raw[:5] + visa.generate_command_mac(raw[:5], arqc["9F26"], arqc["9F36"])
    mchip = cvn.MasterCardCVN16(MTIP, MTIP, MTIP, "5413330089600044", "01")
    card = scheme.card_keys(load("mastercard_contact", {"master": {"mac": MTIP.hex()}}))
    head, ac, atc = bytes.fromhex("8424000008"), bytes(range(8)), b"\0\x42"
    ours = methods.command_mac(scheme.HOW["M/Chip"], card["mac"], head, b"", atc, ac)
    assert ours == mchip.generate_command_mac(head, ac, atc)


def test_the_code_of_the_mag_stripe_mode_ends_as_pyemv_says() -> None:
    """pyemv gives the last digits only."""
    paid = {
        node.fact.tag: node.value
        for exchange in cardlib.read(TRACES / "tap_mag_stripe.card.jsonl").exchanges
        for _, half in halves(exchange)
        for _, node in half.walk()
    }
    key = kd.derive_icc_mk_a(MTIP, "5413330089600044", "01")
    code = cvv.generate_cvc3(key, paid["9F6B"], paid["9F36"], paid["9F6A"])
    assert f"{int.from_bytes(paid['9F61'], 'big'):05}".endswith(code)


def test_every_bit_of_what_happened_stands_where_the_tables_say() -> None:
    """CVR by hand: Visa's first and second cryptogram, M/Chip's, and a phone's."""
    assert scheme.cvr("10", {"PIN", "DDA"}, scheme.ARQC, None, 3).hex() == "a40002"
    assert scheme.cvr("10", {"PIN", "DDA"}, scheme.ARQC, scheme.TC, 3).hex() == "640002"
    assert scheme.cvr("10", {"PIN", "PIN failed", "tries"}, scheme.AAC, None, 0).hex() == "864000"
    assert (
        scheme.cvr("M/Chip", {"CDA", "no PIN", "at home"}, scheme.ARQC, None, 3).hex()
        == "a04003220000"
    )
    assert scheme.cvr("10", {"script failed"}, scheme.ARQC, None, 3, 2).hex() == "a00028"
    assert scheme.cvr("M/Chip", {"script"}, scheme.ARQC, scheme.TC, 3, 17).hex() == "6000f3000200"
    assert scheme.cvr("22", {"on device"}, scheme.ARQC, None, 3).hex() == "31a0000000"
