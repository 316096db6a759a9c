# SPDX-License-Identifier: MIT
"""NCI packets as Android's nfcsnoop keeps them (AOSP, debug_nfcsnoop.cc).

unpack.py takes them out of its text. A head of nine bytes: version 1, the time of the last packet
in microseconds. Then records, little endian: length (2 bytes), microseconds since the record before
(4), whether the controller sent it (1), the packet.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from ..core.model import Clock, Coverage, Frame, Problem, Sender, Session, record
from .textformat import Reader
from .wires import NCI

NAME = "nfcsnoop"
CLOCK: Clock = "host"
PROVEN = False

_HEAD = 9
_RECORD_HEAD = 7
_PACKET_HEAD = 3  # of NCI: type, code, length
_MAX_SIZE = 1 << 19  # Android keeps half of it


@record
class _Place:
    """A record, or bytes that are none."""

    start: int
    stop: int
    is_record: bool


def recognises(head: bytes) -> float:
    """Sure where a record soon comes that can be believed."""
    if head[:1] == b"\1" and any(place.is_record for place in _places(head[:2000], 0)):
        return 0.9
    return 0.0


def frames(file: BinaryIO, coverage: Coverage) -> Iterator[Frame | Session | Problem]:
    """What the packets hold. Behind bytes that are no record nobody knows the time."""
    data = file.read(_MAX_SIZE)
    file_size = file.seek(0, 2)
    places = list(_places(data, file_size))
    reader = Reader(NCI, coverage, 0)
    coverage.skip("head", len(data[:_HEAD]))
    time_ns: int | None = _first_time(data, places)
    for unit, place in enumerate(places, 1):
        start, stop = place.start, place.stop
        if place.is_record:
            if time_ns is not None:
                time_ns += 1000 * _microseconds_before(data, start)
            coverage.used += stop - start
            sender: Sender = "reader"
            if data[start + 6]:
                sender = "card"
            packet = data[start + _RECORD_HEAD : stop]
            frame = Frame(-1, time_ns, sender, "block", packet, unit, start, stop)
            yield from reader.give(frame, "")
        else:
            time_ns = None
            yield from reader.stop()
            coverage.damaged += stop - start
            detail = f"{stop - start} bytes cannot be read as records"
            raw = data[start : min(stop, start + 256)]
            yield Problem("damaged record", detail, unit, start, stop, raw)
    yield from reader.stop()


def _first_time(data: bytes, places: list[_Place]) -> int:
    """The time before the first record: that of the last packet, less what passed between records.

    0 where bytes between them are no records: how long those took is unknown.
    """
    if not all(place.is_record for place in places):
        return 0
    passed = sum(_microseconds_before(data, place.start) for place in places)
    last = int.from_bytes(data[1:_HEAD], "little")
    return 1000 * max(last - passed, 0)


def _places(data: bytes, size: int) -> Iterator[_Place]:
    """Everything behind the head, in order; `size` is that of the file.

    Behind bytes that are no record, one is believed only if another follows it.
    """
    start = at = _HEAD
    while at < len(data):
        is_behind_damage = at > start
        stop = _record_stop(data, at)
        if stop and is_behind_damage and not _is_followed(data, stop):
            stop = 0
        if not stop:
            at += 1
            continue
        if is_behind_damage:
            yield _Place(start, at, is_record=False)
        yield _Place(at, stop, is_record=True)
        start = at = stop
    if size > start:
        yield _Place(start, size, is_record=False)


def _record_stop(data: bytes, at: int) -> int:
    """Where the record ends that begins here; 0 if none does.

    Its length and that of the packet have to agree. A log that leaves out the data of the card
    keeps the first three bytes of such packets.
    """
    size = int.from_bytes(data[at : at + 2], "little")
    body = at + _RECORD_HEAD
    packet_head = data[body : body + _PACKET_HEAD]
    stop = body + size
    if len(packet_head) < _PACKET_HEAD or stop > len(data) or data[at + 6] > 1:
        return 0
    is_complete = size == _PACKET_HEAD + packet_head[2]
    is_left_out = size == _PACKET_HEAD and packet_head[0] < 0x20
    if is_complete or is_left_out:
        return stop
    return 0


def _is_followed(data: bytes, stop: int) -> bool:
    """Whether nothing, or another record, stands behind a record."""
    return stop == len(data) or _record_stop(data, stop) > 0


def _microseconds_before(data: bytes, start: int) -> int:
    """How much time passed before a record."""
    return int.from_bytes(data[start + 2 : start + 6], "little")
