# SPDX-License-Identifier: MIT
"""Published records of transport cards: each value is read as its source says, and the bytes are built back."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from cardlib.core.addresses import parse_address
from cardlib.core.facts import facts
from cardlib.core.layout import values
from cardlib.core.model import Fact, Node
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
