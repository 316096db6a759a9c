# SPDX-License-Identifier: MIT
"""The answer to reset in its fields, and the kind of card it announces (ISO/IEC 7816-3, 8; PC/SC part 3, 3.1.3)."""

from __future__ import annotations

from functools import reduce
from operator import xor

from .model import Interface, record

FI = (372, 372, 558, 744, 1116, 1488, 1860, 0, 0, 512, 768, 1024, 1536, 2048, 0, 0)
DI = (0, 1, 2, 4, 8, 16, 32, 64, 12, 20, 0, 0, 0, 0, 0, 0)
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
    protocols = tuple(
        dict.fromkeys(value & 0x0F for name, value in values.items() if name.startswith("TD"))
    ) or (0,)
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
    ends = [
        ("historical bytes", at, check),
        ("TCK", check, behind),
        ("more bytes", behind, len(raw)),
    ]
    fields += [field for field in ends if field[1] < field[2]]
    if behind < len(raw):
        errors.append(f"{len(raw) - behind} bytes more than announced")
    ta1 = values.get("TA1", 0x11)
    fi, di = FI[ta1 >> 4] or None, DI[ta1 & 0x0F] or None
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


def is_storage(historical: bytes) -> bool:
    """Whether historical bytes are those that readers make up for a storage card (PC/SC part 3, 3.1.3.2.3)."""
    return historical[:2] == b"\x80\x4f" and historical[3:8] == bytes.fromhex("A000000306")


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
        if is_storage(parsed.historical):
            return CardKind("contactless", "memory", "historical bytes of a PC/SC storage card")
        return CardKind(
            "contactless", "microprocessor", "the ATR that PC/SC makes from an ATS or ATQB"
        )
    if len(atr) == 4 and atr[0] & 0x0F in (2, 3, 10):
        return CardKind(
            "contact", "memory", "a 4-byte answer of a synchronous card (ISO/IEC 7816-10)"
        )
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
    words = f"{kind.interface} {kind.chip} card"
    if kind.chip == "memory" or atr[0] == len(atr):
        return words
    protocols = [
        f"T={number}" for number in parse_atr(atr).protocols if number != 15
    ]  # 15 names no protocol
    return f"{words}, {' and '.join(protocols) or 'no protocol named'}"
