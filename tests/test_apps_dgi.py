# SPDX-License-Identifier: MIT
"""Data groupings of a personalisation: cut ones first, then a published example under its keys."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import pytest

from cardlib.apps import dgi
from cardlib.crypto import scp02
from cardlib.crypto.channels import StaticKeys
from conftest import ROOT

CPS = tomllib.loads((ROOT / "tests/vectors/globalplatform.toml").read_text("utf-8"))["cps"]
KEY = bytes.fromhex(CPS["key"])
SESSION = scp02.session(StaticKeys(KEY, KEY, KEY), scp02.Challenges(bytes(8), b"\0\1", bytes(6)))
DATA = {identifier: bytes.fromhex(apdu)[5:] for apdu, identifier in CPS["commands"]}


def read(data: bytes, enciphered: bool = False, session: object = None) -> dict[str, str]:
    """Text by name of all nodes."""
    texts: dict[str, str] = {}
    for node in dgi.nodes(data, 0, len(data), enciphered, session):
        texts.setdefault(node.tag, node.error or node.name)
        for _, part in node.walk():
            texts.setdefault(part.tag or part.name, part.text)
    return texts


@pytest.mark.parametrize("size", range(40))
def test_cut_groupings_are_marked_and_tile(size: int) -> None:
    data = DATA["0101"][:size]
    nodes = dgi.nodes(data, 0, size, True, SESSION)
    assert sum(node.stop - node.start for node in nodes) == size
    assert all(node.error for node in nodes if size < len(DATA["0101"]))


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ("01", "cut off in its identifier or length"),
        ("0101", "cut off in its identifier or length"),
        ("0101FF01", "cut off in its identifier or length"),
        ("010105AABB", "cut off: 5 bytes expected, 2 left"),
        ("0101FF012CAABB", "cut off: 300 bytes expected, 2 left"),
    ],
)
def test_what_is_cut_off(data: str, error: str) -> None:
    value = bytes.fromhex(data)
    *_, last = dgi.nodes(value, 0, len(value), False, None)
    assert last.error == error


def test_a_long_length() -> None:
    value = bytes.fromhex("0201FF012C") + bytes(300)
    (node,) = dgi.nodes(value, 0, len(value), False, None)
    assert (node.body, node.stop, node.name) == (5, 305, "record 1 of file 2")


def test_what_is_not_groupings() -> None:
    assert not dgi.is_tiled(b"", 0, 0)
    assert not dgi.is_tiled(bytes.fromhex("5F2001AA"), 0, 4)
    assert not dgi.is_tiled(DATA["0101"][:-1], 0, len(DATA["0101"]) - 1)
    for data in DATA.values():
        assert dgi.is_tiled(data, 0, len(data))


def test_a_record_holds_its_template() -> None:
    texts = read(DATA["0101"])
    assert texts["0101"] == "record 1 of file 1"
    assert texts["57"].startswith("4761739001010010") and texts["5F20"] == "TEST/CARD"
    assert read(DATA["9102"])["50"] == "TEST DEBIT"
    assert read(DATA["9010"])["PIN try limit"] == "3"


def test_keys_open_with_the_session_that_has_them() -> None:
    texts = read(DATA["8000"], True, SESSION)
    plain = CPS["plain"]
    assert texts["key for cryptograms"] == plain[:32]
    assert texts["key for enciphering"] == plain[64:]
    assert "key for cryptograms" not in read(DATA["8000"], True)
    other = replace(SESSION, dek=bytes(range(16)))
    assert read(DATA["8000"], True, other)["key for cryptograms"] != plain[:32]
    assert read(DATA["8010"], True, SESSION)["PIN block"] == "241234FFFFFFFFFF"


def test_check_values_are_those_of_the_keys() -> None:
    assert DATA["9000"][3:] == bytes.fromhex("FE8A09B73D56A4B7D6")
    assert read(DATA["9000"])["KCV"] == "FE8A09"


def test_which_groupings_are_secret() -> None:
    secret = {identifier for identifier in DATA if dgi.is_secret(identifier)}
    assert secret == {"8000", "8010"}


def test_values_without_whole_blocks_are_not_deciphered() -> None:
    assert dgi.deciphered(SESSION, bytes(7)) is None
    assert dgi.deciphered(None, bytes(8)) is None
    assert dgi.deciphered(SESSION, b"") is None
