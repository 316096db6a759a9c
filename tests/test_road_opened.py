# SPDX-License-Identifier: MIT
"""Where opened bytes stand in the tree: below the object that carried them, in bytes of their own."""

from __future__ import annotations

from test_laws import check_tiles

import cardlib
from cardlib.road.meaning import decode, halves
from conftest import ROOT

TRACE = ROOT / "traces" / "passport_read.card.jsonl"
KEYS = ROOT / "traces" / "makers" / "keyring.toml"


def test_the_wire_still_tiles_and_the_opened_bytes_lie_elsewhere() -> None:
    for exchange in cardlib.read(TRACE, keys=[KEYS]).exchanges:
        for _, half in halves(exchange):
            check_tiles(half)
            wire = [node for _, node in half.walk() if node.buf is half.buf]
            assert max((node.stop for node in wire), default=0) <= len(half.buf)


def test_decode_is_pure() -> None:
    for exchange in cardlib.read(TRACE, keys=[KEYS]).exchanges:
        assert decode(exchange) == decode(exchange)


def test_the_parts_of_an_authentication_hide_what_makes_the_keys() -> None:
    exchange = cardlib.read(TRACE, keys=[KEYS]).exchanges[2]
    kinds = {
        node.name: node.fact.sensitive for _, half in halves(exchange) for _, node in half.walk()
    }
    assert kinds["part of the terminal in the session keys"] == "key"
    assert kinds["random number of the terminal"] == ""
