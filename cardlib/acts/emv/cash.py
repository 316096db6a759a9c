# SPDX-License-Identifier: MIT
"""Electronic cash of UnionPay: what the card says is left, as money (PBOC 3.0 Part 13, second hand)."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.codec import parse_bcd, to_hex
from ...core.registers import lookup
from ..act import Statement
from .data import Element
from .dialogue import Dialogue, say

# Balances by tag, with the tags that tell their currency, the closest first.
_BALANCES = {
    "9F79": ("electronic cash", ("9F51", "5F2A")),
    "DF79": ("electronic cash of the second currency", ("DF71",)),
    "9F5D": ("may be spent offline", ("9F51", "5F2A")),
}
_SEGMENT_USED = "DF63"
_IN_IAD = "electronic cash balance"


def money(value: bytes, currency: bytes) -> str:
    """An amount in BCD: "42.50 EUR"; in minor units where the currency is not known, empty where it is none."""
    digits = parse_bcd(value)
    if not digits:
        return ""
    code = to_hex(currency)[1:]
    name = lookup("currencies", code)
    if not name:
        return f"{int(digits)} minor units"
    places = int(lookup("exponents", code) or 2)
    return f"{int(digits) / 10**places:.{places}f} {name}"


def balances(d: Dialogue) -> Iterator[tuple[str, str, Element]]:
    """Each balance that the card told last: what it is, the money, where it stands."""
    for tag, (label, currencies) in _BALANCES.items():
        balance = d.answered(tag, 6)
        if balance is None:
            continue
        text = money(balance.value, _currency(d, currencies))
        if text:
            yield label, text, balance
    iad = d.answered("9F10")
    inside = iad.part(_IN_IAD) if iad else b""
    if iad and inside:
        text = money(inside, _currency(d, ("9F51", "5F2A")))
        if text:
            yield "electronic cash, by the cryptogram's data", text, iad


def _currency(d: Dialogue, tags: tuple[str, ...]) -> bytes:
    for tag in tags:
        element = d.answered(tag, 2) or d.sent(tag, 2)
        if element is not None:
            return element.value
    return b""


def cash(d: Dialogue) -> Iterator[Statement]:
    """The balances, and what was charged ahead for a ride that is not finished."""
    for label, text, balance in balances(d):
        yield say(f"{label}: {text}", balance)
    used = d.answered(_SEGMENT_USED, 6)
    if used is not None and any(used.value):
        text = money(used.value, _currency(d, ("9F51", "5F2A")))
        yield say(f"of it charged ahead in segments (DF63): {text}", used)
