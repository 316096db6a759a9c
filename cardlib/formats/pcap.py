# SPDX-License-Identifier: MIT
"""Packets out of pcap and pcapng files, undamaged or damaged.

Where what stands there cannot be believed, the next place that can is searched for.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from ..core.model import Coverage, Problem
from .packet_window import AHEAD, MAX_BLOCK, SECOND_NS, UNKNOWN_LINK, Packet, Window
from .pcap_records import HEADER_SIZE, YEAR, Records
from .pcapng_blocks import Blocks

__all__ = [
    "AHEAD",
    "MAX_BLOCK",
    "UNKNOWN_LINK",
    "Packet",
    "first_packets",
    "is_pcap",
    "packets",
    "resolution",
]

_HEAD = 1 << 16
_FIRST_PACKETS = 50
_MICROSECOND = 1000  # in ns, as is a tick below
_MAGIC = {  # byte order and tick of a pcap file
    b"\xd4\xc3\xb2\xa1": ("<", _MICROSECOND),
    b"\xa1\xb2\xc3\xd4": (">", _MICROSECOND),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}
_UNITS = ((1, "s"), (1000, "ms"), (10**6, "us"), (SECOND_NS, "ns"))  # how many are a second


def is_pcap(head: bytes) -> bool:
    """Whether a file begins like a capture of packets, even if damaged at its beginning."""
    return _reader_of(head) is not None


def first_packets(head: bytes) -> list[Packet]:
    """The first packets of a file that begins like this; none if it is no capture of packets."""
    if not is_pcap(head):
        return []
    items = packets(io.BytesIO(head), Coverage())
    readable = (item for item in items if not isinstance(item, Problem))
    return list(islice(readable, _FIRST_PACKETS))


def resolution(file: BinaryIO) -> str:
    """The tick of a file's clock, from its headers; the file is left at its beginning."""
    head = file.read(_HEAD)
    file.seek(0)
    reader = _reader_of(head)
    if reader is None:
        return ""
    if isinstance(reader, Blocks):
        _read_interface(reader, head)
    ticks = reader.ticks()
    if not ticks:
        return ""
    for in_second, unit in _UNITS:  # noqa: B007
        if in_second >= ticks:
            break
    return f"{in_second / ticks:g} {unit}"


def _read_interface(blocks: Blocks, head: bytes) -> None:
    """Read blocks until one describes an interface."""
    window = Window(io.BytesIO(head))
    while window.fill() and not blocks.interfaces:
        size = blocks.size(window.buf, window.at)
        if not size:
            return
        block = window.buf[window.at : window.at + size]
        window.at += size
        for _ in blocks.other(window, Coverage(), block):
            pass


def packets(file: BinaryIO, coverage: Coverage) -> Iterator[Packet | Problem]:
    """All packets in order.

    Bytes that are no packet are counted in `coverage` here; the caller counts the packets.
    """
    window = Window(file)
    window.fill()
    reader = _reader_of(window.buf[:_HEAD]) or Blocks("<")
    while window.fill():
        yield from reader.run(window, coverage)
        if window.fill():
            yield _skip_damage(window, coverage, reader)


def _reader_of(head: bytes) -> Blocks | Records | None:
    """The reader for a file that begins like this, by its magic number or by what can be believed."""
    if head[:4] in _MAGIC:
        order, tick = _MAGIC[head[:4]]
        return Records(head, order, tick)
    return _likely_blocks(head) or _likely_records(head)


def _likely_blocks(head: bytes) -> Blocks | None:
    """The byte order in which most blocks can be believed."""
    best, most = None, 0
    for order in "<>":
        blocks = Blocks(order)
        count = sum(blocks.size(head, match.start()) > 0 for match in blocks.starts.finditer(head))
        if count > most:
            best, most = blocks, count
    return best


def _likely_records(head: bytes) -> Records | None:
    """The byte order in which a record of this century begins soon."""
    for order in "<>":
        records = Records(head, order, _MICROSECOND)
        places = [match.start() for match in records.starts.finditer(head, 8, 200 + HEADER_SIZE)]
        if any(records.size(head, at, since=30 * YEAR) for at in places if at < 200):
            return records
    return None


def _skip_damage(window: Window, coverage: Coverage, reader: Blocks | Records) -> Problem:
    """Skip to the next place that can be believed; one problem covers everything skipped."""
    start = window.position
    raw = window.buf[window.at : window.at + 256]
    window.at += 1
    while window.fill():
        place = _next_place(window, reader)
        if place is not None:
            window.at = place
            break
        if window.ended:
            window.at = len(window.buf)
        else:
            # A block that begins behind this place may reach beyond what is in memory.
            window.at = len(window.buf) - AHEAD + 1
    stop = window.position
    coverage.damaged += stop - start
    detail = f"{stop - start} bytes cannot be read as packets"
    return Problem("damaged block", detail, window.unit + 1, start, stop, raw)


def _next_place(window: Window, reader: Blocks | Records) -> int | None:
    """Where in the window a packet or block begins that can be believed."""
    for match in reader.starts.finditer(window.buf, window.at):
        if reader.size(window.buf, match.start()):
            return match.start()
    return None
