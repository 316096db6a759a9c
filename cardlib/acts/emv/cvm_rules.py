# SPDX-License-Identifier: MIT
"""The rules of a CVM list, judged one by one by what terminal and card said (EMV Book 3, 10.5)."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.codec import parse_bcd, to_hex
from ...core.layout.summary import text_of
from ...core.model import Node, record
from ...road.meaning import drawn, halves_of
from .dialogue import Dialogue

ONLINE_PIN = 0x02
MAX_LIST = 252
# What a method needs: bits of 9F33 byte 2, one of each mask.
_BIOMETRIC_OFFLINE, _BIOMETRIC_ONLINE = (0x02,), (0x04,)
NEEDS: dict[int, tuple[int, ...]] = {
    0x00: (),
    0x01: (0x80,),
    0x02: (0x40,),
    0x03: (0x80, 0x20),
    0x04: (0x11,),
    0x05: (0x11, 0x20),
    0x06: _BIOMETRIC_OFFLINE,
    0x07: _BIOMETRIC_ONLINE,
    0x08: _BIOMETRIC_OFFLINE,
    0x09: _BIOMETRIC_ONLINE,
    0x0A: _BIOMETRIC_OFFLINE,
    0x0B: _BIOMETRIC_ONLINE,
    0x0C: _BIOMETRIC_OFFLINE,
    0x0D: _BIOMETRIC_ONLINE,
    0x0E: _BIOMETRIC_OFFLINE,
    0x0F: _BIOMETRIC_ONLINE,
    0x1E: (0x20,),
    0x1F: (0x08,),
}
# Conditions (C3, table 44).
ALWAYS, UNATTENDED_CASH, NO_CASH, IF_SUPPORTED, MANUAL_CASH, IF_CASHBACK = range(6)
# Conditions about an amount: where in the list it stands, and which side of it counts.
AMOUNTS = {6: (0, "under"), 7: (0, "over"), 8: (4, "under"), 9: (4, "over")}
CASH = ("01", "17")
CASHBACK = "09"

# Whether something holds (None: not known), and why not.
Judgement = tuple[bool | None, str]


@record
class Rule:
    """A rule of the list: whether its condition holds and the terminal can do it, and why not.

    None stands for "not known".
    """

    code: int
    condition: int
    holds: bool | None
    can: bool | None
    text: str
    why: str

    @property
    def applies(self) -> bool | None:
        """Whether its method is to be tried: its condition holds and the terminal can do it."""
        if self.holds is False or self.can is False:
            return False
        if self.holds is None or self.can is None:
            return None
        return True

    @property
    def stops(self) -> bool:
        """Whether the list ends here if the method fails or cannot be done (bit 7 of the code)."""
        return not self.code & 0x40

    @property
    def ends_list(self) -> bool:
        """Whether its condition holds and nothing behind it is reached, unless it succeeds."""
        return bool(self.holds) and self.stops


def method_of(code: int) -> int:
    """The method in byte 1 of a rule or of CVM results, without the bits about what follows."""
    return code & 0x3F


def rules(d: Dialogue) -> list[Rule]:
    """Every rule of the CVM list; two amounts of four bytes stand before them."""
    cvm_list = d.answered("8E")
    if cvm_list is None or len(cvm_list.value) < 10:
        return []
    texts = drawn(cvm_list.exchange, _texts).get(cvm_list.evidence.start, [])
    codes = cvm_list.value[8:MAX_LIST:2]
    conditions = cvm_list.value[9:MAX_LIST:2]
    rows = zip(codes, conditions, texts, strict=False)
    return [_judge(d, cvm_list.value, code, condition, text) for code, condition, text in rows]


def _texts(root: Node) -> dict[int, list[str]]:
    """The texts of the rules in each CVM list of an answer, by the place where it begins."""
    texts = {}
    for side, half in halves_of(root):
        for _, node in half.walk():
            if node.tag == "8E" and side == "response":
                rules = [rule for rule in node.children if rule.name == "rule"]
                texts[node.start] = [text_of(rule) for rule in rules]
    return texts


def _judge(d: Dialogue, cvm_list: bytes, code: int, condition: int, text: str) -> Rule:
    can, lack = _can(d, code)
    if condition == IF_SUPPORTED:
        holds, why = can, lack
    else:
        holds, why = _holds(d, cvm_list, condition)
    if holds is True:
        why = lack
    return Rule(code, condition, holds, can, text, why)


def _can(d: Dialogue, code: int) -> Judgement:
    """Whether the terminal can do a method."""
    needs = NEEDS.get(method_of(code))
    if needs is None:
        return False, "a method that EMV does not define"
    if not needs:
        return True, ""
    capabilities = d.sent("9F33", 3)
    if capabilities is None:
        return None, "the terminal capabilities (9F33) are not here"
    if all(capabilities.value[1] & mask for mask in needs):
        return True, ""
    return False, f"the terminal cannot do it (9F33 {to_hex(capabilities.value)})"


def kind_of(d: Dialogue) -> str:
    """ "cash", "cashback", "purchase" or "other", by 9C and 9F03; empty where it is not known."""
    transaction_type, amount_other = d.sent("9C", 1), d.sent("9F03", 6)
    if transaction_type is None:
        return ""
    code = to_hex(transaction_type.value)
    if code == CASHBACK:
        return "cashback"
    if code == "00" and amount_other and any(amount_other.value):
        return "cashback"
    if code in CASH:
        return "cash"
    if code == "00":
        return "purchase"
    return "other"


def _holds(d: Dialogue, cvm_list: bytes, condition: int) -> Judgement:
    """Whether a condition other than "if the terminal supports it" holds."""
    if condition == ALWAYS:
        return True, ""
    if condition in AMOUNTS:
        return _amount_holds(d, cvm_list, condition)
    if condition > IF_CASHBACK:
        return False, "a condition that EMV does not define"
    kind = kind_of(d)
    if not kind:
        return None, "the transaction type (9C) is not here"
    if condition == IF_CASHBACK:
        return kind == "cashback", f"it is a {kind} transaction"
    if condition == NO_CASH:
        return kind not in ("cash", "cashback"), f"it is a {kind} transaction"
    return _cash_holds(d, kind, condition)


def _cash_holds(d: Dialogue, kind: str, condition: int) -> Judgement:
    """Whether it is unattended or manual cash."""
    if kind != "cash":
        return False, "no cash is asked for"
    if not d.unit:
        return None, "the terminal type (9F35) is not here"
    if d.unit <= 3:
        return condition == MANUAL_CASH, "the terminal is attended"
    return condition == UNATTENDED_CASH, "the terminal is unattended"


def _amount_holds(d: Dialogue, cvm_list: bytes, condition: int) -> Judgement:
    """Whether the amount is in the currency of the card, and under or over a limit of the list."""
    if d.answered("9F42") is None and d.complete:
        return False, "the card names no currency (9F42)"
    card_currency, currency = d.answered("9F42", 2), d.sent("5F2A", 2)
    amount = d.sent("9F02", 6)
    digits = parse_bcd(amount.value) if amount else None
    if card_currency is None or currency is None or digits is None:
        return None, "amount (9F02) or currency (5F2A, 9F42) is not here"
    if card_currency.value != currency.value:
        return False, "the currency is another than that of the card"
    start, side = AMOUNTS[condition]
    limit = int.from_bytes(cvm_list[start : start + 4], "big")
    holds = int(digits) > limit
    if side == "under":
        holds = int(digits) < limit
    return holds, f"the amount {int(digits)} is not {side} {limit}"


def due(judged: Sequence[Rule]) -> tuple[int | None, bool]:
    """Which rule is to be tried first (None: none), and whether that is certain."""
    for place, rule in enumerate(judged):
        if rule.applies:
            return place, True
        if rule.applies is None:
            return None, False
        if rule.ends_list:
            break
    return None, True
