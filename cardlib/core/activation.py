# SPDX-License-Identifier: MIT
"""What is said before the first command, as trees that tile its bytes: ATR, ATS, ATQB and PPS.

What the bytes mean stands in tables/activation.toml; here is what no layout can say: the chain of TD bytes, which
historical bytes are objects, and what is wrong with the whole.
"""

from __future__ import annotations

import functools
from dataclasses import replace
from functools import reduce
from operator import xor

from .atr import classify, describe_card, is_storage, parse_atr
from .codec import parse_text, to_hex
from .facts import facts
from .layout import Layout, compile_layout, value_list
from .layout.kinds import KINDS
from .model import ANY_CARD, Constant, Fact, FrameKind, Node
from .registers import register
from .tlv import Row, named

_ATR, _ATS = "ISO/IEC 7816-3, 8.2", "ISO/IEC 14443-4, 5.2"
_ATQB, _PPS = "ISO/IEC 14443-3, 7.9", "ISO/IEC 7816-3, 9"
_HISTORICAL = "ISO/IEC 7816-4, 12.1.1"
_REFS = {
    "ATS": _ATS,
    "ATQB": _ATQB,
    "PPS": _PPS,
    "PPS of ISO/IEC 14443-4": "ISO/IEC 14443-4, 5.3",
    "storage card": "PC/SC part 3, 3.1.3.2.3",
}
_FRAME_SIZES = "frame sizes"
_DEFAULT_FRAME = 32  # bytes, of a card without T0 (ISO/IEC 14443-4, 5.2.3)


@functools.cache
def _names() -> dict[str, dict[str, str]]:
    return {name: value_list(text) for name, text in register("activation")["names"].items()}


@functools.cache
def _layout(name: str) -> Layout:
    text = register("activation")["layouts"][name]
    return compile_layout(text, names=_names(), ref=_REFS[name])


@functools.cache
def _atr_layout(name: str) -> Layout | None:
    """The layout of a byte of an ATR; None where nothing is known of it."""
    text = register("activation")["ATR"].get(name)
    if text is None:
        return None
    return compile_layout(text, names=_names(), ref=_ATR)


def activation_node(kind: FrameKind, raw: bytes) -> Node:
    """A frame of kind "atr", "ats" (ATS or ATQB) or "pps", as a tree."""
    if kind == "atr":
        return atr_node(raw)
    if kind == "pps":
        return pps_node(raw)
    if raw[:1] == b"\x50":
        return atqb_node(raw)
    return ats_node(raw)


def _root(name: str, note: str, ref: str, raw: bytes, nodes: list[Node], error: str) -> Node:
    return Node(Fact("", name, ref=ref), raw, 0, 0, len(raw), tuple(nodes), note, error)


# ATR


def atr_node(raw: bytes) -> Node:
    """An ATR as a tree that tiles its bytes."""
    if len(raw) == 4 and classify(raw).chip == "memory":
        return _synchronous_node(raw)
    atr = parse_atr(raw)
    nodes = []
    protocol = -1
    for name, start, stop in atr.fields:
        if name == "historical bytes":
            nodes.append(historical_node(raw, start, stop))
            continue
        nodes.append(_atr_byte(name, protocol, raw, start, stop))
        if name.startswith("TD") and name != "TD1":
            protocol = raw[start] & 0x0F
    note = ""
    if not atr.errors:
        note = describe_card(raw)
    return _root("ATR", note, "ISO/IEC 7816-3, 8", raw, nodes, "; ".join(atr.errors))


def _synchronous_node(raw: bytes) -> Node:
    """The four bytes of a synchronous card."""
    ref = "ISO/IEC 7816-10"
    nodes = []
    for at, byte in enumerate(raw):
        nodes.append(named(f"H{at + 1}", f"{byte:02X}", ref, raw, at, at + 1, share="all"))
    return _root("ATR", describe_card(raw), ref, raw, nodes, "")


def _atr_byte(name: str, protocol: int, raw: bytes, start: int, stop: int) -> Node:
    """A byte of an ATR; after the second TD its meaning depends on the protocol (7816-3, 8.3 and 11.4)."""
    if name.startswith("TD"):
        layout = _atr_layout("TD")
    else:
        layout = _atr_layout(name) or _atr_layout(f"{name[:-1]} T={protocol}")
    if layout is None:
        return named(name, "", _ATR, raw, start, stop, share="all")
    (node,) = layout.parse(raw, start, stop)
    return replace(node, fact=replace(node.fact, name=name, share="all"))


# Historical bytes


def historical_node(raw: bytes, start: int, stop: int) -> Node:
    """Historical bytes: category indicator, then COMPACT-TLV where it says so (ISO/IEC 7816-4, 12.1.1)."""
    value = raw[start:stop]
    nodes: tuple[Node, ...] = ()
    if is_storage(value):
        nodes = _layout("storage card").parse(raw, start, stop)
    elif value[:1] == b"\x80" or (value[:1] == b"\x00" and len(value) >= 4):
        nodes = _historical_objects(raw, start, stop)
    text = ""
    if not nodes:
        text = _as_text(value)
    fact = Fact("", "historical bytes", Constant(text), _HISTORICAL)
    return Node(fact, raw, start, start, stop, _present(nodes))


def _as_text(value: bytes) -> str:
    text = parse_text(value)
    if text and all(32 <= ord(character) < 127 for character in text):
        return f'"{text}"'
    return to_hex(value)


def _historical_objects(raw: bytes, start: int, stop: int) -> tuple[Node, ...]:
    """The objects behind the category indicator; with 00, three bytes of status stand behind them."""
    indicator = to_hex(raw[start : start + 1])
    nodes = [
        named("category indicator", indicator, _HISTORICAL, raw, start, start + 1, share="all")
    ]
    end = stop
    if indicator == "00":
        end = stop - 3
    rows = facts(ANY_CARD)
    for tag, _, at, body, after, error in compact(raw, start + 1, end):
        nodes.append(Node(rows.find(tag, "historical"), raw, at, body, after, (), "", error))
    if end < stop:
        status = to_hex(raw[end:stop])
        nodes.append(named("status indicator", status, _HISTORICAL, raw, end, stop, share="all"))
    return tuple(nodes)


def compact(buf: bytes, start: int = 0, stop: int | None = None) -> list[Row]:
    """COMPACT-TLV, as in historical bytes: one byte of tag and length; tags read 41 to 4F (ISO/IEC 7816-4, 12.1.1)."""
    rows: list[Row] = []
    at = start
    end = len(buf)
    if stop is not None:
        end = stop
    while at < end:
        tag, body, after, error = KINDS["compact"].header(buf, at, end)
        rows.append((tag, 0, at, body, after, error))
        at = after
    return rows


# ATS and ATQB


def ats_node(raw: bytes) -> Node:
    """An ATS, with or without the CRC behind it (ISO/IEC 14443-4, 5.2)."""
    declared = int.from_bytes(raw[:1])
    stop = len(raw)
    if raw and declared == stop - 2:
        stop = declared
    error = ""
    if not raw or declared != stop:
        error = f"TL says {declared} bytes, {len(raw)} here"
    nodes = []
    for node in _layout("ATS").parse(raw, 0, stop):
        if node.name == "historical bytes":
            nodes.append(historical_node(raw, node.start, node.stop))
        elif node.start < node.stop:
            nodes.append(node)
        elif raw:
            error = f"{node.name} is missing"
    if stop < len(raw):
        crc = to_hex(raw[stop:])
        nodes.append(named("CRC", crc, "ISO/IEC 14443-3, annex B", raw, stop, len(raw)))
    return _root("ATS", "contactless card, ISO/IEC 14443-4", _ATS, raw, nodes, error)


def ats_frame_size(raw: bytes) -> int:
    """FSC: the longest frame that the card takes, PCB and CRC included (ISO/IEC 14443-4, 5.2)."""
    if len(raw) < 2 or raw[0] < 2:
        return _DEFAULT_FRAME
    size = _names()[_FRAME_SIZES][f"{raw[1] & 0x0F:X}"]
    return int(size.removesuffix(" bytes"))


def atqb_node(raw: bytes) -> Node:
    """An ATQB, without CRC (ISO/IEC 14443-3, 7.9)."""
    error = ""
    if len(raw) not in (12, 13) or raw[:1] != b"\x50":
        error = f"{len(raw)} bytes, 12 or 13 expected"
    nodes = _present(_layout("ATQB").parse(raw))
    return _root("ATQB", "contactless card, type B", _ATQB, raw, list(nodes), error)


def _present(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """The nodes that have bytes: what is missing is an error of the whole."""
    return tuple(node for node in nodes if node.start < node.stop)


# PPS


def pps_node(raw: bytes) -> Node:
    """A PPS request or answer (ISO/IEC 7816-3, 9; of a contactless card ISO/IEC 14443-4, 5.3)."""
    if raw[:1] and raw[0] >> 4 == 0xD:
        name = "PPS of ISO/IEC 14443-4"
        nodes = _present(_layout(name).parse(raw))
        return _root("PPS", "", _REFS[name], raw, list(nodes), "")
    nodes = _present(_layout("PPS").parse(raw))
    parameters = int.from_bytes(raw[1:2])
    return _root(
        "PPS", f"T={parameters & 0x0F}", _PPS, raw, list(nodes), _pps_error(raw, parameters)
    )


def _pps_error(raw: bytes, parameters: int) -> str:
    """What is wrong with a PPS; PPS0 announces bytes in its bits 5 to 7."""
    announced = 3 + (parameters & 0x70).bit_count()
    if len(raw) != announced:
        return f"{len(raw)} bytes, {announced} announced"
    if reduce(xor, raw, 0):
        return "PCK does not match"
    if raw[:1] != b"\xff":
        return "PPSS is not FF"
    return ""
