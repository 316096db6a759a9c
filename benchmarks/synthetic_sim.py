# SPDX-License-Identifier: MIT
"""Seeded synthetic SIM sessions as GSMTAP packets in a pcap file, with the five fields that a reader should find."""

from __future__ import annotations

import itertools
import random
import struct
from collections.abc import Iterator
from pathlib import Path

ATR = bytes.fromhex("3B9F96801F878031E073FE211B674A4C753034054BA9")
AID = bytes.fromhex("A0000000871002FFFFFFFF8907090000")
PIN = b"1234" + b"\xff" * 4
BEGAN = 1_700_000_000_000_000  # microseconds
_PCAP = struct.Struct("<IHHiIII")
_RECORD = struct.Struct("<IIII")
_ETHERNET = bytes(12) + b"\x08\0"
_IP = struct.Struct(">BBHHHBBH4s4s")
_UDP = struct.Struct(">HHHH")
_LOCAL = bytes((127, 0, 0, 1))


def write(path: Path, expected: Path, packets: int, seed: int = 2) -> None:
    """A capture of that many packets, and what its five fields are as text, a line a packet."""
    rng, now = random.Random(seed), BEGAN
    units = itertools.chain.from_iterable(_session(rng) for _ in itertools.repeat(None))
    with path.open("wb") as file, expected.open("w", encoding="ascii", newline="\n") as text:
        file.write(_PCAP.pack(0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for number, (kind, unit) in enumerate(itertools.islice(units, packets), 1):
            now += rng.randrange(2_000, 15_000)
            seconds, rest = divmod(now, 1_000_000)
            packet = _packet(kind, unit)
            file.write(_RECORD.pack(seconds, rest, len(packet), len(packet)) + packet)
            fields = f"{unit[0] & 3}\t0x{unit[1]:02x}\t0x{unit[-2:].hex()}"
            text.write(f"{number}\t{seconds}.{rest:06}000\t{fields}\n")


def _packet(kind: int, unit: bytes) -> bytes:
    """Ethernet, IPv4, UDP, GSMTAP version 2 of type SIM; with both check sums, for readers that verify them."""
    size = len(unit) + 24
    ip = _IP.pack(0x45, 0, size + 20, 0, 0x4000, 64, 17, 0, _LOCAL, _LOCAL)
    ip = ip[:10] + _sum(ip) + ip[12:]
    body = (
        _UDP.pack(40000, 4729, size, 0)
        + bytes((2, 4, 4, 0))
        + bytes(8)
        + bytes((kind, 0, 0, 0))
        + unit
    )
    pseudo = _LOCAL + _LOCAL + bytes((0, 17)) + size.to_bytes(2, "big")
    return _ETHERNET + ip + body[:6] + _sum(pseudo + body) + body[8:]


def _sum(data: bytes) -> bytes:
    """The Internet check sum as RFC 1071 computes it, word by word."""
    words = struct.unpack(f">{(len(data) + 1) // 2}H", data + bytes(len(data) & 1))
    total = sum(words)
    total = (total >> 16) + (total & 0xFFFF)
    return (~(total + (total >> 16)) & 0xFFFF or 0xFFFF).to_bytes(2, "big")


def _session(rng: random.Random) -> Iterator[tuple[int, bytes]]:
    """A power-up and what a telephone asks after it, as (GSMTAP sub-type, T=0 unit)."""
    yield 1, ATR
    yield from _select(rng, 0, b"\x3f\0")
    yield 0, b"\x80\x10\0\0\x1e" + rng.randbytes(30) + b"\x90\0"
    yield from _select(rng, 0, AID)
    yield 0, b"\0\x20\0\1\x08" + PIN + (b"\x90\0" if rng.random() < 0.9 else b"\x63\xc2")
    yield 0, b"\0\x70\0\0\1\1\x90\0"
    for _ in range(rng.randrange(20, 60)):
        yield from _file(rng, rng.choices((0, 1, 2), (16, 3, 1))[0])
    yield 0, b"\0\x70\x80\1\0\x90\0"


def _select(rng: random.Random, channel: int, name: bytes) -> Iterator[tuple[int, bytes]]:
    """SELECT with 61xx, then GET RESPONSE with the FCP."""
    kind = b"\x82\2\x78\x21" if len(name) > 2 or name == b"\x3f\0" else b"\x82\2\x41\x21"
    which = b"\x84\x10" + name if len(name) > 2 else b"\x83\2" + name
    fcp = kind + which + b"\xa5\6\xd0\1\x20\xd2\1\x0a" + b"\x8a\1\5\x8b\3\x2f\6" + rng.randbytes(1)
    fcp += (
        b"\x80\2"
        + rng.randbytes(2)
        + (b"\x88\1" + rng.randbytes(1) if rng.random() < 0.5 else b"\x88\0")
    )
    fcp = b"\x62" + bytes((len(fcp),)) + fcp
    yield (
        0,
        bytes((channel, 0xA4, 0 if len(name) == 2 else 4, 4, len(name)))
        + name
        + bytes((0x61, len(fcp))),
    )
    yield 0, bytes((channel, 0xC0, 0, 0, len(fcp))) + fcp + b"\x90\0"


def _file(rng: random.Random, channel: int) -> Iterator[tuple[int, bytes]]:
    """A file selected, then read or updated; now and then not found, or read with the wrong length first."""
    name, dice, size = b"\x6f" + rng.randbytes(1), rng.random(), rng.randrange(1, 60)
    if dice < 0.05:
        yield 0, bytes((channel, 0xA4, 0, 4, 2)) + name + b"\x6a\x82"
        return
    yield from _select(rng, channel, name)
    if dice < 0.35:
        for record in range(1, rng.randrange(2, 6)):
            yield 0, bytes((channel, 0xB2, record, 4, size)) + rng.randbytes(size) + b"\x90\0"
    elif dice < 0.75:
        if dice < 0.4:
            yield 0, bytes((channel, 0xB0, 0, 0, 0, 0x6C, size))
        yield 0, bytes((channel, 0xB0, 0, 0, size)) + rng.randbytes(size) + b"\x90\0"
    elif dice < 0.85:
        yield 0, bytes((channel, 0xD6, 0, 0, size)) + rng.randbytes(size) + b"\x90\0"
    else:
        yield 0, bytes((0x80 | channel, 0xF2, 0, 0x0C, 0)) + b"\x90\0"
