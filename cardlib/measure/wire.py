# SPDX-License-Identifier: MIT
"""Bytes on the wire: how long they take, computed from ATR and PPS and never measured, and the check behind them."""

from __future__ import annotations

from functools import reduce
from operator import xor

from ..core.activation import ats_frame_size
from ..core.atr import parse_atr
from ..core.blocks import contact_block, is_t1, t1_checks
from ..core.model import Exchange, Frame, Session, record
from ..formats.radio import crc_fits, crc_of

BACK = 254  # bytes of an APDU that a reader takes in a block: no capture tells
CONTACT_HZ, CARRIER_HZ = 3_571_200, 13_560_000  # at the first, 372 cycles a bit make 9600 bit/s


@record
class Link:
    """How fast bytes travel, in ns a byte; what frames add, in bytes: `around` an APDU, at the `edges` of each."""

    protocol: str
    to_card: float
    from_card: float
    around: float
    edges: float
    most: int  # bytes of an APDU in a block to the card; none in a block: 0
    said: str


def link(session: Session) -> Link:
    """The speed of the interface from ATR, ATQB and PPS, and what the standards say where these are silent."""
    if session.interface == "contactless":
        asked = [
            frame.data
            for frame in session.frames
            if frame.kind == "pps" and frame.sender == "reader"
        ]
        return _radio(session.atr or b"", asked[-1] if asked else b"")
    chosen = [
        frame.data for frame in session.frames if frame.kind == "pps" and frame.sender != "reader"
    ]
    return _contact(session, chosen[-1] if chosen else b"")


def _radio(atr: bytes, pps: bytes) -> Link:
    """PPS1 holds the divisors, D0 begins the request (ISO/IEC 14443-4, 5.3); PCB and CRC are around what a block holds.

    Type A: nine bits a byte, one to begin; type B: ten (ISO/IEC 14443-3, 6.2.3, 7.1), and 22 more, as measured.
    """
    fsc = ats_frame_size(atr) if atr[:1] == bytes((len(atr),)) else 256
    rates = pps[2] if len(pps) > 2 and pps[1] & 0x10 else 0
    to_card, from_card = 1 << (rates & 3), 1 << (rates >> 2 & 3)
    kind, bits, edges = ("B", 10, 22) if atr[:1] == b"\x50" else ("A", 9, 1)
    byte = bits * 128 / CARRIER_HZ * 1e9
    known = "by PPS" if pps else "as no PPS was seen"
    said = f"{106 * to_card} and {106 * from_card} kbit/s {known}; frames of up to {fsc} bytes"
    return Link(f"type {kind}", byte / to_card, byte / from_card, 3, edges / bits, fsc - 3, said)


def _contact(session: Session, pps: bytes) -> Link:
    """ISO/IEC 7816-3: 7.1 (etu = F/D 1/f), 7.2 (character), 8.3 (TC1, TA2), 9.2 (PPS1), 11.3 (blocks of T=1)."""
    atr = parse_atr(session.atr or b"")
    fields = {field: atr.raw[start] for field, start, _ in atr.fields if field[0] == "T"}
    specific = fields.get("TA2", 0x10) & 0x10 == 0  # bit 5: implicit values
    fi, di, said = 372, 1, "Fi 372, Di 1: no PPS seen"
    if "TA2" in fields and specific and atr.fi and atr.di:
        fi, di, said = atr.fi, atr.di, f"Fi {atr.fi}, Di {atr.di}: TA1, specific mode"
    if len(pps) > 2 and pps[1] & 0x10:
        chosen = parse_atr(b"\x3b\x10" + pps[2:3])
        fi, di, said = chosen.fi or fi, chosen.di or di, f"PPS1 {pps[2]:02X}"
    block = (pps[1] & 15 if len(pps) > 1 else atr.protocols[0]) == 1
    guard, least, etu = fields.get("TC1", 0), 12, fi / di / CONTACT_HZ * 1e9
    if guard == 255:
        guard, least = 0, 11 if block else 12
    most = fields.get("TA3", 32) if block else 0  # IFSC (ISO/IEC 7816-3, 11.4)
    said = f"{said}; clock taken as {CONTACT_HZ / 1e6} MHz"
    return Link(
        f"T={int(block)}", (least + guard) * etu, least * etu, 4 if block else 0, 0, most, said
    )


def wire_ns(exchange: Exchange, speed: Link) -> int:
    """How long the bytes of an exchange were on the wire, those of GET RESPONSE and resent commands included."""
    return sum(frame_ns(frame, speed) for frame in exchange.frames)


def frame_ns(frame: Frame, speed: Link) -> int:
    """How long a frame was on the wire: as the capture says, else by its bytes.

    T=0: a header has five bytes, and a procedure byte comes before data (ISO/IEC 7816-3, 10.3.2, 10.3.3).
    """
    if frame.end_ns is not None and frame.time_ns is not None:
        return frame.end_ns - frame.time_ns
    size = len(frame.data)
    if speed.protocol == "T=0" and frame.kind in ("apdu", "tpdu"):
        size = max(size, 5) + (size > 5) if frame.sender == "reader" else size + (size > 2)
    to_card = frame.sender == "reader"
    chained = (
        -(-size // max(speed.most if to_card else BACK, 1)) - 1
        if speed.most and frame.kind == "apdu"
        else 0
    )
    frames = 1 + 2 * max(chained, 0)  # each block but the last is acknowledged
    whole = size + frames * (speed.edges + (speed.around if frame.kind == "apdu" else 0))
    return round(whole * (speed.to_card if to_card else speed.from_card))


def waits_for(frame: Frame) -> bool:
    """Whether a card asks for more time: S(WTX) of ISO/IEC 14443-4, 7.3, and of T=1 (ISO/IEC 7816-3, 11.3)."""
    data = frame.data
    if frame.kind != "block" or frame.sender != "card":
        return False
    return data[1:3] == b"\xc3\x01" or (data[:1] in (b"\xf2", b"\xfa") and len(data) <= 5)


def sealed(frame: Frame, data: bytes) -> bytes:
    """New bytes of a frame with the check at their end made again, if that of the old ones was right."""
    old = frame.data
    if frame.kind == "atr" and len(old) > 2 and not reduce(xor, old[1:]):
        return data[:-1] + bytes((reduce(xor, data[1:-1]),))
    if frame.kind not in ("block", "rf") or len(old) < 4:
        return data
    fitting = (technology for technology in "ABFP" if crc_fits(technology, old))
    if technology := next(fitting, ""):
        return data[:-2] + crc_of(technology, data[:-2])
    if not is_t1(old):
        return data
    stop = contact_block(old).stop
    return data[:stop] + t1_checks(data[:stop])[t1_checks(old[:stop]).index(old[stop:])]
