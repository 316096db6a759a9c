# SPDX-License-Identifier: MIT
"""Exchanges as others read them: lines of hex, CSV, and GSMTAP packets in pcapng.

Nothing is masked here. These forms hold less than our own: no radio frames, no blocks, no problems
but as remarks.
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
from ..core.model import Command, Exchange, Frame, Problem, Response, Session
from ..core.transport import unjoined

Item = Session | Exchange | Frame | Problem
TimedTpdu = tuple[bytes, int | None]
_COLUMNS = [
    "session",
    "exchange",
    "clock",
    "start_ns",
    "end_ns",
    "duration_ns",
    "command",
    "response",
    "sw",
]
# pcapng, 4: blocks
_SECTION_HEADER = 0x0A0D0D0A
_INTERFACE_DESCRIPTION = 1
_SIMPLE_PACKET = 3
_ENHANCED_PACKET = 6
_BYTE_ORDER_MAGIC = 0x1A2B3C4D
_IF_TSRESOL = 9  # an option of one byte: 9 is nanoseconds
_LINKTYPE_IPV4 = 228
# GSMTAP: version 2, a header of 4 words, type 4 (SIM)
_GSMTAP_HEAD = bytes((2, 4, 4, 0)) + bytes(8)
_GSMTAP_PORT = 4729
_SIM_APDU = 0
_SIM_ATR = 1
_LOCALHOST = bytes((127, 0, 0, 1))
_IPV4_NO_OPTIONS = 0x45  # version 4, a header of 5 words (RFC 791, 3.1)
_TTL = 64
_UDP = 17
_GET_RESPONSE = 0xC0
_MORE_DATA = 0x61
_CLA_GSM = 0xA0


def units(exchange: Exchange) -> list[Pair]:
    """The pairs on the wire: what 61xx, 6Cxx and chaining joined is apart again.

    What blocks carried stays in one piece.
    """
    frames = exchange.frames
    if any(frame.kind not in ("apdu", "tpdu") for frame in frames):
        start_ns = frames[0].time_ns
        end_ns = frames[-1].time_ns
        return [Pair(exchange.command, exchange.response, frames, start_ns, end_ns)]
    return [item for item in unjoined(frames) if isinstance(item, Pair)]


def write_pairs(file: TextIO, items: Iterable[Item]) -> int:
    """Lines of hex, `>` to the card and `<` from it; returns how many.

    Sessions and problems are remarks.
    """
    count = 0
    for item in items:
        lines: list[str] = []
        if isinstance(item, Exchange) and item.protocol != "apdu":
            file.write(f"# exchange {item.index} is of {item.protocol}, no APDU: left out\n")
        elif isinstance(item, Exchange):
            lines = _hex_lines(item)
        elif isinstance(item, Frame) and item.kind == "atr":
            lines = [f"ATR: {to_hex(item.data)}"]
        elif isinstance(item, Session):
            file.write(f"# session {item.index}, clock {item.clock}\n")
        elif isinstance(item, Problem):
            file.write(f"# {escape(item.kind)}: {escape(item.detail)}\n")
        count += len(lines)
        file.writelines(f"{line}\n" for line in lines)
    return count


def _hex_lines(exchange: Exchange) -> list[str]:
    lines: list[str] = []
    for pair in units(exchange):
        if pair.command:
            lines.append(f"> {to_hex(pair.command.raw)}")
        else:
            lines.append(">")  # the command is missing
        if pair.response:
            lines.append(f"< {to_hex(pair.response.raw)}")
    return lines


def write_csv(file: TextIO, items: Iterable[Item]) -> int:
    """A row for each exchange, in hex and nanoseconds; returns how many."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(_COLUMNS)
    count = 0
    clock = ""
    for item in items:
        if isinstance(item, Session):
            clock = item.clock
        elif isinstance(item, Exchange):
            count += 1
            writer.writerow(_csv_row(item, clock))
    return count


def _csv_row(exchange: Exchange, clock: str) -> list[object]:
    response = exchange.response
    status_word = ""
    if response and response.sw is not None:
        status_word = f"{response.sw:04X}"
    return [
        exchange.session,
        exchange.index,
        clock,
        exchange.start_ns,
        exchange.end_ns,
        exchange.duration_ns,
        _raw_hex(exchange.command),
        _raw_hex(response),
        status_word,
    ]


def _raw_hex(half: Command | Response | None) -> str:
    if half is None:
        return ""
    return to_hex(half.raw)


def write_gsmtap(file: TextIO, items: Iterable[Item]) -> int:
    """GSMTAP packets in pcapng; returns how many. What has no T=0 unit is left out: see `tpdus`."""
    out = file.buffer
    section = struct.pack("<IHHq", _BYTE_ORDER_MAGIC, 1, 0, -1)  # version 1.0, size unknown
    out.write(_pcapng_block(_SECTION_HEADER, section))
    interface = struct.pack("<HHI", _LINKTYPE_IPV4, 0, 0)
    nanoseconds = struct.pack("<HHB3xHH", _IF_TSRESOL, 1, 9, 0, 0)
    out.write(_pcapng_block(_INTERFACE_DESCRIPTION, interface + nanoseconds))
    count = 0
    for item in items:
        if isinstance(item, Exchange):
            for data, time_ns in tpdus(item):
                out.write(_gsmtap_block(_SIM_APDU, data, time_ns))
                count += 1
        elif isinstance(item, Frame) and item.kind == "atr":
            out.write(_gsmtap_block(_SIM_ATR, item.data, item.time_ns))
            count += 1
    return count


def _gsmtap_block(subtype: int, data: bytes, time_ns: int | None) -> bytes:
    """A packet in pcapng; a simple one where it has no time."""
    packet = _udp_packet(_GSMTAP_HEAD + bytes((subtype, 0, 0, 0)) + data)
    size = len(packet)
    if time_ns is None:
        return _pcapng_block(_SIMPLE_PACKET, struct.pack("<I", size) + packet)
    high = time_ns >> 32
    low = time_ns & 0xFFFFFFFF
    head = struct.pack("<IIIII", 0, high, low, size, size)
    return _pcapng_block(_ENHANCED_PACKET, head + packet)


def tpdus(exchange: Exchange) -> list[TimedTpdu]:
    """An exchange as T=0 units, with the times of their answers (ISO/IEC 7816-3, 12.2).

    A unit is header, data of one side, status word. Data both ways become two units with a GET
    RESPONSE between. Nothing where a half is missing or damaged, or too long for T=0.
    """
    timed: list[TimedTpdu] = []
    for pair in units(exchange):
        command = pair.command
        response = pair.response
        if not command or not response or not _fits_t0(command, response):
            return []
        timed += [(tpdu, pair.end_ns) for tpdu in _pair_tpdus(command, response)]
    return timed


def _fits_t0(command: Command, response: Response) -> bool:
    if command.error or response.sw is None or response.extra or command.protocol != "apdu":
        return False
    if len(command.data) > 255 or len(response.data) > 256:
        return False
    # An answer with data that nobody asked for has no P3.
    return not response.data or bool(command.data) or command.le is not None


def _pair_tpdus(command: Command, response: Response) -> list[bytes]:
    header = command.raw[:4]
    status_word = response.raw[-2:]
    if command.data and response.data:
        size = len(response.data) & 0xFF  # P3 = 0 is 256
        write = header + bytes((len(command.data),)) + command.data + bytes((_MORE_DATA, size))
        get_response = bytes((_get_response_cla(command.cla), _GET_RESPONSE, 0, 0, size))
        return [write, get_response + response.data + status_word]
    p3 = len(command.data)
    if not command.data:
        p3 = (command.le or 0) & 0xFF
    return [header + bytes((p3,)) + command.data + response.data + status_word]


def _get_response_cla(cla: int) -> int:
    """The CLA of a GET RESPONSE on the same channel (ISO/IEC 7816-4, 5.4.1)."""
    if cla == _CLA_GSM:
        return cla
    channel = channel_of(cla)
    if channel < 4:
        return channel
    return 0x40 | channel - 4


def _udp_packet(body: bytes) -> bytes:
    """UDP in IPv4 from and to this computer, with the check sums of RFC 791 and 768."""
    udp_size = len(body) + 8
    addresses = _LOCALHOST + _LOCALHOST
    pseudo_header = addresses + struct.pack(">HH", _UDP, udp_size)
    udp = struct.pack(">HHH", _GSMTAP_PORT, _GSMTAP_PORT, udp_size)
    udp += _checksum(pseudo_header + udp + b"\0\0" + body) + body
    ip = struct.pack(">BBHIBB", _IPV4_NO_OPTIONS, 0, udp_size + 20, 0, _TTL, _UDP)
    return ip + _checksum(ip + b"\0\0" + addresses) + addresses + udp


def _checksum(data: bytes) -> bytes:
    """The complement of the sum of all words, carries added (RFC 1071)."""
    even_data = data + bytes(len(data) & 1)
    total = int.from_bytes(even_data, "big") % 0xFFFF
    return (0xFFFF - total).to_bytes(2, "big")


def _pcapng_block(kind: int, body: bytes) -> bytes:
    padding = bytes(-len(body) % 4)
    size = struct.pack("<I", 12 + len(body) + len(padding))
    return struct.pack("<I", kind) + size + body + padding + size


WRITERS: dict[str, Callable[[TextIO, Iterable[Item]], int]] = {
    "hex": write_pairs,
    "csv": write_csv,
    "gsmtap": write_gsmtap,
}
