# SPDX-License-Identifier: MIT
"""Published contents of files of SIM and USIM: read as they say, built back, and marked where cut or longer."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

import cardlib
from cardlib.apps import facts_of
from cardlib.apps.fields import laid
from cardlib.core.layout import values
from cardlib.core.model import Context, Fact, Node
from conftest import ROOT

FOLDER = ROOT / "tests/vectors"
RECORDS = tomllib.loads((FOLDER / "telecom_files.toml").read_text("utf-8"))["file"]
PLACES = tomllib.loads((FOLDER / "telecom_places.toml").read_text("utf-8"))
CASES = [(record, place) for record in RECORDS for place in (record["at"], *record.get("also", ()))]
IDS = [f"{place} {record['bytes'][:8]}" for record, place in CASES]
ROWS = facts_of(Context(application="telecom"))
# Fields that say nothing of their own
SILENT = ("reserved", "padding", "extension")


def row_of(place: str, record: int = 1) -> Fact | None:
    return ROWS.file(tuple(place.split("/")), record)


def read(fact: Fact, data: bytes) -> Node:
    (node,) = laid(fact, data, 0, len(data), ROWS, {})
    return node


def leaves(node: Node) -> Iterator[Node]:
    if not node.children:
        yield node
    for child in node.children:
        yield from leaves(child)


def said(node: Node) -> list[str]:
    """Name and text of each field; the text alone where the whole file is one value."""
    lines = []
    for leaf in leaves(node):
        if leaf is node:
            lines.append(leaf.text)
        elif leaf.name not in SILENT:
            lines.append(f"{leaf.name}: {leaf.text}")
    return lines


@pytest.mark.parametrize(("record", "place"), CASES, ids=IDS)
def test_a_file_is_read_as_published_and_built_back(record: dict[str, Any], place: str) -> None:
    number = record.get("record", 1)
    fact = row_of(place, number)
    assert fact is not None
    data = bytes.fromhex(record["bytes"])
    node = read(fact, data)
    assert said(node) == record["says"]
    assert [leaf.error for leaf in leaves(node) if leaf.error] == []
    if fact.layout:
        assert fact.layout.build(values(node.children)) == data


def tiled(node: Node) -> bool:
    """Whether the bytes of a node are those of its parts, in order."""
    at = node.body
    for child in node.children:
        if child.bits is None:
            if child.start != at:
                return False
            at = child.stop
        else:
            at = max(at, child.stop)
    return not node.children or at == node.stop


@pytest.mark.parametrize("record", RECORDS, ids=[row["at"] for row in RECORDS])
def test_a_file_that_is_cut_or_longer_loses_no_byte(record: dict[str, Any]) -> None:
    number = record.get("record", 1)
    fact = row_of(record["at"], number)
    assert fact is not None
    data = bytes.fromhex(record["bytes"])
    for changed in (data[:-1], data[: len(data) // 2], data + b"\x5a", data + bytes(40)):
        node = read(fact, changed)
        assert (node.body, node.stop) == (0, len(changed))
        assert all(tiled(part) for _, part in node.walk())


FIXED = [
    # place, content; all of these are one byte short
    ("7F20/6F7E", "47D1264A62F21037211E"),
    ("ADF.USIM/6FE3", "0BF662F210800102C000000162F2101234"),
    ("5FC0/4F01", "000BF262F210010041C000000162F210001234"),
    ("7F20/6FCB", "010106912143658709FFFFFFFFFFFF"),
    ("ADF.USIM/6F08", "0711111111111111111111111111111111222222222222222222222222222222"),
]


@pytest.mark.parametrize(("place", "content"), FIXED, ids=[row[0] for row in FIXED])
def test_a_byte_that_is_missing_is_marked_and_the_rest_is_read(place: str, content: str) -> None:
    fact = row_of(place)
    assert fact is not None
    node = read(fact, bytes.fromhex(content))
    errors = [leaf.error for leaf in leaves(node)]
    assert errors[-1] and not any(errors[:-1])


def test_a_service_table_longer_than_the_list_of_services_is_read_to_its_end() -> None:
    fact = row_of("ADF.USIM/6F38")
    assert fact is not None
    texts = said(read(fact, b"\x01" + bytes(18) + b"\x02\x03"))
    assert texts[0] == "services 1 to 8: local phone book"
    assert texts[-1] == "further services: 0203"


@pytest.mark.parametrize("directory", PLACES)
def test_every_file_has_its_name_by_identifier_and_by_short_identifier(directory: str) -> None:
    above = directory.split("/") if directory != "ADF" else []
    for line in PLACES[directory].split("\n")[:-1]:
        identifier, short, name = line.split(" ")
        fact = ROWS.file((*above, identifier), 1)
        assert fact is not None, identifier
        assert fact.name.partition(" (")[0] == name
        if short != "-":
            assert ROWS.file((*above, f"sfi {short}"), 1) == fact


def test_one_identifier_is_another_file_in_each_directory() -> None:
    names = {
        place: fact.name.partition(" ")[0]
        for place in (
            "7F20/6F38",
            "ADF.USIM/6F38",
            "5FC0/4F01",
            "ADF.USIM/5F90/4F01",
            "ADF.ISIM/6F07",
        )
        if (fact := row_of(place))
    }
    assert list(names.values()) == ["EF.SST", "EF.UST", "EF.5GS3GPPLOCI", "EF.PROSE_MON", "EF.IST"]
    assert row_of("7F20/4F01") is None


SELECTED = [
    # class, answer to SELECT, what it says, parted by semicolons
    (
        "A0",
        "000000003F000100000000000981020C0400838A838A",
        "directory: MF; CHV1 disabled: yes; clock may stop: yes; directories: 2; files: 12",
    ),
    ("A0", "000000007F100200000000000981000D0400838A838A", "directory: DF.TELECOM; files: 13"),
    (
        "A0",
        "000000346F40040011FFFF0102011A",
        "size: 52; file: 6F40; READ: CHV1; UPDATE: CHV1; INVALIDATE: never; not invalidated: yes; "
        "structure: linear fixed; record length: 26",
    ),
    ("A0", "0000000A2FE204000CFFFF01020000", "READ: always; UPDATE: ADM; size: 10"),
    (
        "00",
        "62178202412183026F078A01058B036F060A80020009880138",
        "kind: transparent working EF; file with the rules: 6F06; record: 10; "
        "Short EF identifier: SFI 7; Life cycle status: operational, activated",
    ),
    (
        "00",
        "621A82054221000E0283026FB78A01058B036F06088002001C880108",
        "kind: linear fixed working EF; record size: 14; number of records: 2; record: 8",
    ),
    (
        "00",
        "622C8202782183023F00A50C80017183040003A7388701018A01058B032F0601C60C90016083010183010A83010B",
        "kind: DF; Memory available for the DF: 239416; record: 1; "
        "Commands that the card supports: TERMINAL CAPABILITY; "
        "Key reference of a PIN: PIN of application 1; Key reference of a PIN: ADM1",
    ),
]


@pytest.mark.parametrize(("cla", "answer", "says"), SELECTED)
def test_an_answer_to_select_is_read_as_published(cla: str, answer: str, says: str) -> None:
    text = f"> {cla}A40000023F00\n< {answer}9000\n"
    exchange = cardlib.read_text(f"> A0A40000023F00\n< 9F16\n{text}").exchanges[-1]
    lines = [f"{node.name}: {node.text}" for _, node in cardlib.decode(exchange).walk()]
    assert [line for line in says.split("; ") if line not in lines] == []
    assert not [node for _, node in cardlib.decode(exchange).walk() if node.error]
