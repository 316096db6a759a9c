# SPDX-License-Identifier: MIT
"""A capture in a file that is open already: wherever the bytes come from, it reads as from its path."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest

import cardlib

TRACE = Path(__file__).resolve().parent.parent / "traces" / "contact_purchase.hex.txt"


class Pipe(io.BytesIO):
    """A file in which one cannot go back."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: int) -> int:
        raise OSError("a pipe")


def raws(capture: cardlib.Capture) -> list[bytes]:
    return [exchange.command.raw for exchange in capture.exchanges if exchange.command]


def test_a_file_that_is_open_as_text_is_refused_in_one_line() -> None:
    with pytest.raises(cardlib.CaptureError, match="open it for reading bytes"):
        cardlib.read(io.StringIO("00A40400"))  # type: ignore[arg-type]


def test_an_empty_file_is_no_capture() -> None:
    with pytest.raises(cardlib.CaptureError, match=r"\(a file\)"):
        cardlib.read(io.BytesIO())


@pytest.mark.parametrize("kind", [io.BytesIO, Pipe])
def test_it_reads_as_from_its_path(kind: type[io.BytesIO]) -> None:
    expected = cardlib.read(TRACE)
    capture = cardlib.read(kind(TRACE.read_bytes()), name="mine")
    assert capture.path == "mine"
    assert len(capture.exchanges) == len(expected.exchanges) == 15
    assert raws(capture) == raws(expected)


def test_what_is_packed_is_unpacked_and_what_was_read_before_is_left_out() -> None:
    data = TRACE.read_bytes()
    assert raws(cardlib.read(io.BytesIO(gzip.compress(data)))) == raws(cardlib.read(TRACE))
    file = io.BytesIO(b"x" * 7 + data)
    file.read(7)
    assert raws(cardlib.read(file)) == raws(cardlib.read(TRACE))


def test_the_file_stays_open_and_gives_its_name() -> None:
    with TRACE.open("rb") as file:
        capture = cardlib.read(file)
        assert not file.closed
    assert capture.path == str(TRACE)
