# SPDX-License-Identifier: MIT
"""The beginning of a long capture is read without the rest of it: counted in bytes, not in seconds."""

from __future__ import annotations

import gzip
import io
from typing import Any

import pytest

from cardlib.core.errors import CaptureError
from cardlib.formats.unpack import unpacked
from cardlib.road.opening import Beginning, Opening, opening
from cardlib.road.pipeline import Reading

EXCHANGE = "> 00B2010C00\n< 6A83\n"
SESSION = "ATR: 3B 65 00 00 20 63 CB 6A 00\n" + EXCHANGE * 4


class Counted(io.BytesIO):
    """A file that knows how far it was read."""

    farthest = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self.farthest = max(self.farthest, self.tell())
        return data


def opened(text: str, size: int = 1 << 20, **limits: Any) -> tuple[Opening, Counted]:
    counted = Counted(text.encode())
    beginning = Beginning(counted, size)
    return opening(beginning, Reading(beginning, "x"), **limits), counted


def numbers(found: Opening) -> list[int]:
    return [len(session.exchanges) for session in found.capture.sessions]


def test_sessions_are_read_until_there_are_enough_exchanges() -> None:
    found, counted = opened(SESSION * 50_000, few=6)
    assert numbers(found) == [4, 4] and not found.goes_on
    assert counted.farthest < 300_000 < len(counted.getvalue())


def test_a_long_session_is_cut() -> None:
    found, counted = opened(EXCHANGE * 100_000, few=6, longest=9)
    assert numbers(found) == [9] and found.goes_on
    assert counted.farthest < 300_000 < len(counted.getvalue())


def test_a_short_file_is_read_whole() -> None:
    found, _ = opened(SESSION)
    assert numbers(found) == [4] and not found.goes_on and found.capture.problems == ()


@pytest.mark.parametrize("size", range(2000, 2021))
def test_the_end_of_what_is_read_is_no_damage(size: int) -> None:
    found, counted = opened(EXCHANGE * 5000, size, few=10**6, longest=10**6)
    assert counted.farthest <= size and found.goes_on and found.capture.problems == ()
    assert len(found.capture.exchanges) in (99, 100)
    last = found.capture.exchanges[-1]
    assert last.command and last.command.raw.hex() == "00b2010c00"


def test_noise_does_not_make_it_read_on() -> None:
    found, counted = opened(SESSION + "nothing here\n" * 200_000, 100_000)
    assert counted.farthest <= 100_000 and numbers(found) == [4] and found.goes_on


def test_nothing_in_the_beginning_says_how_to_read_on() -> None:
    counted = Counted((("Read me. " * 200 + "\n") * 1000).encode())
    beginning = Beginning(counted, 1 << 20)
    with pytest.raises(CaptureError, match=r"in its first 1 MiB: --all reads on"):
        opening(beginning, Reading(beginning, "x", "pcscd log"))
    assert counted.farthest <= 1 << 20


def test_a_packed_file_is_unpacked_as_far_as_needed() -> None:
    packed = Counted(gzip.compress((SESSION * 200_000).encode(), 1))
    beginning = Beginning(unpacked(packed))
    packed.farthest = 0
    found = opening(beginning, Reading(beginning, "x"), few=6)
    assert numbers(found) == [4, 4] and packed.farthest < len(packed.getvalue()) // 2


def test_a_beginning_ends_where_it_says() -> None:
    beginning = Beginning(io.BytesIO(b"0123456789"), 4)
    assert beginning.seek(0, io.SEEK_END) == 4 and beginning.read() == b""
    assert beginning.seek(1) == 1 and beginning.read() == b"123"
    assert beginning.seek(-2, io.SEEK_CUR) == 2 and beginning.read(9) == b"23"
    assert Beginning(io.BytesIO(b"01"), 4).seek(0, io.SEEK_END) == 2
