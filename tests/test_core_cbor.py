# SPDX-License-Identifier: MIT
"""CBOR as nodes: what is no item, what is cut off, bombs; then the forms of values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_laws import check_tiles

from cardlib.core.cbor import MAX_DEPTH, MAX_ITEMS, nodes
from cardlib.core.model import Fact, Node


def read(data: str) -> tuple[Node, ...]:
    raw = bytes.fromhex(data)
    return nodes(raw, 0, len(raw))


BROKEN = {
    "a head cut off": ("19", "a head cut off"),
    "a text cut off": ("6361", "3 bytes declared, 1 here"),
    "a list with too few": ("8301", "3 declared, 2 here"),
    "a map with a key only": ("A101", "an item is missing"),
    "an indefinite length": ("9FFF", "an indefinite length is not read here"),
    "a reserved head": ("1C", "a reserved head is not read here"),
    "a key that is a list": ("A18001", "a key that is neither a number nor a text"),
    "more than the item": ("0102", "behind the item"),
    "a huge list": ("9BFFFFFFFFFFFFFFFF", "18446744073709551615 declared, 1 here"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_marked(name: str) -> None:
    data, reason = BROKEN[name]
    found = read(data)
    errors = [node.error for item in found for node in (item, *(n for _, n in item.walk()))]
    assert reason in errors


@pytest.mark.parametrize("head", ["81", "A101", "C1"])
def test_bombs_are_bounded(head: str) -> None:
    raw = bytes.fromhex(head) * 100_000
    [item] = nodes(raw, 0, len(raw))
    inner = [node for _, node in item.walk()]
    assert len(inner) <= 2 * MAX_DEPTH
    assert item.stop == len(raw)
    many = b"\x9a\x00\x10\x00\x00" + b"\x01" * 0x100000
    [wide] = nodes(many, 0, len(many))
    assert len(wide.children) <= MAX_ITEMS + 1


VALUES = {
    "00": "0",
    "1904B0": "1200",
    "26": "-7",
    "3903E7": "-1000",
    "F4": "false",
    "F5": "true",
    "F6": "null",
    "63616263": "abc",
    "60": "",
    "420102": "0102",
}


@pytest.mark.parametrize("data", VALUES)
def test_values(data: str) -> None:
    [item] = read(data)
    assert (item.text, item.error) == (VALUES[data], "")


def test_entries_of_a_map_are_called_by_their_keys() -> None:
    [item] = read("A30162484920182A6161F5")
    assert [(node.name, node.text) for node in item.children] == [
        ("1", "HI"),
        ("-1", "42"),
        ("a", "true"),
    ]


@given(
    st.binary(max_size=80) | st.lists(st.sampled_from(b"\xa1\x81\x01\x61\xc1\x40\x1a")).map(bytes)
)
def test_any_bytes_are_tiled(raw: bytes) -> None:
    found = nodes(raw, 0, len(raw))
    check_tiles(Node(Fact("", "all"), raw, 0, 0, len(raw), found))
