# SPDX-License-Identifier: MIT
"""ATR, ATS, ATQB and PPS down to the historical bytes, and what kind of card they announce.

ISO/IEC 7816-3, 8; ISO/IEC 14443-3, 7.9; ISO/IEC 14443-4, 5.2; PC/SC part 3, 3.1.3.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import xor

from .codec import parse_text, to_hex
from .dictionary import facts
from .model import Constant, Fact, FrameKind, Interface, Node, record
from .tlv import compact, named

_FI = (372, 372, 558, 744, 1116, 1488, 1860, 0, 0, 512, 768, 1024, 1536, 2048, 0, 0)
_DI = (0, 1, 2, 4, 8, 16, 32, 64, 12, 20, 0, 0, 0, 0, 0, 0)
_FSC = (16, 24, 32, 40, 48, 64, 96, 128, 256, 512, 1024, 2048, 4096)
_RID_PCSC = bytes.fromhex("A000000306")
MAX_ATR = 33


@record
class Atr:
    """What an ATR says. `fi`/`di` are None where TA1 holds a reserved value; `errors` name what is wrong with it."""

    raw: bytes
    protocols: tuple[int, ...]
    fi: int | None
    di: int | None
    historical: bytes
    errors: tuple[str, ...]
    fields: tuple[tuple[str, int, int], ...]  # (name, start, stop), tiling raw


def parse_atr(raw: bytes) -> Atr:
    """Read an ATR of any length and any damage (ISO/IEC 7816-3, 8.2)."""
    errors = [] if raw[:1] in (b"\x3b", b"\x3f") else ["TS is neither 3B nor 3F"]
    errors += ["T0 is missing"] * (len(raw) < 2)
    errors += [f"{len(raw)} bytes, at most {MAX_ATR} are allowed"] * (len(raw) > MAX_ATR)
    head = raw[:MAX_ATR]  # what follows is not believed to be part of it
    fields = _interface_fields(head, errors)
    values = {name: raw[start] for name, start, _ in fields}
    protocols = tuple(dict.fromkeys(value & 0x0F for name, value in values.items() if name.startswith("TD"))) or (0,)
    at, count = len(fields), raw[1] & 0x0F if len(raw) > 1 else 0
    historical = head[at : at + count]
    if len(historical) < count:
        errors.append(f"{count} historical bytes announced, {len(historical)} here")
    check = at + len(historical)
    if any(protocols) and check >= len(head):
        errors.append("TCK is missing")
    elif any(protocols) and reduce(xor, head[1 : check + 1]):
        errors.append("TCK does not match")
    behind = min(check + any(protocols), len(head))
    ends = [("historical bytes", at, check), ("TCK", check, behind), ("more bytes", behind, len(raw))]
    fields += [field for field in ends if field[1] < field[2]]
    if behind < len(raw):
        errors.append(f"{len(raw) - behind} bytes more than announced")
    ta1 = values.get("TA1", 0x11)
    fi, di = _FI[ta1 >> 4] or None, _DI[ta1 & 0x0F] or None
    return Atr(raw, protocols, fi, di, historical, tuple(errors), tuple(fields))


def _interface_fields(raw: bytes, errors: list[str]) -> list[tuple[str, int, int]]:
    """TS, T0 and the interface bytes, one byte each; a chain of TD bytes ends with the bytes that are there."""
    fields = [(name, i, i + 1) for i, name in enumerate(("TS", "T0")[: len(raw)])]
    follows, level = raw[1] >> 4 if len(raw) > 1 else 0, 1
    while follows:
        names = [f"T{letter}{level}" for bit, letter in enumerate("ABCD") if follows >> bit & 1]
        here = names[: len(raw) - len(fields)]
        errors += [f"{name} is missing" for name in names[len(here) :]]
        fields += [(name, len(fields) + i, len(fields) + i + 1) for i, name in enumerate(here)]
        follows = raw[fields[-1][1]] >> 4 if here[-1:] == [f"TD{level}"] else 0
        level += 1
    return fields


def atr_node(raw: bytes) -> Node:
    """An ATR as a tree that tiles its bytes."""
    if len(raw) == 4 and classify(raw).chip == "memory":
        ref = "ISO/IEC 7816-10"
        answer = [named(f"H{at + 1}", f"{byte:02X}", ref, raw, at, at + 1) for at, byte in enumerate(raw)]
        return _whole("ATR", describe_card(raw), ref, raw, answer, "")
    atr, nodes, protocol = parse_atr(raw), [], -1
    for name, start, stop in atr.fields:
        if name == "historical bytes":
            nodes.append(historical_node(raw, start, stop))
            continue
        text = _atr_text(name, raw[start], protocol)
        nodes.append(named(name, text, "ISO/IEC 7816-3, 8.2", raw, start, stop))
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
    "TS": lambda value: {0x3B: "direct convention", 0x3F: "inverse convention"}.get(value, "not a convention"),
    "T0": lambda value: f"{value & 15} historical bytes; interface bytes {_present(value, 1)}",
    "TA1": lambda value: f"Fi {_FI[value >> 4] or 'reserved'}, Di {_DI[value & 15] or 'reserved'}",
    "TC1": lambda value: f"extra guard time {value}",
    "TA2": lambda value: f"specific mode, T={value & 15}",
    "TC2": lambda value: f"waiting time integer {value} (T=0)",
    "TA, T=1": lambda value: f"blocks of up to {value} bytes to the card",
    "TB, T=1": lambda value: f"block waiting time integer {value >> 4}, character waiting time integer {value & 15}",
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
    base, tail = facts("iso7816"), stop - 3 if value[0] == 0 else stop
    nodes = [named("category indicator", to_hex(value[:1]), ref, raw, start, start + 1)]
    for tag, _, a, body, b, error in compact(raw, start + 1, tail):
        nodes.append(Node(base.find(tag, "historical"), raw, a, body, b, (), "", error))
    if tail < stop:
        nodes.append(named("status indicator", to_hex(raw[tail:stop]), ref, raw, tail, stop))
    return Node(Fact("", "historical bytes", ref=ref), raw, start, start, stop, tuple(nodes))


@record
class CardKind:
    """How one talks to the card and what is in it: "memory", "microprocessor" or "unknown", with the reason."""

    interface: Interface
    chip: str
    why: str


def classify(atr: bytes | None) -> CardKind:
    """What the ATR that a reader reports says of the card (PC/SC part 3, 3.1.3.2.3; ISO/IEC 7816-3, 8.2)."""
    if not atr:
        return CardKind("unknown", "unknown", "no ATR")
    if atr[0] == len(atr):
        return CardKind("contactless", "microprocessor", "an ATS of ISO/IEC 14443-4")
    parsed = parse_atr(atr)
    if len(atr) > 4 and atr[0] == 0x3B and atr[1] >> 4 == 8 and atr[2:4] == b"\x80\x01":
        if parsed.historical[:2] == b"\x80\x4f" and parsed.historical[3:8] == _RID_PCSC:
            return CardKind("contactless", "memory", "historical bytes of a PC/SC storage card")
        return CardKind("contactless", "microprocessor", "the ATR that PC/SC makes from an ATS or ATQB")
    if len(atr) == 4 and atr[0] & 0x0F in (2, 3, 10):
        return CardKind("contact", "memory", "a 4-byte answer of a synchronous card (ISO/IEC 7816-10)")
    if len(atr) == 6 and atr[:2] == b"\x3b\x04":
        return CardKind("contact", "memory", "a synchronous card's 4 bytes inside a made-up ATR")
    if parsed.errors:
        return CardKind("unknown", "unknown", parsed.errors[0])
    return CardKind("contact", "microprocessor", "an ATR of ISO/IEC 7816-3")


def describe_card(atr: bytes | None) -> str:
    """The kind of card in a few words."""
    kind = classify(atr)
    if not atr or kind.interface == "unknown":
        return f"unknown card ({kind.why})"
    protocols = (
        ""
        if kind.chip == "memory" or atr[0] == len(atr)
        else ", T=" + " and T=".join(map(str, parse_atr(atr).protocols))
    )
    return f"{kind.interface} {kind.chip} card{protocols}"


def activation_node(kind: FrameKind, raw: bytes) -> Node:
    """What a card answers when it is activated, as a tree: a frame of kind "atr", or of kind "ats" (ATS or ATQB)."""
    if kind == "atr":
        return atr_node(raw)
    return atqb_node(raw) if raw[:1] == b"\x50" else ats_node(raw)


def ats_node(raw: bytes) -> Node:
    """An ATS, with or without the CRC behind it, as a tree that tiles its bytes (ISO/IEC 14443-4, 5.2)."""
    t0 = raw[1] if len(raw) > 1 else 0
    names = ["TL", "T0"][: len(raw)] + [name for bit, name in ((4, "TA1"), (5, "TB1"), (6, "TC1")) if t0 >> bit & 1]
    stop = raw[0] if raw and raw[0] == len(raw) - 2 else len(raw)
    error = "" if raw and raw[0] == stop else f"TL says {raw[0] if raw else 0} bytes, {len(raw)} here"
    if len(names) > stop:
        error, names = f"{names[stop]} is missing", names[:stop]
    ref = "ISO/IEC 14443-4, 5.2"
    nodes = [named(name, _ATS_TEXTS[name](raw[at]), ref, raw, at, at + 1) for at, name in enumerate(names)]
    if len(names) < stop:
        nodes.append(historical_node(raw, len(names), stop))
    if stop < len(raw):
        nodes.append(named("CRC", to_hex(raw[stop:]), "ISO/IEC 14443-3, annex B", raw, stop, len(raw)))
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
    cuts = [("50", 0, 1), ("PUPI", 1, 5), ("application data", 5, 9), ("protocol info", 9, len(raw))]
    ref = "ISO/IEC 14443-3, 7.9"
    spans = [(name, a, min(b, len(raw))) for name, a, b in cuts if a < len(raw)]
    error = "" if len(raw) in (12, 13) and raw[:1] == b"\x50" else f"{len(raw)} bytes, 12 or 13 expected"
    nodes = [named(name, to_hex(raw[a:b]), ref, raw, a, b) for name, a, b in spans]
    return _whole("ATQB", "contactless card, type B", ref, raw, nodes, error)


def pps_node(raw: bytes) -> Node:
    """A PPS request or answer as a tree that tiles its bytes (ISO/IEC 7816-3, 9)."""
    pps0 = raw[1] if len(raw) > 1 else 0
    names = ["PPSS", "PPS0"] + [f"PPS{i}" for i in (1, 2, 3) if pps0 >> 3 + i & 1] + ["PCK"]
    error = "PCK does not match" if reduce(xor, raw, 0) else "" if raw[:1] == b"\xff" else "PPSS is not FF"
    if len(names) != len(raw):
        error = f"{len(raw)} bytes, {len(names)} announced"
    names += ["more bytes"] * (len(raw) - len(names))
    ref = "ISO/IEC 7816-3, 9"
    nodes = [named(names[at], f"{byte:02X}", ref, raw, at, at + 1) for at, byte in enumerate(raw)]
    return _whole("PPS", f"T={pps0 & 15}", ref, raw, nodes, error)
