# SPDX-License-Identifier: MIT
"""What one block says: of ISO/IEC 14443-4, and of T=1 (ISO/IEC 7816-3)."""

from __future__ import annotations

from binascii import crc_hqx
from functools import reduce
from operator import xor

from .model import record

NO_CRC = "CRC left out"  # in the note of a block whose last two bytes are data

# Registers before and after, bits in the other order (ISO/IEC 14443-3, annex B).
CRC_A, CRC_B = (0xC6C6, 0), (0xFFFF, 0x1D0F)
# Each byte with its bits in the other order.
MIRROR = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))

_CRC_SIZE = 2
_HAS_CID, _HAS_NAD = 0x08, 0x04  # bits of a PCB; a NAD is in I-blocks only
_CHAINED = 0x10  # of a PCB: more blocks follow; in an R-block: not acknowledged
_WAIT = (0xF2, 0xFA)  # S(WTX), without and with CID
_DESELECT = (0xC2, 0xCA)

_T1_HEADER = 3  # NAD, PCB, LEN
_T1_KINDS = "IIRS"  # by the two highest bits of the PCB


@record
class Block:
    """What the protocol bytes of a block say; `start:stop` is its information field."""

    kind: str  # "I", "R", "S", "deselect", or "" where it is none
    more: bool
    number: int
    start: int
    stop: int


NO_BLOCK = Block("", False, 0, 0, 0)


def radio_block(data: bytes, crc: bool = True) -> Block:
    """A block of ISO/IEC 14443-4, 7.1: PCB, CID and NAD where the PCB says so, information, CRC."""
    pcb = 0
    if data:
        pcb = data[0]
    start = 1
    if pcb & _HAS_CID:
        start += 1
    if pcb & _HAS_NAD and pcb < 0x40:
        start += 1
    stop = len(data)
    if crc:
        stop -= _CRC_SIZE
    kind = ""
    if start <= stop:
        kind = _radio_kind(pcb, stop - start)
    return Block(kind, bool(pcb & _CHAINED), pcb & 1, start, stop)


def _radio_kind(pcb: int, size: int) -> str:
    """The kind of a block with so many bytes of information."""
    if pcb & 0xE2 == 0x02:
        return "I"
    if pcb & 0xE6 == 0xA2 and size == 0:
        return "R"
    if pcb in _DESELECT and size < 2:
        return "deselect"
    if pcb in _WAIT and size < 2:
        return "S"
    return ""


def contact_block(data: bytes) -> Block:
    """A block of T=1: node address, PCB, length, information, check (ISO/IEC 7816-3, 11.3)."""
    if len(data) <= _T1_HEADER:
        return NO_BLOCK
    pcb, length = data[1], data[2]
    stop = _T1_HEADER + length
    check_size = len(data) - stop
    if check_size not in (1, 2):
        return NO_BLOCK
    kind = _T1_KINDS[pcb >> 6]
    return Block(kind, bool(pcb & 0x20), pcb >> 6 & 1, _T1_HEADER, stop)


def is_t1(data: bytes) -> bool:
    """Whether this is a block of T=1 by its length and its check."""
    stop = contact_block(data).stop
    return stop > 0 and data[stop:] in t1_checks(data[:stop])


def t1_checks(data: bytes) -> tuple[bytes, bytes, bytes]:
    """What may stand behind a T=1 block (ISO/IEC 7816-3, 11.3.4).

    An LRC, a CRC as drivers send it, or one that is complemented.
    """
    mirrored = crc_hqx(data.translate(MIRROR), 0xFFFF)
    crc = int(f"{mirrored:016b}"[::-1], 2)
    lrc = reduce(xor, data)
    return bytes((lrc,)), crc.to_bytes(2, "big"), (crc ^ 0xFFFF).to_bytes(2, "little")


def radio_crc_fits(data: bytes) -> bool:
    """Whether the last two bytes are the CRC of type A or type B."""
    mirrored = data.translate(MIRROR)
    return any(crc_hqx(mirrored, first) == last for first, last in (CRC_A, CRC_B))
