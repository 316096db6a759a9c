# SPDX-License-Identifier: MIT
"""What a transaction is made of: which values count where several were sent, and which cryptogram is the first."""

from __future__ import annotations

from dataclasses import replace

import pytest
from test_secrets import capture, command, tlv

from cardlib.acts.emv.dialogue import (
    ActionCodes,
    Dialogue,
    action_codes,
    answer_of,
    bits,
    cryptogram,
    dialogue,
)
from cardlib.core.apdu import parse_response
from cardlib.core.errors import CaptureError
from cardlib.core.model import Exchange

AID = "A0000000031010"
CARD = {
    **{
        "5A": "4761739001010119",
        "5F24": "281231",
        "5F25": "250101",
        "5F28": "0276",
        "9F07": "FF80",
    },
    **{"9F0D": "F040640800", "9F0E": "0010000000", "9F0F": "F040649800"},
    "8E": "00000000000000004103" + "42031E031F03",
}
TERMINAL = {
    **{
        "9F02": "000000004250",
        "9F03": "000000000000",
        "9F1A": "0276",
        "95": "0000008000",
        "5F2A": "0978",
    },
    **{
        "9A": "260314",
        "9C": "00",
        "9F37": "30901B6A",
        "9F34": "410302",
        "9F33": "E0F8C8",
        "9F35": "22",
    },
}
AIP, GPO = "3C00", "80A8000002830000"


def lists(values: dict[str, str]) -> str:
    return "".join(f"{tag}{len(value) // 2:02X}" for tag, value in values.items())


def generate(kind: str, values: dict[str, str], cid: str, more: str = "") -> tuple[str, str]:
    answer = tlv("77", tlv("9F27", cid) + tlv("9F36", "0001") + more) + "9000"
    return command(f"80AE{kind}00", "".join(values.values())) + "00", answer


def payment(
    card: dict[str, str] | None = None,
    terminal: dict[str, str] | None = None,
    first: tuple[str, str] = ("80", "80"),
    second: tuple[str, str] | None = None,
    later: dict[str, str] | None = None,
    between: tuple[tuple[str, str], ...] = (),
    after: tuple[tuple[str, str], ...] = (),
    aip: str = AIP,
    more: str = "",
) -> tuple[Exchange, ...]:
    """A contact payment of test data; an empty value takes an element away. `between` and `after`: the first AC."""
    own = {tag: value for tag, value in {**CARD, **(card or {})}.items() if value}
    sent = {tag: value for tag, value in {**TERMINAL, **(terminal or {})}.items() if value}
    last = {"8A": "3030", **sent, **(later or {})}
    record = "".join(tlv(tag, value) for tag, value in own.items())
    select = (command("00A40400", AID) + "00", tlv("6F", tlv("84", AID)) + "9000")
    pairs = [
        select,
        (GPO, tlv("77", tlv("82", aip) + tlv("94", "0801010110010100")) + "9000"),
        ("00B2010C00", tlv("70", record) + "9000"),
        ("00B2011400", tlv("70", tlv("8C", lists(sent)) + tlv("8D", lists(last))) + "9000"),
        *between,
        generate(first[0], sent, first[1], more),
        *after,
        *([generate(second[0], last, second[1])] if second else []),
    ]
    return capture(*(line for pair in pairs for line in pair)).exchanges


def looked(**changes: object) -> Dialogue:
    return dialogue(payment(**changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"denial": "0000000000"},
        {"denial": "00", "online": "00", "default": "00"},
        {"denial": "0000000000", "online": "0000000000", "default": "000000000Z"},
        dict.fromkeys(("denial", "online", "default", "other"), "0000000000"),
    ],
)
def test_action_codes_that_are_not_three_of_five_bytes(given: dict[str, str]) -> None:
    with pytest.raises(
        CaptureError, match=r"^tac: give denial, online and default, each as 10 hex digits$"
    ):
        action_codes(given)


def test_action_codes_from_hex() -> None:
    made = action_codes(
        {"denial": "0010000000", "online": "F8 50 AC F8 00", "default": "f850aca000"}
    )
    assert made == ActionCodes(*map(bytes.fromhex, ("0010000000", "F850ACF800", "F850ACA000")))


def test_what_was_sent_before_the_first_cryptogram_and_in_the_second_command() -> None:
    d = looked(second=("40", "40"), later={"95": "0000008040"})
    first, second = d.sent("95", 5), d.sent("95", 5, d.second)
    assert (
        first and second and (first.value.hex(), second.value.hex()) == ("0000008000", "0000008040")
    )
    assert d.sent("95", 4) is None and d.sent("8A") is None and d.answered("95") is None
    date = d.answered("5F24", 3)
    assert date and date.value.hex() == "281231" and d.answered("5F24", 2) is None


def test_results_of_the_terminal_that_come_with_the_pdol_are_none_yet() -> None:
    select = tlv("6F", tlv("84", AID) + tlv("A5", tlv("9F38", "9505"))) + "9000"
    start = command("80A80000", tlv("83", "0000000000")) + "00"
    d = dialogue(capture(command("00A40400", AID) + "00", select, start, "6986").exchanges)
    assert d.sent("95", 5) and d.tvr is None
    decided = looked().tvr
    assert decided and decided.value.hex() == "0000008000"


def test_a_refused_first_command_is_not_the_first_cryptogram() -> None:
    refused = (command("80AE4000", "".join(TERMINAL.values())) + "00", "6985")
    d = looked(between=(refused,))
    assert d.first is d.exchanges[5] and d.second is None
    alone = dialogue(tuple(d.exchanges[:5]))
    assert alone.first is alone.exchanges[4]


def test_a_card_started_anew_gives_no_second_cryptogram() -> None:
    d = looked(after=((GPO, "6985"),), second=("40", "40"))
    assert d.first is d.exchanges[4] and d.second is None


def test_complete_means_every_record_was_read() -> None:
    whole = payment()
    assert dialogue(whole).complete
    assert not dialogue(whole[:2] + whole[3:]).complete
    assert not dialogue(whole[:1]).complete


@pytest.mark.parametrize("answer", ["9000", "709000", "7003DF01" + "9000", "77039F3600" + "9000"])
def test_an_answer_without_a_whole_record_was_not_read(answer: str) -> None:
    d = looked()
    reads = [
        exchange for exchange in d.exchanges if exchange.command and exchange.command.ins == 0xB2
    ]
    cut = replace(reads[0], response=parse_response(bytes.fromhex(answer)))
    others = [exchange for exchange in d.exchanges if exchange is not reads[0]]
    changed = sorted([*others, cut], key=lambda exchange: exchange.index)
    assert d.complete and not dialogue(tuple(changed)).complete


def test_cryptogram_in_the_answer_to_get_processing_options() -> None:
    answer = (
        tlv(
            "77",
            tlv("82", "2000") + tlv("9F26", "0102030405060708") + tlv("9F10", "06010A03A00000"),
        )
        + "9000"
    )
    exchanges = capture(
        command("00A40400", AID) + "00", tlv("6F", tlv("84", AID)) + "9000", GPO, answer
    ).exchanges
    d = dialogue(exchanges)
    assert d.in_gpo and d.first and cryptogram(d.first)[0] == "ARQC"
    assert cryptogram(exchanges[0]) == ("", None)


def test_terminal_transaction_qualifiers_are_not_those_of_mastercard() -> None:
    for aid, known in ((AID, True), ("A0000000041010", False)):
        select = tlv("6F", tlv("84", aid) + tlv("A5", tlv("9F38", "9F6604"))) + "9000"
        d = dialogue(
            capture(
                command("00A40400", aid) + "00",
                select,
                "80A8000006" + "8304B6404000" + "00",
                "6985",
            ).exchanges
        )
        assert bool(d.ttq) == known


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("9000", ""),
        ("6985", "6985 conditions of use not satisfied"),
        ("", "no answer in this capture"),
    ],
)
def test_status_words_as_words(answer: str, text: str) -> None:
    exchange = capture("0020008008241234FFFFFFFFFF", answer, "00B0000000", "9000").exchanges[0]
    told, where = answer_of(exchange)
    assert told == text and (where is None) == (not answer)


def test_bits_are_named_by_the_row_of_the_tag() -> None:
    tvr = looked().tvr
    assert tvr and bits(tvr, 0x80 << 8) == "floor limit exceeded" and bits(tvr, 0x40) == ""


@pytest.mark.parametrize(
    ("kind", "unit"),
    [
        ("11", 1),
        ("26", 6),
        ("34", 4),
        ("42", 0),
        ("02", 0),
        ("27", 0),
        ("EA", 0),
        ("", 0),
        ("2200", 0),
    ],
)
def test_unit_of_the_terminal_type(kind: str, unit: int) -> None:
    assert looked(terminal={"9F35": kind}).unit == unit
