# SPDX-License-Identifier: MIT
"""The answer to reset in its fields, and the kind of card it announces (ISO/IEC 7816-3, 8; PC/SC part 3, 3.1.3)."""

from __future__ import annotations

from functools import reduce
from operator import xor

from .model import Interface, record

FI = (372, 372, 558, 744, 1116, 1488, 1860, 0, 0, 512, 768, 1024, 1536, 2048, 0, 0)
DI = (0, 1, 2, 4, 8, 16, 32, 64, 12, 20, 0, 0, 0, 0, 0, 0)
NO_PROTOCOL = 15  # T=15 announces global interface bytes (ISO/IEC 7816-3, 8.2.3)
PCSC_RID = bytes.fromhex("A000000306")
DEFAULT_TA1 = 0x11  # Fi 372, Di 1
WRONG_TCK = "TCK does not match"  # the only error of an ATR that is as long as it announces
MAX_ATR = 33

Field = tuple[str, int, int]  # name, start, stop


@record
class Atr:
    """What an ATR says. `fi`/`di` are None where TA1 holds a reserved value; `errors` name what is wrong with it."""

    raw: bytes
    protocols: tuple[int, ...]
    fi: int | None
    di: int | None
    historical: bytes
    errors: tuple[str, ...]
    fields: tuple[Field, ...]  # tiling raw


def parse_atr(raw: bytes) -> Atr:
    """Read an ATR of any length and any damage (ISO/IEC 7816-3, 8.2)."""
    errors = _opening_errors(raw)
    head = raw[:MAX_ATR]  # what follows is not believed to be part of it
    fields, historical_size = _interface_fields(head, errors)
    values = {name: raw[start] for name, start, _ in fields}
    protocols = _protocols(values)
    begin = len(fields)
    historical = head[begin : begin + historical_size]
    if len(historical) < historical_size:
        announced = f"{historical_size} historical bytes announced"
        errors.append(f"{announced}, {len(historical)} here")
    end = begin + len(historical)
    stop = end
    if any(protocols):  # TCK is there unless T=0 is the only protocol (8.2.5)
        _check_tck(head, end, errors)
        stop = min(end + 1, len(head))
    _add_field(fields, "historical bytes", begin, end)
    _add_field(fields, "TCK", end, stop)
    _add_field(fields, "more bytes", stop, len(raw))
    if stop < len(raw):
        errors.append(f"{len(raw) - stop} bytes more than announced")
    ta1 = values.get("TA1", DEFAULT_TA1)
    fi = FI[ta1 >> 4] or None
    di = DI[ta1 & 0x0F] or None
    return Atr(raw, protocols, fi, di, historical, tuple(errors), tuple(fields))


def _opening_errors(raw: bytes) -> list[str]:
    errors = []
    if raw[:1] not in (b"\x3b", b"\x3f"):
        errors.append("TS is neither 3B nor 3F")
    if len(raw) < 2:
        errors.append("T0 is missing")
    if len(raw) > MAX_ATR:
        errors.append(f"{len(raw)} bytes, at most {MAX_ATR} are allowed")
    return errors


def _interface_fields(raw: bytes, errors: list[str]) -> tuple[list[Field], int]:
    """TS, T0 and the interface bytes, one byte each; and how many historical bytes follow.

    A chain of TD bytes ends with the bytes that are there.
    """
    fields: list[Field] = []
    for name in ("TS", "T0")[: len(raw)]:
        _add_byte(fields, name)
    if len(raw) < 2:
        return fields, 0
    present, historical_size = raw[1] >> 4, raw[1] & 0x0F
    level = 1
    while present:
        names = [f"T{letter}{level}" for bit, letter in enumerate("ABCD") if present >> bit & 1]
        present = 0
        for name in names:
            at = len(fields)
            if at >= len(raw):
                errors.append(f"{name} is missing")
                continue
            _add_byte(fields, name)
            if name.startswith("TD"):
                present = raw[at] >> 4
        level += 1
    return fields, historical_size


def _add_byte(fields: list[Field], name: str) -> None:
    """A field of one byte behind others of one byte."""
    at = len(fields)
    fields.append((name, at, at + 1))


def _add_field(fields: list[Field], name: str, start: int, stop: int) -> None:
    """A field, unless it is empty."""
    if start < stop:
        fields.append((name, start, stop))


def _protocols(values: dict[str, int]) -> tuple[int, ...]:
    """The protocols that TD bytes offer, the first of them the default; T=0 without TD bytes."""
    offered = [value & 0x0F for name, value in values.items() if name.startswith("TD")]
    if not offered:
        return (0,)
    return tuple(dict.fromkeys(offered))


def _check_tck(head: bytes, at: int, errors: list[str]) -> None:
    if at >= len(head):
        errors.append("TCK is missing")
    elif reduce(xor, head[1 : at + 1]):
        errors.append(WRONG_TCK)


def is_storage(historical: bytes) -> bool:
    """Whether readers made up these historical bytes for a storage card (PC/SC part 3, 3.1.3.2.3)."""
    return historical[:2] == b"\x80\x4f" and historical[3:8] == PCSC_RID


@record
class CardKind:
    """How one talks to the card, and its chip ("memory", "microprocessor" or "unknown"); why."""

    interface: Interface
    chip: str
    why: str


def classify(atr: bytes | None) -> CardKind:
    """The kind of card by the ATR that a reader reports.

    PC/SC part 3, 3.1.3.2.3; ISO/IEC 7816-3, 8.2.
    """
    if not atr:
        return CardKind("unknown", "unknown", "no ATR")
    if _is_ats(atr):
        return CardKind("contactless", "microprocessor", "an ATS of ISO/IEC 14443-4")
    parsed = parse_atr(atr)
    if _is_made_by_reader(atr):
        if is_storage(parsed.historical):
            why = "historical bytes of a PC/SC storage card"
            return CardKind("contactless", "memory", why)
        why = "the ATR that PC/SC makes from an ATS or ATQB"
        return CardKind("contactless", "microprocessor", why)
    if len(atr) == 4 and atr[0] & 0x0F in (2, 3, 10):
        why = "a 4-byte answer of a synchronous card (ISO/IEC 7816-10)"
        return CardKind("contact", "memory", why)
    if len(atr) == 6 and atr[:2] == b"\x3b\x04":
        why = "a synchronous card's 4 bytes inside a made-up ATR"
        return CardKind("contact", "memory", why)
    if parsed.errors:
        return CardKind("unknown", "unknown", parsed.errors[0])
    return CardKind("contact", "microprocessor", "an ATR of ISO/IEC 7816-3")


def _is_ats(atr: bytes) -> bool:
    """Whether these bytes begin with their own number, as an ATS does."""
    return atr[0] == len(atr)


def _is_made_by_reader(atr: bytes) -> bool:
    """Whether a reader made this ATR for a contactless card: 3B 8n 80 01 (PC/SC part 3, 3.1.3.2.3)."""
    return len(atr) > 4 and atr[0] == 0x3B and atr[1] >> 4 == 8 and atr[2:4] == b"\x80\x01"


def describe_card(atr: bytes | None) -> str:
    """The kind of card in a few words."""
    kind = classify(atr)
    if not atr or kind.interface == "unknown":
        return f"unknown card ({kind.why})"
    words = f"{kind.interface} {kind.chip} card"
    if kind.chip == "memory" or _is_ats(atr):
        return words
    protocols = [number for number in parse_atr(atr).protocols if number != NO_PROTOCOL]
    if not protocols:
        return f"{words}, no protocol named"
    return f"{words}, {' and '.join(f'T={number}' for number in protocols)}"
