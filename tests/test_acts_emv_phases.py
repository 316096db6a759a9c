# SPDX-License-Identifier: MIT
"""The phases: which exchange belongs to which, the picture in the documents, and no exception whatever the bytes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_acts_emv_dialogue import CARD, TERMINAL, payment
from test_secrets import command, tlv

import cardlib
from cardlib.acts.emv.dialogue import action_codes
from cardlib.acts.emv.phases import NOTHING, TABLE, phases

ROOT = Path(__file__).resolve().parent.parent
TAC = action_codes(dict.fromkeys(("denial", "online", "default"), "FFFFFFFFFF"))


def test_each_exchange_is_in_one_phase() -> None:
    """The shipped purchase: which exchanges a person would put where."""
    found = cardlib.transactions(ROOT / "traces/contact_purchase.card.jsonl")[0].phases
    assert {one.name: [exchange.index for exchange in one.exchanges] for one in found} == {
        "application selection": [1],
        "initiate application": [2],
        "read application data": [3, 4, 5, 6, 7, 8],
        "offline data authentication": [9],
        "processing restrictions": [],
        "cardholder verification": [10, 11],
        "terminal risk management": [],
        "terminal action analysis": [],
        "card action analysis": [12],
        "online processing": [13],
        "completion": [14],
        "issuer scripts": [],
    }


def test_every_decision_of_the_shipped_purchase_fits_and_shows_its_bytes() -> None:
    exchanges = cardlib.transactions(ROOT / "traces/contact_purchase.card.jsonl")[0].exchanges
    said = [one for phase in phases(exchanges) for one in phase.said]
    assert {one.agrees for one in said} == {None, True}
    halves = {
        (e.index, side): half
        for e in exchanges
        for side, half in (("command", e.command), ("response", e.response))
    }
    for evidence in (place for one in said for place in one.evidence):
        half = halves[evidence.exchange, evidence.side]
        assert half and 0 <= evidence.start < evidence.stop <= len(half.raw)


WEDGE = "CVM results: a PIN accepted by the card; the card's own results (CVR) say that it accepted none"


@pytest.mark.parametrize(
    "trace", sorted(one.name for one in (ROOT / "traces").glob("*.card.jsonl"))
)
def test_terminal_and_card_of_the_shipped_traces_agree_but_where_a_wedge_lies(trace: str) -> None:
    said = [
        one
        for t in cardlib.transactions(ROOT / "traces" / trace)
        for phase in t.phases
        for one in phase.said
    ]
    differs = [one.text for one in said if one.agrees is False]
    assert differs == ([WEDGE] if trace == "attack_no_pin.card.jsonl" else [])


def test_commands_that_the_table_does_not_name_stay_with_those_before() -> None:
    block = (command("841E0000", "1122334455667788"), "9000")
    found = phases(
        payment(
            between=(("80CA9F3600", "6A88"), ("00C0000000", "6F00")),
            after=(block,),
            second=("40", "40"),
        )
    )
    held = {
        one.name: [exchange.index for exchange in one.exchanges] for one in found if one.exchanges
    }
    assert held["terminal risk management"] == [4, 5]
    assert held["issuer scripts"] == [7] and held["completion"] == [8]


def test_every_phase_says_something() -> None:
    assert [one.name for one in phases(())] == [row.name for row in TABLE]
    assert all(one.said for one in phases(()))
    assert phases(payment()[:1])[4].said == (NOTHING,)


def test_the_picture_in_the_documents_is_drawn_from_the_table() -> None:
    lines = []
    for number, row in enumerate(TABLE, 1):
        lines += [f"{number:>2} {row.name}", f"   │  {row.decides}"]
        lines += [f"   │  {', '.join(row.commands)}"] * bool(row.commands) + ["   ▼"]
    picture = "\n".join(lines[:-1])
    assert f"```\n{picture}\n```" in (ROOT / "docs/phases.md").read_text("utf-8")


REAL = {  # of each payment: what does not fit, and one thing that a person found there by hand
    "emv-bertlv/amex-cda-in.txt": [([], "CDA asked with GENERATE AC: the card signed its answer")],
    "emv-bertlv/amex-msd-mobile.txt": [
        (
            ["the terminal asked for TC, the card gave ARQC"],
            "the AFL names 6 records; all were read",
        )
    ],
    "emv-bertlv/contact-mastercard-in.txt": [
        ([], "not known which records there are: no AFL in this capture"),
        (
            ["the terminal asked for TC, the card gave AAC"],
            "the issuer's answer, 8A 3030: 00: approved",
        ),
    ],
    "emv-bertlv/contact-visa-in.txt": [
        ([], "the AFL names 4 records; not read in this capture: record 1 of SFI 1"),
        ([], "the TVR says: issuer authentication failed"),
    ],
    "devnied-emv/VisaCardPpse.txt": [
        (
            ["bytes that the PDOL asks for: 33; that the terminal sent: 0"],
            "the card names no records",
        ),
        ([], "no GET PROCESSING OPTIONS in this capture"),
    ],
    "nfsee/visa.txt": [([], "the reader did not demand it (TTQ)")],
    "nfsee/mastercard.txt": [
        (
            [],
            "the AFL names 3 records; not read in this capture: record 2 of SFI 2, record 1 of SFI 4",
        )
    ],
    "proxmark3/hf_visa_apple_ecp.trace": [
        ([], "to be paid: purchase, 100 minor units, GBP, 2021-10-14, United Kingdom")
    ],
}


@pytest.mark.parametrize("name", REAL)
def test_real_dialogues(real_captures: Path, name: str) -> None:
    found = cardlib.transactions(real_captures / name)
    assert len(found) == len(REAL[name])
    for payment_, (differs, seen) in zip(found, REAL[name], strict=True):
        said = [one for phase in payment_.phases for one in phase.said]
        assert [one.text for one in said if one.agrees is False] == differs
        assert seen in [one.text for one in said]


LENGTHS = {
    **CARD,
    **TERMINAL,
    "9F08": "008C",
    "9F09": "008C",
    "9F1B": "00001000",
    "9F42": "0978",
    "9F40": "F000000000",
}
VALUES = st.dictionaries(
    st.sampled_from(sorted(LENGTHS)), st.binary(max_size=12) | st.binary(min_size=2, max_size=6)
)


@given(
    VALUES,
    st.binary(min_size=2, max_size=2),
    st.sampled_from(["00", "40", "80", "90", "C8"]),
    st.booleans(),
)
def test_whatever_the_decisive_bytes_nothing_is_raised(
    values: dict[str, bytes], aip: bytes, kind: str, second: bool
) -> None:
    changed = {tag: value.hex().upper() for tag, value in values.items()}
    card = {tag: value for tag, value in changed.items() if tag in CARD or tag in ("9F08", "9F42")}
    terminal = {tag: value for tag, value in changed.items() if tag not in card}
    exchanges = payment(
        card,
        terminal,
        (kind, kind),
        (kind, kind) if second else None,
        terminal,
        aip=aip.hex().upper(),
    )
    for tac in (None, TAC):
        found = phases(exchanges, tac)
        assert all(
            one.text and one.agrees in (True, False, None) for phase in found for one in phase.said
        )


@given(st.lists(st.tuples(st.binary(min_size=4, max_size=30), st.binary(max_size=30)), max_size=6))
def test_whatever_the_exchanges_nothing_is_raised(pairs: list[tuple[bytes, bytes]]) -> None:
    lines = [half.hex() for pair in pairs for half in pair if half]
    if lines:
        exchanges = cardlib.read_text(
            "\n".join(f"{'><'[n % 2]} {row}" for n, row in enumerate(lines)), format="hex pairs"
        ).exchanges
        assert len(phases(exchanges)) == len(TABLE)


@pytest.mark.parametrize("afl", ["", "08", "08010101" * 64, "0801FF00"])
def test_lists_of_records_of_any_length(afl: str) -> None:
    start = (command("00A40400", "A0000000031010") + "00", "9000")
    answer = tlv("77", tlv("82", "3C00") + tlv("94", afl)) + "9000"
    capture = cardlib.read_text(
        "\n".join(("> " + start[0], "< 9000", "> 80A8000002830000", "< " + answer))
    )
    assert len(phases(capture.exchanges)) == len(TABLE)
