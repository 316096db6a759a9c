# SPDX-License-Identifier: MIT
"""NCI packets as Android's nfcsnoop keeps them (AOSP, debug_nfcsnoop.cc); unpack.py takes them out of its text.

A head of nine bytes: version 1, the time of the last packet in microseconds. Then records, little endian: length (2
bytes), time since the record before (4), whether the controller sent it (1), the packet.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from ..core.model import Clock, Coverage, Frame, Problem, Sender, Session
from .rules import Reader
from .wires import NCI

NAME = "nfcsnoop"
CLOCK: Clock = "host"
PROVEN = False

_HEAD, _MAX_SIZE = 9, 1 << 19  # Android keeps half of it


def recognises(head: bytes) -> float:
    """Sure where a record soon comes that can be believed."""
    return 0.9 if head[:1] == b"\1" and any(is_record for *_, is_record in _places(head[:2000], 0)) else 0.0


def frames(file: BinaryIO, coverage: Coverage) -> Iterator[Frame | Session | Problem]:
    """What the packets hold. Behind bytes that are no record nobody knows the time."""
    data, reader = file.read(_MAX_SIZE), Reader(NCI, coverage, 0)
    places = list(_places(data, max(file.seek(0, 2), _HEAD)))
    passed = sum(_delta(data, start) for start, _, is_record in places if is_record)
    whole = all(is_record for _, _, is_record in places)
    time: int | None = 1000 * max(int.from_bytes(data[1:_HEAD], "little") - passed, 0) if whole else 0
    coverage.skip("head", len(data[:_HEAD]))
    for unit, (start, stop, is_record) in enumerate(places, 1):
        if is_record:
            time = None if time is None else time + 1000 * _delta(data, start)
            coverage.used += stop - start
            sender: Sender = "card" if data[start + 6] else "reader"
            yield from reader.give(Frame(-1, time, sender, "block", data[start + 7 : stop], unit, start, stop), "")
        else:
            time = None
            yield from reader.stop()
            coverage.damaged += stop - start
            detail = f"{stop - start} bytes cannot be read as records"
            yield Problem("damaged record", detail, unit, start, stop, data[start:stop][:256])
    yield from reader.stop()


def _places(data: bytes, size: int) -> Iterator[tuple[int, int, bool]]:
    """Where a record, or bytes that are none, begin and end; behind those only what another one follows is believed."""
    at = start = _HEAD
    while at < len(data):
        stop = _stop(data, at, strict=at > start)
        if stop:
            if at > start:
                yield start, at, False
            yield at, stop, True
        at = stop or at + 1
        start = stop or start
    if size > start:
        yield start, size, False


def _stop(data: bytes, at: int, strict: bool = False) -> int:
    """Where the record ends that begins here, 0 if none does: its length and that of the packet have to agree.

    A log that leaves out the data of the card keeps the first three bytes of such packets. `strict`: nothing, or
    another record, stands behind it.
    """
    size, packet = int.from_bytes(data[at : at + 2], "little"), data[at + 7 : at + 10]
    stop = at + 7 + size
    fits = len(packet) == 3 and stop <= len(data) and data[at + 6] < 2
    fits = fits and (size == packet[2] + 3 or (size == 3 and packet[0] < 0x20))
    return stop if fits and (not strict or stop == len(data) or _stop(data, stop)) else 0


def _delta(data: bytes, at: int) -> int:
    return int.from_bytes(data[at + 2 : at + 6], "little")
