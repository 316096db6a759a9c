# SPDX-License-Identifier: MIT
"""Secure messaging on the wire: only what tiles as its objects is read so; what is protected stays bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardlib.core.apdu import parse_command
from cardlib.core.secure import is_protected, objects_of, protected_nodes, secure_nodes, written

NONE = [
    ("nothing", ""),
    ("one byte", "87"),
    ("bytes", "0102030405060708"),
    ("padding only", "0000"),
    ("a cryptogram cut off", "870901AABB"),
    ("rubbish behind a MAC", "8E0401020304FF01"),
    ("an object of another template", "8E04010203045A0112"),
    ("a plain value alone tells nothing", "80021234"),
    ("an FCP", "62038201B8"),
]


@pytest.mark.parametrize("data", [row[1] for row in NONE], ids=[row[0] for row in NONE])
def test_what_is_no_secure_messaging(data: str) -> None:
    assert secure_nodes(bytes.fromhex(data), 0, len(data) // 2) == ()


def test_a_protected_command() -> None:
    raw = bytes.fromhex("0CA4020C158709019E1D5B2AC47F3360" + "8E08C35D0142A9F87B16" + "00")
    nodes = secure_nodes(raw, 5, len(raw) - 1)
    assert [(node.tag, node.value.hex().upper()) for node in nodes] == [
        ("87", "019E1D5B2AC47F3360"),
        ("8E", "C35D0142A9F87B16"),
    ]
    assert (nodes[0].start, nodes[-1].stop) == (5, len(raw) - 1)


def test_a_protected_answer() -> None:
    raw = bytes.fromhex("990290008E081122334455667788")
    assert [(node.tag, node.text) for node in secure_nodes(raw, 0, len(raw))] == [
        ("99", "9000"),
        ("8E", "1122334455667788"),
    ]


def test_an_expected_length() -> None:
    raw = bytes.fromhex("9701008E081122334455667788")
    assert [node.tag for node in secure_nodes(raw, 0, len(raw))] == ["97", "8E"]


@given(
    st.binary(max_size=60)
    | st.lists(st.sampled_from(b"\x87\x8e\x99\x97\x01\x02\x08\x90\x00"), max_size=40).map(bytes)
)
def test_any_bytes(raw: bytes) -> None:
    at = 0
    nodes = secure_nodes(raw, 0, len(raw))
    for node in nodes:
        assert node.start == at
        at = node.stop
    assert not nodes or at == len(raw)


CUT_OFF = ["870901AABB", "8708", "97", "8E0401", "990290008E08AA", "8709016375432908C044F68E08BF"]


@pytest.mark.parametrize("data", CUT_OFF)
def test_objects_that_are_cut_off_are_marked_under_a_class_that_has_no_others(data: str) -> None:
    raw = bytes.fromhex(data)
    nodes = protected_nodes(0x0C, raw, 0, len(raw))
    if len(raw) == 1:
        assert nodes == ()
        return
    assert any(node.error for node in nodes)
    assert (nodes[0].start, nodes[-1].stop) == (0, len(raw))
    for cla in (0x00, 0x04, 0x84, 0x8C):
        assert protected_nodes(cla, raw, 0, len(raw)) == ()


def test_a_command_is_protected_by_class_and_objects() -> None:
    objects = "8709016375432908C044F68E08BF8B92D635FF24F8"
    for command, expected in (
        (f"0CA4020C15{objects}00", True),
        (f"00A4020C15{objects}00", False),
        ("0CA4020C02011E", False),
        ("0CB00000", False),
    ):
        assert is_protected(parse_command(bytes.fromhex(command))) is expected


@pytest.mark.parametrize("size", [0, 1, 127, 128, 255, 256, 65535, 65536])
def test_an_object_that_is_written_is_read_again(size: int) -> None:
    [item] = objects_of(written("87", bytes(size)))
    assert (item.tag, item.value) == ("87", bytes(size))
