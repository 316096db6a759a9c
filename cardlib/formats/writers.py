# SPDX-License-Identifier: MIT
"""Exchanges as others read them: lines of hex, CSV, and GSMTAP packets in pcapng. Nothing is masked here.

These forms hold less than our own: no radio frames, no blocks, no problems but as remarks.
"""

from __future__ import annotations

import csv
import struct
from collections.abc import Callable, Iterable
from typing import TextIO

from ..core.apdu import channel_of
from ..core.blocks import Pair
from ..core.codec import to_hex
from ..core.escape import escape
from ..core.model import Exchange, Frame, Problem, Session
from ..core.transport import unjoined

Item = Session | Exchange | Frame | Problem
_COLUMNS = ["session", "exchange", "clock", "start_ns", "end_ns", "duration_ns", "command", "response", "sw"]
_RAW_IP, _PORT, _LOCAL = 228, 4729, bytes((127, 0, 0, 1))


def units(exchange: Exchange) -> list[Pair]:
    """The pairs on the wire: what 61xx, 6Cxx and chaining joined is apart again, what blocks carried is whole."""
    if any(frame.kind not in ("apdu", "tpdu") for frame in exchange.frames):
        times = exchange.frames[0].time_ns, exchange.frames[-1].time_ns
        return [Pair(exchange.command, exchange.response, exchange.frames, *times)]
    return [one for one in unjoined(exchange.frames) if isinstance(one, Pair)]


def write_pairs(file: TextIO, items: Iterable[Item]) -> int:
    """Lines of hex, `>` to the card and `<` from it; returns how many. Sessions and problems are remarks."""
    count = 0
    for item in items:
        lines: list[str] = []
        if isinstance(item, Exchange):
            for one in units(item):  # a mark alone says that the command is missing
                lines += [f"> {to_hex(one.command.raw)}" if one.command else ">"]
                lines += [f"< {to_hex(one.response.raw)}"] if one.response else []
        elif isinstance(item, Frame) and item.kind == "atr":
            lines = [f"ATR: {to_hex(item.data)}"]
        elif isinstance(item, Session):
            file.write(f"# session {item.index}, clock {item.clock}\n")
        elif isinstance(item, Problem):
            file.write(f"# {escape(item.kind)}: {escape(item.detail)}\n")
        count += len(lines)
        file.writelines(f"{line}\n" for line in lines)
    return count


def write_csv(file: TextIO, items: Iterable[Item]) -> int:
    """A row for each exchange, in hex and nanoseconds; returns how many."""
    writer, count, clock = csv.writer(file, lineterminator="\n"), 0, ""
    writer.writerow(_COLUMNS)
    for item in items:
        if isinstance(item, Session):
            clock = item.clock
        elif isinstance(item, Exchange):
            count += 1
            halves = (to_hex(half.raw) if half else "" for half in (item.command, item.response))
            sw = f"{item.response.sw:04X}" if item.response and item.response.sw is not None else ""
            times = (item.start_ns, item.end_ns, item.duration_ns)
            writer.writerow([item.session, item.index, clock, *times, *halves, sw])
    return count


def write_gsmtap(file: TextIO, items: Iterable[Item]) -> int:
    """GSMTAP packets in pcapng; returns how many. What has no T=0 unit is left out: see `tpdus`."""
    out, count = file.buffer, 0
    out.write(_block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)))
    out.write(_block(1, struct.pack("<HHI", _RAW_IP, 0, 0) + struct.pack("<HHB3xHH", 9, 1, 9, 0, 0)))  # nanoseconds
    for item in items:
        found: list[tuple[int, bytes, int | None]] = []
        if isinstance(item, Exchange):
            found = [(0, *unit) for unit in tpdus(item)]
        elif isinstance(item, Frame) and item.kind == "atr":
            found = [(1, item.data, item.time_ns)]
        count += len(found)
        for kind, data, time_ns in found:
            packet = _packet(bytes((2, 4, 4, 0)) + bytes(8) + bytes((kind, 0, 0, 0)) + data)
            if time_ns is None:
                out.write(_block(3, struct.pack("<I", len(packet)) + packet))
            else:
                head = (0, time_ns >> 32, time_ns & 0xFFFFFFFF, len(packet), len(packet))
                out.write(_block(6, struct.pack("<IIIII", *head) + packet))
    return count


def tpdus(exchange: Exchange) -> list[tuple[bytes, int | None]]:
    """An exchange as T=0 units, with the times of their answers (ISO/IEC 7816-3, 12.2).

    A unit is header, data of one side, status word. Data both ways become two units with a GET RESPONSE between.
    Nothing where a half is missing or damaged, or data are longer than T=0 can hold.
    """
    found: list[tuple[bytes, int | None]] = []
    for one in units(exchange):
        command, response, time_ns = one.command, one.response, one.end_ns
        if not command or not response or command.error or response.sw is None or response.extra:
            return []
        header, sent, got, sw = command.raw[:4], command.data, response.data, response.raw[-2:]
        if len(sent) > 255 or len(got) > 256 or (got and not sent and command.le is None):
            return []
        if sent and got:
            size, channel = len(got) & 0xFF, channel_of(command.cla)
            cla = 0xA0 if command.cla == 0xA0 else channel if channel < 4 else 0x40 | channel - 4
            found.append((header + bytes((len(sent),)) + sent + bytes((0x61, size)), time_ns))
            found.append((bytes((cla, 0xC0, 0, 0, size)) + got + sw, time_ns))
        else:
            p3 = len(sent) if sent else (command.le or 0) & 0xFF
            found.append((header + bytes((p3,)) + sent + got + sw, time_ns))
    return found


def _packet(body: bytes) -> bytes:
    """UDP in IPv4 from and to this computer, with the check sums of RFC 791 and 768."""
    size = len(body) + 8
    pseudo = _LOCAL * 2 + struct.pack(">HH", 17, size)
    udp = struct.pack(">HHH", _PORT, _PORT, size)
    udp += _sum(pseudo + udp + b"\0\0" + body) + body
    head = struct.pack(">BBHIBB", 0x45, 0, size + 20, 0, 64, 17)
    return head + _sum(head + b"\0\0" + _LOCAL * 2) + _LOCAL * 2 + udp


def _sum(data: bytes) -> bytes:
    return (0xFFFF - int.from_bytes(data + bytes(len(data) & 1), "big") % 0xFFFF).to_bytes(2, "big")


def _block(kind: int, body: bytes) -> bytes:
    size = 12 + len(body) + -len(body) % 4
    return struct.pack("<II", kind, size) + body + bytes(-len(body) % 4) + struct.pack("<I", size)


WRITERS: dict[str, Callable[[TextIO, Iterable[Item]], int]] = {
    "hex": write_pairs,
    "csv": write_csv,
    "gsmtap": write_gsmtap,
}
