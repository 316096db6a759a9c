# SPDX-License-Identifier: MIT
"""Processing restrictions: versions, usage control and dates (EMV Book 3, 10.4).

Each is compared with its bit of the TVR.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...core.codec import parse_date
from ..act import Statement
from .cvm_rules import kind_of
from .data import Element
from .dialogue import Dialogue, bits, say

# Bits of the TVR.
VERSIONS = 0x80 << 24
EXPIRED = 0x40 << 24
EARLY = 0x20 << 24
SERVICE = 0x10 << 24
# Bits of the usage control (9F07); a kind of transaction abroad is one bit lower than at home.
AT_MACHINES, ELSEWHERE = 0x0200, 0x0100
_BY_TERMINAL = {
    True: (AT_MACHINES,),
    False: (ELSEWHERE,),
    None: (AT_MACHINES, ELSEWHERE),
}
AT_HOME: dict[str, tuple[int, ...]] = {
    "cash": (0x8000,),
    "cashback": (0x0080,),
    # Goods and services: no byte says which of them a purchase is.
    "purchase": (0x2000, 0x0800),
}
# Unattended terminals of a bank (EMV Book 4, A1).
_BANK_MACHINES = (b"\x14", b"\x15", b"\x16")
_OUTCOME = {True: "fails", False: "passes"}
_WHERE = {True: "at home", False: "abroad", None: "at home or abroad"}


def restrictions(d: Dialogue) -> Iterator[Statement]:
    """Versions, usage control and dates, each against its bit of the TVR."""
    yield from _versions(d)
    yield from _usage(d)
    yield from _date(d, "5F25", "valid from", EARLY)
    yield from _date(d, "5F24", "valid to", EXPIRED)


def _versions(d: Dialogue) -> Iterator[Statement]:
    card, terminal = d.answered("9F08", 2), d.sent("9F09", 2)
    if card is None or terminal is None:
        return
    text = f"version {card.hex} of the card, {terminal.hex} of the terminal"
    is_wrong = card.value != terminal.value
    yield _checked(d, VERSIONS, is_wrong, text, card, terminal)


def _date(d: Dialogue, tag: str, title: str, mask: int) -> Iterator[Statement]:
    limit, today = d.answered(tag, 3), d.sent("9A", 3)
    if limit is None:
        return
    limit_day = parse_date(limit.value)
    day = parse_date(today.value) if today else None
    if limit_day is None or day is None:
        yield say(f"{title} {limit.text}: not known, the day (9A) is not here", limit)
        return
    is_wrong = day > limit_day
    if mask == EARLY:
        is_wrong = day < limit_day
    yield _checked(d, mask, is_wrong, f"{title} {limit_day}, used on {day}", limit, today)


def _checked(
    d: Dialogue, mask: int, is_wrong: bool, text: str, *items: Element | None
) -> Statement:
    """A check with its outcome, and whether the TVR has the same."""
    text += f": {_OUTCOME[is_wrong]}"
    tvr = d.tvr
    if tvr is None:
        return say(text, *items)
    fits = bool(bits(tvr, mask)) == is_wrong
    text += ", as the TVR says" if fits else ", but not what the TVR says"
    return say(text, *items, tvr, agrees=fits)


def _usage(d: Dialogue) -> Iterator[Statement]:
    """Usage control, by where the card is used, for what, and at what kind of terminal."""
    control = d.answered("9F07", 2)
    if control is None:
        return
    home, here = d.answered("5F28", 2), d.sent("9F1A", 2)
    kind = kind_of(d)
    if d.answered("5F28") is None and d.complete:
        # The card names no country: the kind of transaction is not looked at (10.4.2).
        kind = ""
    is_domestic = None
    if home and here:
        is_domestic = home.value == here.value
    bits_set = int.from_bytes(control.value, "big")
    permitted = allowed(bits_set, kind, is_domestic, _is_machine(d))
    text = f"usage control {control.hex}, {kind or 'transaction'} {_WHERE[is_domestic]}"
    if permitted is None:
        text += ": not known, it hangs on more (9C, 5F28, 9F1A, 9F35) than is here"
        yield say(text, control, home, here)
    else:
        yield _checked(d, SERVICE, not permitted, text, control, home, here)


def _is_machine(d: Dialogue) -> bool | None:
    """Whether the terminal is an ATM: an unattended one of a bank that gives cash; or not known."""
    terminal_type = d.sent("9F35", 1)
    if terminal_type is None or not d.unit:
        return None
    if terminal_type.value not in _BANK_MACHINES:
        return False
    capabilities = d.sent("9F40", 5)
    if capabilities is None:
        return None
    return bool(capabilities.value[0] & 0x80)


def allowed(
    control: int,
    kind: str,
    is_domestic: bool | None,
    is_machine: bool | None,
) -> bool | None:
    """Whether the usage control permits it (10.4.2); None where that hangs on what is not known.

    Of each group of bits one has to be set. Which one is not known where a group has several: then
    all must be set for a yes, and none for a no.
    """
    at_home = AT_HOME.get(kind, ())
    abroad = tuple(mask >> 1 for mask in at_home)
    by_country = {True: at_home, False: abroad, None: at_home + abroad}
    terminal_bits = _BY_TERMINAL[is_machine]
    kind_bits = by_country[is_domestic]
    if not _any_set(control, terminal_bits):
        return False
    if not kind_bits:
        return None
    if not _any_set(control, kind_bits):
        return False
    masks = terminal_bits + kind_bits
    if all(control & mask for mask in masks):
        return True
    return None


def _any_set(control: int, masks: tuple[int, ...]) -> bool:
    return any(control & mask for mask in masks)
