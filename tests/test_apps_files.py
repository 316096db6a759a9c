# SPDX-License-Identifier: MIT
"""Which file a command is about: unknown unless it was selected or named, and read together only from its beginning."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardlib.apps.files import (
    MAX_LEVELS,
    MAX_PIECES,
    Content,
    Place,
    directory,
    joined,
    place_of,
    read_on,
)
from cardlib.core.apdu import parse_command
from cardlib.core.model import Context

NOWHERE = Context()
IN_FILE = Context(df="MF/7F20", ef="6F07")

PLACES = [
    ("no file is selected", NOWHERE, "00B0000000", None),
    ("no file is selected, a record", NOWHERE, "00B2010400", None),
    ("not a read", IN_FILE, "00A40000023F00", None),
    ("SEARCH RECORD", IN_FILE, "00A2010401FF", None),
    ("the current file", IN_FILE, "00B0000000", Place(("MF", "7F20", "6F07"))),
    ("from an offset", IN_FILE, "00B0012300", Place(("MF", "7F20", "6F07"), 0, 0x123)),
    ("by short identifier", IN_FILE, "00B0870500", Place(("MF", "7F20", "sfi 07"), 0, 5)),
    ("by short identifier, nothing known", NOWHERE, "00B0810000", Place(("sfi 01",))),
    ("a write", IN_FILE, "00D6000001AA", Place(("MF", "7F20", "6F07"))),
    ("a record", IN_FILE, "00B2030400", Place(("MF", "7F20", "6F07"), 3)),
    ("a record of another file", IN_FILE, "00B2030C00", Place(("MF", "7F20", "sfi 01"), 3)),
    ("the next record", IN_FILE, "00B2000200", Place(("MF", "7F20", "6F07"))),
    ("SFI 31 is reserved", IN_FILE, "00B203FC00", Place(("MF", "7F20", "6F07"), 3)),
    ("a record written", NOWHERE, "00DC030C01AA", Place(("sfi 01",), 3)),
]


@pytest.mark.parametrize(
    ("context", "command", "place"), [row[1:] for row in PLACES], ids=[row[0] for row in PLACES]
)
def test_place(context: Context, command: str, place: Place | None) -> None:
    assert place_of(context, parse_command(bytes.fromhex(command))) == place


@given(st.binary(min_size=4, max_size=8))
def test_any_command_has_a_place_or_none(raw: bytes) -> None:
    place = place_of(IN_FILE, parse_command(raw))
    assert place is None or (place.path[-1] and 0 <= place.offset < 1 << 15)


DIRECTORIES = [
    ("", "3F00", "MF"),
    ("MF/7F20/5F3B", "3F00", "MF"),
    ("", "7FFF", "ADF"),
    ("MF/7F20", "7FFF", "ADF"),
    ("", "7F20", "7F20"),
    ("MF", "7F20", "MF/7F20"),
    ("MF/7F20", "7F10", "MF/7F10"),  # a neighbour
    ("MF/7F20/5F3B", "7F10", "MF/7F10"),
    ("MF/7F20", "5F3B", "MF/7F20/5F3B"),
    ("MF/7F20/5F3B", "5F3C", "MF/7F20/5F3C"),
    ("MF/7F20/5F3B", "7F20", "MF/7F20"),  # back to where it stood
    ("ADF.USIM", "5F3B", "ADF.USIM/5F3B"),
    ("MF/5000", "5100", "MF/5000/5100"),
]


@pytest.mark.parametrize(("df", "fid", "path"), DIRECTORIES)
def test_directory(df: str, fid: str, path: str) -> None:
    assert directory(df, fid, "ADF") == path


def test_a_path_is_bounded() -> None:
    path = "MF"
    for number in range(1000):
        path = directory(path, f"{number:04X}", "ADF")
    assert len(path.split("/")) == MAX_LEVELS


def test_what_does_not_go_on_is_not_known() -> None:
    first = read_on(None, 0, b"ab")
    assert read_on(None, 2, b"cd") is None  # the beginning was not read
    assert read_on(first, 1, b"bc") is read_on(first, 3, b"d") is None  # an overlap, a hole
    assert read_on(None, 0, b"") is None
    assert joined(None) == b""


def test_a_file_read_piece_by_piece() -> None:
    content = read_on(read_on(read_on(None, 0, b"ab"), 2, b"cd"), 4, b"e")
    assert content is not None
    assert (joined(content), content.size, content.pieces) == (b"abcde", 5, 3)
    again = read_on(content, 0, b"xy")
    assert again == Content(None, b"xy", 2, 1)


def test_pieces_are_bounded() -> None:
    content: Content | None = read_on(None, 0, b"a")
    for number in range(1, MAX_PIECES + 5):
        content = read_on(content, number, b"a")
        assert (content is None) is (number >= MAX_PIECES)
