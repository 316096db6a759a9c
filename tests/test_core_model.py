# SPDX-License-Identifier: MIT
"""The types: what their print-out hides, what they compute, and that nothing of a value is lost."""

from __future__ import annotations

import pytest

from cardlib.core.model import (
    Capture,
    Command,
    Constant,
    Context,
    Coverage,
    Exchange,
    Fact,
    Frame,
    Node,
    Problem,
    Response,
    Session,
)

FRAME = Frame(0, None, "card", "tpdu", b"\xde\xad\xbe\xef", 3, 10, 14)
COMMAND = Command(b"\xde\xad\xbe\xef", 0xDE, 0xAD, 0xBE, 0xEF, b"", pieces=((0, 0, 4),))
RESPONSE = Response(b"\xde\xad\x90\x00", b"\xde\xad", 0x9000, pieces=((1, 0, 4),))
EXCHANGE = Exchange(7, 0, COMMAND, RESPONSE, frames=(FRAME,))
LEAF = Node(Fact("5A", "PAN", Constant("text")), b"\x70\x04\x5a\x02\xde\xad", 2, 4, 6)
BARE = Node(Fact("", "rest"), LEAF.buf, 6, 6, 6)
TEMPLATE = Node(Fact("70", "record"), LEAF.buf, 0, 2, 6, (LEAF, BARE))
ROOT = Node(Fact("", "root"), LEAF.buf, 0, 0, 6, (TEMPLATE,))

SHOWN = [
    (FRAME, "data="),
    (COMMAND, "raw="),
    (COMMAND, "pieces="),
    (RESPONSE, "raw="),
    (EXCHANGE, "frames="),
    (EXCHANGE, "context="),
    (TEMPLATE, "buf="),
    (TEMPLATE, "children="),
    (Session(0, exchanges=(EXCHANGE,)), "exchanges="),
    (Capture("p", "f", (Session(0),)), "sessions="),
    (Problem("short", "d", 0, 0, 1, b"\xde\xad"), "raw="),
]


@pytest.mark.parametrize(
    ("value", "hidden"), SHOWN, ids=[f"{type(v).__name__} {h}" for v, h in SHOWN]
)
def test_repr_leaves_out(value: object, hidden: str) -> None:
    assert hidden not in repr(value)


def test_node_is_a_view() -> None:
    assert (LEAF.tag, LEAF.name, LEAF.ref, LEAF.text) == ("5A", "PAN", "", "text")
    assert (LEAF.raw, LEAF.value) == (b"\x5a\x02\xde\xad", b"\xde\xad")
    assert (TEMPLATE.raw, TEMPLATE.value) == (TEMPLATE.buf, TEMPLATE.buf[2:])


def test_walk_gives_parents_first_and_paths() -> None:
    assert [path for path, _ in ROOT.walk()] == ["70", "70/5A", "70/rest"]
    assert ROOT.find("5A") is LEAF
    assert ROOT.find("9F26") is None


def test_walk_is_not_recursive() -> None:
    node = LEAF
    for _ in range(5000):
        node = Node(TEMPLATE.fact, LEAF.buf, 0, 0, 6, (node,))
    assert sum(1 for _ in node.walk()) == 5000
    assert node.find("5A") is LEAF


def test_place_is_for_a_person() -> None:
    assert Problem("short", "d", 4, 10, 12).place == "unit 4, bytes 10..12"


def test_coverage_adds_up() -> None:
    coverage = Coverage(used=5, damaged=1)
    coverage.skip("comment", 3)
    coverage.skip("comment", 4)
    coverage.skip("blank", 1)
    assert coverage.skipped == {"comment": 7, "blank": 1}
    assert coverage.total == 14


def test_capture_lists_all_exchanges() -> None:
    assert Capture("p", "f", (Session(0, exchanges=(EXCHANGE,)), Session(1))).exchanges == (
        EXCHANGE,
    )
    assert Capture("p", "f", ()).exchanges == ()


def test_records_compare_and_hash_by_value() -> None:
    assert Context(aid="A0") == Context(aid="A0") != Context(aid="A1")
    assert len({Fact("5A", "PAN"), Fact("5A", "PAN"), Fact("5A", "PAN", Constant("x"))}) == 2
    assert Fact("5A", "PAN").describe(b"any") == ""
    assert not hasattr(COMMAND, "__dict__")
