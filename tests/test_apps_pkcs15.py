# SPDX-License-Identifier: MIT
"""PKCS#15 tokens: lists that are broken or bombs first, then which file is what, whoever chose its identifier."""

from __future__ import annotations

import pytest

import cardlib
from cardlib.apps.files import MOST_LISTED
from cardlib.apps.pkcs15 import follow
from cardlib.core.apdu import parse_command, parse_response
from cardlib.core.dictionary import load
from cardlib.core.model import Context, Exchange
from cardlib.show.text import text

LIST = "00A4080C0450155031/9000"
# EF.ODF: private keys in 4402, certificates in 4404, both below 3F00/5015.
LISTS = "A00A300804063F0050154402A40A300804063F0050154404"
TO_LIST = "00A4080C0450154404/9000"
# EF.CDF: label "Jane Doe", identifier 45, path 3F00 5015 4501.
ENTRY = "300A0C084A616E6520446F65" + "3003040145" + "A10C300A300804063F0050154501"
CERTIFICATES = "301F" + ENTRY
TO_VALUE = "00A4080C0450154501/9000"


def last(*pairs: str) -> Exchange:
    lines = (f"> {pair.partition('/')[0]}\n< {pair.partition('/')[2]}\n" for pair in pairs)
    return cardlib.read_text("".join(lines)).exchanges[-1]


def read(content: str, status: str = "9000") -> str:
    return f"00B0000000/{content}{status}"


def names(exchange: Exchange) -> list[str]:
    return [node.name for _, node in cardlib.decode(exchange).walk()]


BROKEN = [
    ("", "an empty list"),
    ("FF" * 20, "a list that was never written"),
    ("A40A300804063F0050154405", "another file"),
    ("A40A300804063F00501544", "a path that is cut"),
    ("A4093007040550154404AA", "a path of half an identifier"),
    ("04063F0050154404", "a path outside of a list"),
    ("A4" + "84FFFFFFFF", "a length of 4 GB"),
    ("30" * 400, "a nest without end"),
]


@pytest.mark.parametrize(("content", "reason"), BROKEN, ids=[row[1] for row in BROKEN])
def test_a_file_that_no_list_names_stays_without_a_name(content: str, reason: str) -> None:
    shown = names(last(LIST, read(content), TO_LIST, read(CERTIFICATES)))
    assert "EF.CDF (certificates)" not in shown


@pytest.mark.parametrize("status", ["6982", "6A82"])
def test_a_list_that_was_refused_says_nothing(status: str) -> None:
    shown = names(last(LIST, read(LISTS, status), TO_LIST, read(CERTIFICATES)))
    assert "EF.CDF (certificates)" not in shown


def test_a_list_of_very_many_files_is_bounded() -> None:
    context = Context(application="pkcs15", df="ADF", ef="5031")
    many = "".join(f"A406300404023{number:03X}" for number in range(4 * MOST_LISTED))
    answer = parse_response(bytes.fromhex(many + "9000"))
    state = follow(context, parse_command(bytes.fromhex("00B0000000")), answer).state
    assert len(state.entries) == MOST_LISTED  # type: ignore[attr-defined]


def test_a_list_is_named_and_hides_what_can_name_a_person() -> None:
    exchange = last(LIST, read(LISTS), TO_LIST, read(CERTIFICATES))
    shown = text(exchange)
    assert "EF.CDF (certificates)" in names(exchange) and "3F0050154501" in shown
    assert "Jane" not in shown and "4A616E65" not in shown
    assert "Jane Doe" in text(exchange, True)


def test_a_certificate_is_found_by_the_path_in_its_list() -> None:
    steps = [LIST, read(LISTS), TO_LIST, read(CERTIFICATES), TO_VALUE]
    assert "Certificate" in names(last(*steps, read("3003020101")))
    elsewhere = "00A4080C0450154502/9000"
    assert "Certificate" not in names(last(*steps[:-1], elsewhere, read("3003020101")))


def test_the_application_may_be_selected_by_its_aid() -> None:
    by_aid = "00A404000CA000000063504B43532D313500/9000"
    steps = [by_aid, "00A4020C025031/9000", read(LISTS), "00A4020C024404/9000"]
    assert "EF.CDF (certificates)" in names(last(*steps, read(CERTIFICATES)))


def test_the_names_outlive_a_look_at_the_root() -> None:
    steps = [LIST, read(LISTS), "00A4000C023F00/9000", "00A4000002501500/6F07820138830250159000"]
    assert "EF.CDF (certificates)" in names(last(*steps, "00A4000C024404/9000", read(CERTIFICATES)))


def test_every_list_of_the_directory_has_a_row() -> None:
    rows = load("pkcs15").rows
    assert {f"file ODF/A{digit}" for digit in "012345678"} <= rows.keys()
    assert {
        f"file {name}/value" for name in ("PrKDF", "PuKDF", "SKDF", "CDF", "DODF")
    } <= rows.keys()


def test_two_sequences_and_three_numbers_have_their_own_names() -> None:
    """A PIN of 4 to 12 digits, stored in 8 bytes: the order tells them apart."""
    kind = "03020 24C0A0101020104020108020 10C800100".replace(" ", "")
    pin = f"30{len(kind) // 2:02X}{kind}"
    entry = "30030C0150" + "3003040101" + f"A1{len(pin) // 2:02X}{pin}"
    steps = [LIST, read("A80A300804063F0050154401"), "00A4080C0450154401/9000"]
    found = last(*steps, read(f"30{len(entry) // 2:02X}{entry}"))
    lengths = {node.name: node.text for _, node in cardlib.decode(found).walk()}
    assert lengths["shortest"] == "4" and lengths["stored length"] == "8"
    assert lengths["longest"] == "12" and lengths["flags"] == "local; set; padded"
