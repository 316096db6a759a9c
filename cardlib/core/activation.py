# SPDX-License-Identifier: MIT
"""What is said before the first command, as trees that tile its bytes: ATR, ATS, ATQB and PPS.

ISO/IEC 7816-3, 8 and 9; ISO/IEC 14443-3, 7.9; ISO/IEC 14443-4, 5.2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from operator import xor

from .atr import DI, FI, classify, describe_card, is_storage, parse_atr
from .codec import parse_text, to_hex
from .facts import facts
from .model import Constant, Fact, FrameKind, Node, Share
from .tlv import Row, named

_FSC = (16, 24, 32, 40, 48, 64, 96, 128, 256, 512, 1024, 2048, 4096)
_STORAGE = (
    ("category indicator", 1),
    ("tag 4F, length", 3),
    ("RID of PC/SC", 8),
    ("standard", 9),
    ("card name", 11),
)
_OF_EVERY_CARD = ("50", "application data", "protocol info")  # of an ATQB; its PUPI is a number


def activation_node(kind: FrameKind, raw: bytes) -> Node:
    """What a card answers when it is activated, as a tree: a frame of kind "atr", or of kind "ats" (ATS or ATQB)."""
    if kind == "atr":
        return atr_node(raw)
    return atqb_node(raw) if raw[:1] == b"\x50" else ats_node(raw)


def atr_node(raw: bytes) -> Node:
    """An ATR as a tree that tiles its bytes."""
    if len(raw) == 4 and classify(raw).chip == "memory":
        ref = "ISO/IEC 7816-10"
        answer = [
            named(f"H{at + 1}", f"{byte:02X}", ref, raw, at, at + 1, share="all")
            for at, byte in enumerate(raw)
        ]
        return _whole("ATR", describe_card(raw), ref, raw, answer, "")
    atr, nodes, protocol = parse_atr(raw), [], -1
    for name, start, stop in atr.fields:
        if name == "historical bytes":
            nodes.append(historical_node(raw, start, stop))
            continue
        text = _atr_text(name, raw[start], protocol)
        nodes.append(named(name, text, "ISO/IEC 7816-3, 8.2", raw, start, stop, share="all"))
        if name.startswith("TD") and name != "TD1":
            protocol = raw[start] & 15
    note = "" if atr.errors else describe_card(raw)
    return _whole("ATR", note, "ISO/IEC 7816-3, 8", raw, nodes, "; ".join(atr.errors))


def _whole(name: str, note: str, ref: str, raw: bytes, nodes: list[Node], error: str) -> Node:
    return Node(Fact("", name, ref=ref), raw, 0, 0, len(raw), tuple(nodes), note, error)


def _atr_text(name: str, value: int, protocol: int) -> str:
    """What an interface byte says; after the second TD that depends on the protocol it names (7816-3, 8.3, 11.4)."""
    if name.startswith("TD"):
        return f"T={value & 15}; next {_present(value, int(name[2:]) + 1)}"
    describe = _ATR_TEXTS.get(name) or _ATR_TEXTS.get(f"{name[:-1]}, T={protocol}")
    return describe(value) if describe else ""


def _present(value: int, level: int) -> str:
    return _flags(value >> 4, tuple(f"T{letter}{level}" for letter in "ABCD"), " ") or "none"


def _flags(value: int, words: tuple[str, ...], separator: str = ", ") -> str:
    """The words of the bits that are set, the lowest bit first."""
    return separator.join(word for bit, word in enumerate(words) if value >> bit & 1)


def _clock_and_class(value: int) -> str:
    stop = ("not supported", "state L", "state H", "no preference")[value >> 6]
    return f"clock stop {stop}; class {_flags(value, ('A (5 V)', 'B (3 V)', 'C (1.8 V)')) or 'reserved'}"


_ATR_TEXTS: dict[str, Callable[[int], str]] = {
    "TS": lambda value: {0x3B: "direct convention", 0x3F: "inverse convention"}.get(
        value, "not a convention"
    ),
    "T0": lambda value: f"{value & 15} historical bytes; interface bytes {_present(value, 1)}",
    "TA1": lambda value: f"Fi {FI[value >> 4] or 'reserved'}, Di {DI[value & 15] or 'reserved'}",
    "TC1": lambda value: f"extra guard time {value}",
    "TA2": lambda value: f"specific mode, T={value & 15}",
    "TC2": lambda value: f"waiting time integer {value} (T=0)",
    "TA, T=1": lambda value: f"blocks of up to {value} bytes to the card",
    "TB, T=1": lambda value: (
        f"block waiting time integer {value >> 4}, character waiting time integer {value & 15}"
    ),
    "TC, T=1": lambda value: "CRC" if value & 1 else "LRC",
    "TA, T=15": _clock_and_class,
    "TCK": lambda value: "",
}


def historical_node(raw: bytes, start: int, stop: int) -> Node:
    """Historical bytes: category indicator, then COMPACT-TLV where it says so (ISO/IEC 7816-4, 12.1.1)."""
    value, ref = raw[start:stop], "ISO/IEC 7816-4, 12.1.1"
    text = parse_text(value)
    printable = text and all(32 <= ord(c) < 127 for c in text)
    fact = Fact("", "historical bytes", Constant(f'"{text}"' if printable else to_hex(value)), ref)
    if value[:1] not in (b"\x00", b"\x80") or (value[:1] == b"\x00" and len(value) < 4):
        return Node(fact, raw, start, start, stop)
    whole = Fact("", "historical bytes", ref=ref)
    if is_storage(value):
        parts = _cut(
            (*_STORAGE, ("reserved", len(value))), "PC/SC part 3, 3.1.3.2.3", raw, start, stop
        )
        return Node(whole, raw, start, start, stop, tuple(parts))
    base, tail = facts("iso7816"), stop - 3 if value[0] == 0 else stop
    category = to_hex(value[:1])
    nodes = [named("category indicator", category, ref, raw, start, start + 1, share="all")]
    for tag, _, a, body, b, error in compact(raw, start + 1, tail):
        nodes.append(Node(base.find(tag, "historical"), raw, a, body, b, (), "", error))
    if tail < stop:
        status = to_hex(raw[tail:stop])
        nodes.append(named("status indicator", status, ref, raw, tail, stop, share="all"))
    return Node(whole, raw, start, start, stop, tuple(nodes))


def _cut(
    ends: Iterable[tuple[str, int]], ref: str, raw: bytes, start: int, stop: int
) -> list[Node]:
    """Fields that follow each other up to the offsets `ends`, as far as there are bytes for them."""
    nodes = []
    at = start
    for name, end in ends:
        after = min(start + end, stop)
        share: Share = "all" if name in _OF_EVERY_CARD else ""
        if at < after:
            nodes.append(named(name, to_hex(raw[at:after]), ref, raw, at, after, share=share))
        at = max(at, after)
    return nodes


def compact(buf: bytes, start: int = 0, stop: int | None = None) -> list[Row]:
    """COMPACT-TLV, as in historical bytes: one byte of tag and length; tags read 41 to 4F (ISO/IEC 7816-4, 12.1.1)."""
    rows: list[Row] = []
    at, end = start, len(buf) if stop is None else stop
    while at < end:
        length = buf[at] & 0x0F
        after = at + 1 + length
        error = "" if after <= end else f"{length} bytes declared, {end - at - 1} here"
        rows.append((f"4{buf[at] >> 4:X}", 0, at, at + 1, min(after, end), error))
        at = after
    return rows


def ats_node(raw: bytes) -> Node:
    """An ATS, with or without the CRC behind it, as a tree that tiles its bytes (ISO/IEC 14443-4, 5.2)."""
    t0 = raw[1] if len(raw) > 1 else 0
    names = ["TL", "T0"][: len(raw)] + [
        name for bit, name in ((4, "TA1"), (5, "TB1"), (6, "TC1")) if t0 >> bit & 1
    ]
    stop = raw[0] if raw and raw[0] == len(raw) - 2 else len(raw)
    error = (
        "" if raw and raw[0] == stop else f"TL says {raw[0] if raw else 0} bytes, {len(raw)} here"
    )
    if len(names) > stop:
        error, names = f"{names[stop]} is missing", names[:stop]
    ref = "ISO/IEC 14443-4, 5.2"
    nodes = [
        named(name, _ATS_TEXTS[name](raw[at]), ref, raw, at, at + 1, share="all")
        for at, name in enumerate(names)
    ]
    if len(names) < stop:
        nodes.append(historical_node(raw, len(names), stop))
    if stop < len(raw):
        nodes.append(
            named("CRC", to_hex(raw[stop:]), "ISO/IEC 14443-3, annex B", raw, stop, len(raw))
        )
    return _whole("ATS", "contactless card, ISO/IEC 14443-4", ref, raw, nodes, error)


def ats_frame_size(raw: bytes) -> int:
    """FSC: the longest frame that the card takes, PCB and CRC included (ISO/IEC 14443-4, 5.2)."""
    return _FSC[min(raw[1] & 15, 12)] if len(raw) > 1 else 32


def _rates(bits: int) -> str:
    return _flags(bits << 1 & 15 | 1, ("106", "212", "424", "848")) + " kbit/s"


def _bit_rates(value: int) -> str:
    same = "; the same in both directions" if value & 0x80 else ""
    return f"to the card {_rates(value)}; from the card {_rates(value >> 4)}{same}"


_ATS_TEXTS: dict[str, Callable[[int], str]] = {
    "TL": lambda value: f"{value} bytes",
    "T0": lambda value: f"frames of up to {_FSC[min(value & 15, 12)]} bytes",
    "TA1": _bit_rates,
    "TB1": lambda value: f"waiting time 2^{value >> 4}, guard time {value & 15}",
    "TC1": lambda value: _flags(value, ("NAD", "CID")) or "neither CID nor NAD",
}


def atqb_node(raw: bytes) -> Node:
    """An ATQB (without CRC) as a tree that tiles its bytes (ISO/IEC 14443-3, 7.9)."""
    ends = (("50", 1), ("PUPI", 5), ("application data", 9), ("protocol info", len(raw)))
    ref = "ISO/IEC 14443-3, 7.9"
    error = (
        ""
        if len(raw) in (12, 13) and raw[:1] == b"\x50"
        else f"{len(raw)} bytes, 12 or 13 expected"
    )
    return _whole(
        "ATQB", "contactless card, type B", ref, raw, _cut(ends, ref, raw, 0, len(raw)), error
    )


def pps_node(raw: bytes) -> Node:
    """A PPS request or answer as a tree that tiles its bytes (ISO/IEC 7816-3, 9)."""
    pps0 = raw[1] if len(raw) > 1 else 0
    names = ["PPSS", "PPS0"] + [f"PPS{i}" for i in (1, 2, 3) if pps0 >> 3 + i & 1] + ["PCK"]
    error = (
        "PCK does not match"
        if reduce(xor, raw, 0)
        else ""
        if raw[:1] == b"\xff"
        else "PPSS is not FF"
    )
    if len(names) != len(raw):
        error = f"{len(raw)} bytes, {len(names)} announced"
    names += ["more bytes"] * (len(raw) - len(names))
    ref = "ISO/IEC 7816-3, 9"
    nodes = [named(names[at], f"{byte:02X}", ref, raw, at, at + 1) for at, byte in enumerate(raw)]
    return _whole("PPS", f"T={pps0 & 15}", ref, raw, nodes, error)
