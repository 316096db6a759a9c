# SPDX-License-Identifier: MIT
"""Bytes on the wire: how long they take, and the check behind them.

Times are computed from ATR and PPS and never measured.
"""

from __future__ import annotations

from functools import reduce
from operator import xor

from ..core.activation import ats_frame_size
from ..core.atr import parse_atr
from ..core.blocks import contact_block, is_t1, t1_checks
from ..core.model import Exchange, Frame, Session, record
from ..core.native import NATIVE_KINDS, with_check_sum
from ..formats.radio import crc_fits, crc_of

BLOCK_TO_READER = 254  # bytes of an APDU that a reader takes in a block: no capture says it
CONTACT_HZ = 3_571_200  # with it, 372 cycles a bit make 9600 bit/s
CARRIER_HZ = 13_560_000
BIT_CYCLES = 128  # of the carrier, at 106 kbit/s

_DEFAULT_IFSC = 32  # ISO/IEC 7816-3, 11.4
_DEFAULT_FRAME_SIZE = 256
_IMPLICIT = 0x10  # of TA2: the values are not those of TA1 (ISO/IEC 7816-3, 8.3)
_HAS_PPS1 = 0x10
_TECHNOLOGIES = "ABFP"


@record
class Link:
    """How fast bytes travel, in ns a byte; what frames add, in bytes.

    `around` an APDU in a frame, and at the `edges` of every frame.
    """

    protocol: str
    to_card: float
    from_card: float
    around: float
    edges: float
    most: int  # bytes of an APDU in a block to the card; 0 if APDUs are not sent in blocks
    said: str


def link(session: Session) -> Link:
    """The speed of the interface from ATR, ATQB and PPS; from the standards where these are silent."""
    if session.interface == "contactless":
        return _radio(session.atr or b"", _last_pps(session, of_reader=True))
    return _contact(session.atr or b"", _last_pps(session, of_reader=False))


def _last_pps(session: Session, of_reader: bool) -> bytes:
    """The last PPS request, or the last answer; empty if none was seen."""
    last = b""
    for frame in session.frames:
        if frame.kind == "pps" and (frame.sender == "reader") is of_reader:
            last = frame.data
    return last


def _radio(atr: bytes, pps: bytes) -> Link:
    """PPS1 holds the divisors, D0 begins the request (ISO/IEC 14443-4, 5.3).

    PCB and CRC are around what a block holds. Type A: nine bits a byte, and one that begins a frame;
    type B: ten (ISO/IEC 14443-3, 6.2.3, 7.1), and 22 more a frame, as measured.
    """
    frame_size = _DEFAULT_FRAME_SIZE
    if atr[:1] == bytes((len(atr),)):  # an ATS begins with its length
        frame_size = ats_frame_size(atr)
    divisors = 0
    if len(pps) > 2 and pps[1] & _HAS_PPS1:
        divisors = pps[2]
    to_card, from_card = 1 << (divisors & 3), 1 << (divisors >> 2 & 3)
    protocol, byte_bits, edge_bits = "type A", 9, 1
    if atr[:1] == b"\x50":  # an ATQB
        protocol, byte_bits, edge_bits = "type B", 10, 22
    byte_ns = byte_bits * BIT_CYCLES / CARRIER_HZ * 1e9
    source = "as no PPS was seen"
    if pps:
        source = "by PPS"
    speeds = f"{106 * to_card} and {106 * from_card} kbit/s"
    return Link(
        protocol,
        to_card=byte_ns / to_card,
        from_card=byte_ns / from_card,
        around=3,
        edges=edge_bits / byte_bits,
        most=frame_size - 3,
        said=f"{speeds} {source}; frames of up to {frame_size} bytes",
    )


def _contact(atr_bytes: bytes, pps: bytes) -> Link:
    """ISO/IEC 7816-3: 7.1 (etu = F/D 1/f), 7.2 (character), 8.3 (TC1, TA2), 11.3 (blocks of T=1)."""
    atr = parse_atr(atr_bytes)
    interface_bytes = {name: atr.raw[start] for name, start, _ in atr.fields if name[0] == "T"}
    fi, di, source = _clock_rate(interface_bytes, atr.fi, atr.di, pps)
    protocol = atr.protocols[0]
    if len(pps) > 1:
        protocol = pps[1] & 15
    has_blocks = protocol == 1
    etu = fi / di / CONTACT_HZ * 1e9
    least, guard = 12, interface_bytes.get("TC1", 0)  # in etu
    if guard == 255:
        guard = 0
        if has_blocks:
            least = 11
    name, around, block_size = "T=0", 0, 0
    if has_blocks:
        name, around = "T=1", 4
        block_size = interface_bytes.get("TA3", _DEFAULT_IFSC)
    return Link(
        name,
        to_card=(least + guard) * etu,
        from_card=least * etu,
        around=around,
        edges=0,
        most=block_size,
        said=f"{source}; clock taken as {CONTACT_HZ / 1e6} MHz",
    )


def _clock_rate(
    interface_bytes: dict[str, int], fi: int | None, di: int | None, pps: bytes
) -> tuple[int, int, str]:
    """Fi, Di and where they come from: PPS1, TA1 in specific mode, or the defaults (7816-3, 8.3, 9.2).

    `fi` and `di` are those of TA1, which is only an offer outside of specific mode.
    """
    rate_fi, rate_di, source = 372, 1, "Fi 372, Di 1: no PPS seen"
    is_explicit = interface_bytes.get("TA2", _IMPLICIT) & _IMPLICIT == 0
    if is_explicit and fi and di:
        rate_fi, rate_di = fi, di
        source = f"Fi {fi}, Di {di}: TA1, specific mode"
    if len(pps) > 2 and pps[1] & _HAS_PPS1:
        pps1 = parse_atr(b"\x3b\x10" + pps[2:3])  # coded as TA1
        rate_fi = pps1.fi or rate_fi
        rate_di = pps1.di or rate_di
        source = f"PPS1 {pps[2]:02X}"
    return rate_fi, rate_di, source


def wire_ns(exchange: Exchange, speed: Link) -> int:
    """How long the bytes of an exchange were on the wire, GET RESPONSE and resent commands included."""
    return sum(frame_ns(frame, speed) for frame in exchange.frames)


def frame_ns(frame: Frame, speed: Link) -> int:
    """How long a frame was on the wire: as the capture says, else by its bytes."""
    if frame.end_ns is not None and frame.time_ns is not None:
        return frame.end_ns - frame.time_ns
    byte_ns, block_size = speed.from_card, BLOCK_TO_READER
    if frame.sender == "reader":
        byte_ns, block_size = speed.to_card, speed.most
    size = len(frame.data)
    if speed.protocol == "T=0" and frame.kind in ("apdu", "tpdu"):
        size = _t0_size(frame)
    if frame.kind != "apdu":
        return round((size + speed.edges) * byte_ns)
    frames = 1
    if speed.most:
        blocks = -(-size // max(block_size, 1))
        acknowledgements = max(blocks - 1, 0)  # each block but the last is acknowledged
        frames += 2 * acknowledgements
    return round((size + frames * (speed.edges + speed.around)) * byte_ns)


def _t0_size(frame: Frame) -> int:
    """How many bytes a half of an exchange takes in T=0 (ISO/IEC 7816-3, 10.3.2, 10.3.3).

    A header has five bytes; a procedure byte comes before data.
    """
    size = len(frame.data)
    if frame.sender == "reader":
        header = 5
        if size <= header:
            return header
        return size + 1
    status_word = 2
    if size <= status_word:
        return size
    return size + 1


def waits_for(frame: Frame) -> bool:
    """Whether a card asks for more time: S(WTX) of ISO/IEC 14443-4, 7.3, and of T=1 (7816-3, 11.3)."""
    if frame.kind != "block" or frame.sender != "card":
        return False
    data = frame.data
    if data[1:3] == b"\xc3\x01":
        return True
    return data[:1] in (b"\xf2", b"\xfa") and len(data) <= 5


def sealed(frame: Frame, data: bytes) -> bytes:
    """New bytes of a frame with the check at their end computed again, if that of the old ones fits."""
    old = frame.data
    if frame.kind == "atr":
        has_tck = len(old) > 2 and not reduce(xor, old[1:])
        if not has_tck:
            return data
        tck = reduce(xor, data[1:-1])
        return data[:-1] + bytes((tck,))
    if frame.kind in NATIVE_KINDS:
        return with_check_sum(frame, data)
    if frame.kind not in ("block", "rf") or len(old) < 4:
        return data
    for technology in _TECHNOLOGIES:
        if crc_fits(technology, old):
            return data[:-2] + crc_of(technology, data[:-2])
    if not is_t1(old):
        return data
    stop = contact_block(old).stop
    which = t1_checks(old[:stop]).index(old[stop:])
    return data[:stop] + t1_checks(data[:stop])[which]
