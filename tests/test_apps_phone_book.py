# SPDX-License-Identifier: MIT
"""The phone book: what EF.PBR lists is read as what it is, and nothing else is; damaged lists first."""

from __future__ import annotations

import re

import pytest

import cardlib
from cardlib.core.dictionary import load
from cardlib.core.model import Exchange
from cardlib.show.text import text

USIM = "00A4040007A0000000871002/9000"
BOOK = "00A4080C047F105F3A/9000"
PBR = "00A4000C024F30/9000"
LIST = "A805C1034F3202AA05C7034F4B06"
KINDS = "00A4000C024F4B/9000"
HOME = "00B201040A/486F6D65FFFFFFFFFFFF9000"


def last(*pairs: str) -> Exchange:
    lines = (f"> {pair.partition('/')[0]}\n< {pair.partition('/')[2]}\n" for pair in pairs)
    return cardlib.read_text("".join(lines)).exchanges[-1]


def names(exchange: Exchange) -> list[str]:
    return [node.name for _, node in cardlib.decode(exchange).walk() if node.name.startswith("EF.")]


LISTS = [
    # what EF.PBR answers, why the file stays without a name
    ("", "an empty list"),
    ("FF" * 20, "a list that was never written"),
    ("C7034F4B06", "an object outside of a group"),
    ("A805C7034F", "a list that is cut"),
    ("A803C7014F", "an identifier that is cut"),
    ("A805C7034F4C06", "another file"),
    ("A8" + "84FFFFFFFF", "a length of 4 GB"),
]


@pytest.mark.parametrize(("content", "reason"), LISTS, ids=[row[1] for row in LISTS])
def test_a_file_that_no_list_names_stays_without_a_name(content: str, reason: str) -> None:
    exchange = last(USIM, BOOK, PBR, f"00B2010400/{content}9000", KINDS, HOME)
    assert names(exchange) == []


def test_a_list_that_was_refused_says_nothing() -> None:
    assert names(last(USIM, BOOK, PBR, f"00B2010400/{LIST}6982", KINDS, HOME)) == []


def test_a_file_of_the_list_is_read_as_what_it_is() -> None:
    exchange = last(USIM, BOOK, PBR, f"00B2010400/{LIST}9000", KINDS, HOME)
    assert names(exchange) == ["EF.AAS (kind of further numbers)"]
    shown = text(exchange)
    assert "Home" not in shown and "486F6D65" not in shown
    assert "Home" in text(exchange, True)


def test_so_is_its_selection_and_a_read_by_short_identifier() -> None:
    listed = (USIM, BOOK, PBR, f"00B2010400/{LIST}9000")
    assert names(last(*listed, "00B201340A/486F6D65FFFFFFFFFFFF9000")) == [
        "EF.AAS (kind of further numbers)"
    ]
    selected = cardlib.decode(last(*listed, KINDS))
    texts = [node.text for _, node in selected.walk() if node.name == "file identifier"]
    assert texts == ["EF.AAS (kind of further numbers)"]


def test_every_kind_of_file_that_a_list_names_has_a_row() -> None:
    kinds = load("files_phonebook").resources.layouts["phone book files"]
    tags = re.findall(r"^([0-9A-F]{2}) ", kinds, re.MULTILINE)
    assert len(tags) == 13
    for tag in tags:
        group = f"A805{tag}034F4B06"
        found = names(last(USIM, BOOK, PBR, f"00B2010400/{group}9000", KINDS, HOME))
        assert len(found) == 1, tag


def test_the_list_is_of_its_own_directory() -> None:
    other = "00A4080C047FFF5F3A/9000"
    listed = (USIM, BOOK, PBR, f"00B2010400/{LIST}9000")
    assert names(last(*listed, other, KINDS, HOME)) == []
    assert names(last(*listed, "00A4000C023F00/9000", BOOK, KINDS, HOME)) != []


def test_a_list_of_very_many_files_is_bounded() -> None:
    entry = "C7034F{:02X}01"
    group = "".join(entry.format(number) for number in range(200))
    content = f"A8820{len(group) // 2:03X}{group}"
    far = "00A4000C024FC0/9000"
    assert names(last(USIM, BOOK, PBR, f"00B2010400/{content}9000", far, HOME)) == []
