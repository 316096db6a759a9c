# SPDX-License-Identifier: MIT
"""Data elements in the order of time; the static data to be authenticated, and each way in which they are not whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_acts_emv_transaction import GPO, select
from test_secrets import capture, tlv

import cardlib
from cardlib.acts.emv import data
from cardlib.acts.emv.data import found, static_data
from cardlib.core.model import Evidence, Exchange

AIP = "3C00"
RECORD = tlv("70", tlv("5F24", "281231"))


def gpo(afl: str, aip: str = AIP) -> tuple[str, str]:
    return GPO[0], tlv("77", tlv("82", aip) + tlv("94", afl)) + "9000"


def read(sfi: int, number: int, answer: str) -> tuple[str, str]:
    return f"00B2{number:02X}{sfi << 3 | 4:02X}00", answer


def exchanges(*pairs: tuple[str, str]) -> tuple[Exchange, ...]:
    return capture(*(line for pair in (select(), *pairs) for line in pair)).exchanges


@pytest.mark.parametrize(
    ("pairs", "reason"),
    [
        ((), "no AFL (94) in this capture: not known which records are signed"),
        ((gpo(""),), "an AFL of 0 bytes is not a list of entries of 4 bytes"),
        ((gpo("080101"),), "an AFL of 3 bytes is not a list of entries of 4 bytes"),
        ((gpo("08020101"),), "AFL entry SFI 1, records 2 to 1, 1 signed: not legal"),
        ((gpo("08010102"),), "AFL entry SFI 1, records 1 to 1, 2 signed: not legal"),
        ((gpo("00010100"),), "AFL entry SFI 0, records 1 to 1, 0 signed: not legal"),
        ((gpo("F8010100"),), "AFL entry SFI 31, records 1 to 1, 0 signed: not legal"),
        ((gpo("08000100"),), "AFL entry SFI 1, records 0 to 1, 0 signed: not legal"),
        ((gpo("08010101"),), "record 1 of SFI 1 not read in this capture"),
        ((gpo("08010101"), read(1, 1, "")), "record 1 of SFI 1 has no answer in this capture"),
        ((gpo("08010101"), read(1, 1, "6A83")), "record 1 of SFI 1 refused: 6A83"),
        (
            (gpo("08010101"), read(1, 1, RECORD)),
            "record 1 of SFI 1: its answer is damaged (no legal status word at ",
        ),
        ((gpo("08010101"), read(1, 1, "9000")), "record 1 of SFI 1 is not one whole template 70"),
        (
            (gpo("08010101"), read(1, 1, RECORD[:-2] + "9000")),
            "record 1 of SFI 1 is not one whole template 70",
        ),
        (
            (gpo("08010101"), read(1, 1, RECORD + "5F24009000")),
            "record 1 of SFI 1 is not one whole template 70",
        ),
        (
            (gpo("58010101"), read(11, 1, "5F2403281231" + "9000")),
            "record 1 of SFI 11 is not one whole template 70",
        ),
    ],
)
def test_what_is_missing_is_said_with_its_reason(
    pairs: tuple[tuple[str, str], ...], reason: str
) -> None:
    made = static_data(exchanges(*pairs))
    assert not made.complete
    assert len(made.missing) == 1 and made.missing[0].startswith(reason)


@pytest.mark.parametrize("listed", ["", "9F36", "8282", "8295"])
def test_sda_tag_list_may_name_the_aip_alone(listed: str) -> None:
    made = static_data(
        exchanges(gpo("08010101"), read(1, 1, tlv("70", tlv("9F4A", listed)) + "9000"))
    )
    text = (
        "the SDA tag list (9F4A) names other data than the AIP (82) alone, which is all that it may"
    )
    assert made.missing == (text,)


def test_sda_tag_list_without_an_aip() -> None:
    answer = tlv("77", tlv("94", "08010101")) + "9000"
    made = static_data(
        exchanges((GPO[0], answer), read(1, 1, tlv("70", tlv("9F4A", "82")) + "9000"))
    )
    assert made.missing == ("no AIP (82) in this capture, which the SDA tag list names",)


def test_template_and_length_count_from_sfi_11_on() -> None:
    """EMV Book 3, 10.3: of SFI 1 to 10 the content of template 70, of SFI 11 to 30 the whole record; then the AIP."""
    first, second, third = (tlv("70", tlv("5F24", f"28120{day}")) for day in (1, 2, 3))
    tags = tlv("70", tlv("9F4A", "82"))
    pairs = (
        gpo("0802020110010200" + "58010301"),
        read(11, 1, second + "9000"),  # the order is that of the AFL, not of time
        read(1, 2, first + "9000"),
        read(2, 1, third + "9000"),  # in the AFL, not signed
        read(11, 2, tags + "9000"),
    )
    made = static_data(exchanges(*pairs))
    assert made.value.hex().upper() == "5F2403281201" + second + AIP
    assert made.complete and made.missing == ()
    assert made.evidence[:3] == (
        Evidence(1, "response", 6, 20),
        Evidence(3, "response", 2, 8),
        Evidence(2, "response", 0, 8),
    )


@pytest.mark.parametrize(
    ("entries", "missing"),
    [(63, ()), (64, ("an AFL of 256 bytes is not a list of entries of 4 bytes",))],
)
def test_the_longest_list_of_records(entries: int, missing: tuple[str, ...]) -> None:
    value = f"94{'81FC' if entries == 63 else '820100'}" + "08010100" * entries
    assert (
        static_data(exchanges((GPO[0], f"7782{len(value) // 2:04X}{value}9000"))).missing == missing
    )


def test_sfi_30_is_the_last() -> None:
    made = static_data(exchanges(gpo("F0010101"), read(30, 1, RECORD + "9000")))
    assert made.complete and made.value.hex().upper() == RECORD


def test_long_length_of_the_template() -> None:
    record = tlv("70", tlv("90", "AB" * 130))
    made = static_data(exchanges(gpo("08010101"), read(1, 1, record + "9000")))
    assert made.complete and made.value.hex().upper() == record[6:]


def test_a_record_read_again_counts_as_it_was_read_last() -> None:
    pairs = (gpo("08010101"), read(1, 1, "6A83"), read(1, 1, RECORD + "9000"))
    assert static_data(exchanges(*pairs)).complete


def test_records_that_never_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "MAX_STATIC", 10)
    made = static_data(exchanges(gpo("0801010108010101"), read(1, 1, RECORD + "9000")))
    assert made.missing == ("more than 10 bytes of records",) and made.value == b""


def test_found_in_the_order_of_time_without_what_is_cut_off() -> None:
    pairs = (gpo("08010100"), read(1, 1, RECORD + "9000"), read(1, 2, RECORD[:-2] + "9000"))
    dialogue = exchanges(*pairs)
    assert [
        (one.tag, one.value.hex(), one.evidence.exchange) for one in found(dialogue, "82", "5F24")
    ] == [
        ("82", "3c00", 1),
        ("5F24", "281231", 2),
    ]
    assert {one.tag for one in found(dialogue)} >= {
        "84",
        "50",
        "82",
        "94",
        "70",
        "5F24",
        "6F",
        "A5",
    }
    (date,) = found(dialogue, "5F24", file="a.log")
    assert date.text == "2028-12-31" and date.evidence == Evidence(2, "response", 2, 8, "a.log")
    assert not list(found(dialogue, "9F26"))


def test_real_amex_card(real_captures: Path) -> None:
    """The AFL marks two records of SFI 1 and one of SFI 3 signed; the tag list of the card adds the AIP 5D80."""
    made = static_data(
        cardlib.transactions(real_captures / "emv-bertlv/amex-cda-in.txt")[0].exchanges
    )
    assert made.complete and made.value.endswith(bytes.fromhex("5D80"))
    half = cardlib.transactions(real_captures / "emv-bertlv/contact-mastercard-in.txt")[0]
    assert static_data(half.exchanges).missing == (
        "no AFL (94) in this capture: not known which records are signed",
    )
