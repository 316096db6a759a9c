# SPDX-License-Identifier: MIT
"""Published records of transport cards: each value is read as its source says, and the bytes are built back."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

import cardlib
from cardlib.core.addresses import parse_address
from cardlib.core.facts import facts
from cardlib.core.layout import values
from cardlib.core.model import Fact, Node
from cardlib.road.meaning import name, tree
from conftest import ROOT

RECORDS = tomllib.loads((ROOT / "tests/vectors/transit.toml").read_text("utf-8"))["record"]
MONEY = re.compile(r"-?[0-9.]+(?= [A-Z]{3}$)")


def row_of(record: dict[str, Any]) -> Fact:
    """The row that the record stands under."""
    known = facts("iso7816", *record["rows"])
    address = parse_address(record["at"])
    if address.kind == "object":
        return known.find(address.place)
    if address.kind == "answer":
        cla, ins = bytes.fromhex(address.place)
        fact = known.answer(cla, ins, {"lc": "00", "p1": "00", "p2": "00"})
    else:
        fact = known.file(tuple(address.place.split("/")), 1)
    assert fact is not None
    return fact


def leaves(nodes: Iterable[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from leaves(node.children)


def plain(text: str) -> str:
    """A value without its separators; an amount of money in minor units."""
    text = text.removesuffix(" minor units")
    money = MONEY.match(text)
    if money:
        text = money.group()
    sign = text[:1].replace("-", "m")[: text.startswith("-")]
    letters = re.sub(r"[^0-9A-Za-z]", "", text)
    return sign + (letters.lstrip("0") or "0")


@pytest.mark.parametrize("record", RECORDS, ids=[f"{r['at']} {r['bytes'][:8]}" for r in RECORDS])
def test_a_record_is_read_as_published_and_built_back(record: dict[str, Any]) -> None:
    layout = row_of(record).layout
    assert layout is not None
    data = bytes.fromhex(record["bytes"])
    nodes = layout.parse(data)
    texts: dict[str, str] = {}
    for node in leaves(nodes):
        texts.setdefault(node.name, node.text)
    read = {name: plain(texts.get(name, "")) for name in record["says"]}
    assert read == {name: plain(text) for name, text in record["says"].items()}
    assert layout.build(values(nodes)) == data


ANSWERS = tomllib.loads((ROOT / "tests/vectors/city_cards.toml").read_text("utf-8"))["answer"]


@pytest.mark.parametrize("row", ANSWERS, ids=[f"{row['card']} {row['command']}" for row in ANSWERS])
def test_answers_of_city_cards(row: dict[str, Any]) -> None:
    text = f"{row['before']}> {row['command']}\n< {row['answer']}\n"
    exchange = cardlib.read_text(text).exchanges[-1]
    texts: dict[str, str] = {}
    for node in leaves(tree(exchange).children[-1].children):
        if not node.children:
            text = node.text
            if node.error:
                text += f" ! {node.error}"
            texts.setdefault(node.name, text)
    assert {name: texts.get(name, "") for name in row["says"]} == row["says"]


@pytest.mark.parametrize(
    ("aid", "information", "number"),
    [
        (
            "B0C4C3C5CDA8C7AEB0FC",
            "000108530000000001010000417FC592F4208933202107122041071285000000000000603205133300000000",
            "6032051333",
        ),
        (
            "535558494E2E4444463031",
            "215000012345678901010000000000000000000020200101203001010000",
            "2150000123456789",
        ),
    ],
)
def test_a_number_at_another_place_is_hidden(aid: str, information: str, number: str) -> None:
    text = f"> 00A40400{len(aid) // 2:02X}{aid}\n< 9000\n> 00B095001E\n< {information}9000\n"
    exchange = cardlib.read_text(text).exchanges[-1]
    kinds = {node.value.hex(): node.fact.sensitive for node in leaves(tree(exchange).children)}
    assert kinds[number] == "card"


def test_a_purse_record_is_no_record_of_a_payment_log() -> None:
    """A bank card with a purse: the list of the log is known, the file is not, and the size is another."""
    lines = [
        "> 00A4040007A0000003330101",
        "< 9000",
        "> 80CA9F4F00",
        "< 9F4F199A039F21039F02069F03069F1A025F2A029F4E149C019F36029000",
        "> 00B201C417",
        "< 0002000000000003E805000000000024201708301256379000",
    ]
    exchange = cardlib.read_text("\n".join(lines)).exchanges[-1]
    names = [node.name for node in leaves(tree(exchange).children[-1].children)]
    assert "Merchant name" not in names


@pytest.mark.parametrize(
    ("further", "is_log"), [("", True), ("0A", True), ("0A0A", True), ("0A0A0A", False)]
)
def test_a_record_of_about_the_size_of_the_list_is_one_of_the_log(
    further: str, is_log: bool
) -> None:
    lines = [
        "> 00A4040007A0000003330101",
        "< 9000",
        "> 80CA9F4F00",
        "< 9F4F089A039F4E085F2A029000",
        "> 00B2015C00",
        f"< 261125B2E2CAD4C9CCBBA70156{further}9000",
    ]
    exchange = cardlib.read_text("\n".join(lines)).exchanges[-1]
    texts = [node.text for node in leaves(tree(exchange).children[-1].children)]
    assert ("测试商户" in texts) is is_log


CALYPSO = tomllib.loads((ROOT / "tests/vectors/calypso.toml").read_text("utf-8"))["pair"]
SELECTED = (
    "> 00A4040009315449432E49434131\n"
    "< 6F238409315449432E49434131A516BF0C13C708000000001122334453070A3C28051410019000\n"
)
HEADER = ("CLA", "INS", "P1", "P2", "Lc", "Le", "SW")


@pytest.mark.parametrize(
    "pair", CALYPSO, ids=[f"{number} {pair['name']}" for number, pair in enumerate(CALYPSO)]
)
def test_commands_of_calypso(pair: dict[str, Any]) -> None:
    text = f"{SELECTED}> {pair['command']}\n< {pair['answer']}\n"
    exchange = cardlib.read_text(text).exchanges[-1]
    says = []
    for half in tree(exchange).children:
        for node in leaves(half.children):
            if not node.children and node.name not in HEADER:
                says.append(f"{node.name} {node.text}")
    assert name(exchange) == pair["name"]
    if "says" in pair:
        assert says == pair["says"]
