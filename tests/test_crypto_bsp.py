# SPDX-License-Identifier: MIT
"""Segments of a bound profile package: damaged ones first, then published ones, each with a twin that fails."""

from __future__ import annotations

import tomllib

import pytest

from cardlib.core.errors import NotVerifiable
from cardlib.crypto import bsp
from conftest import ROOT

VECTORS = tomllib.loads((ROOT / "tests/vectors/telecom_esim.toml").read_text("utf-8"))
SESSION = VECTORS["session"]
SEGMENTS = [(bytes.fromhex(row["hex"]), row["plain"]) for row in VECTORS["segment"]]


def session() -> bsp.Keys:
    secret, host, eid = (
        bytes.fromhex(SESSION[name]) for name in ("shared_secret", "host_id", "eid")
    )
    return bsp.session_keys(secret, host, eid)


FIRST = SEGMENTS[0][0]
DAMAGED = [
    (b"", "none of 86, 87 and 88"),
    (FIRST[:1], "none of 86, 87 and 88"),
    (b"\x85" + FIRST[1:], "none of 86, 87 and 88"),
    (FIRST[:-1], "24 bytes declared, 23 here"),
    (FIRST + b"\0", "24 bytes declared, 25 here"),
    (b"\x87\x07" + bytes(7), "7 bytes declared"),
    (b"\x87\x84", "4|declared"),
]


@pytest.mark.parametrize(("segment", "reason"), DAMAGED)
def test_what_is_damaged_is_refused(segment: bytes, reason: str) -> None:
    with pytest.raises(NotVerifiable, match=reason):
        bsp.open_segment(session(), segment)


def test_wrong_lengths_are_refused() -> None:
    with pytest.raises(NotVerifiable):
        bsp.keys_of(bytes(47))
    with pytest.raises(NotVerifiable):
        bsp.session_keys(bytes(32), b"", bytes(16))
    with pytest.raises(NotVerifiable):
        bsp.session_keys(bytes(32), bytes(8), bytes(15))


def test_session_keys() -> None:
    keys = session()
    names = ("initial_mac_chaining", "s_enc", "s_mac")
    values = [value.hex().upper() for value in (keys.chaining, keys.enc, keys.mac)]
    assert values == [SESSION[name] for name in names]
    assert bsp.session_keys(bytes(32), b"1", bytes(16)) != keys


def test_segments_open_in_their_order() -> None:
    keys = session()
    for segment, plain in SEGMENTS:
        opened, keys = bsp.open_segment(keys, segment)
        assert (opened.tag, opened.data.hex().upper()) == (segment[0], plain)


@pytest.mark.parametrize("place", [0, 2, -1])
def test_a_changed_byte_is_found(place: int) -> None:
    changed = bytearray(FIRST)
    changed[place] ^= 0x0F if place == 0 else 1
    with pytest.raises(NotVerifiable):
        bsp.open_segment(session(), bytes(changed))


def test_a_segment_in_another_place_is_found() -> None:
    with pytest.raises(NotVerifiable, match="the MAC of the segment is another"):
        bsp.open_segment(session(), SEGMENTS[1][0])
