# SPDX-License-Identifier: MIT
"""Cardholder verification: the CVM list rule by rule, and whether the CVM results fit it (EMV Book 3, 10.5 and C3)."""

from __future__ import annotations

from collections.abc import Iterator

from ..apps import emv
from ..codec import parse_bcd, to_hex
from ..model import record
from .data import Found
from .dialogue import Dialogue, Statement, answer_of, bits, say

FAIL, NO_CVM, NOT_DONE, SIGNATURE, ONLINE_PIN = 0x00, 0x1F, 0x3F, 0x1E, 0x02
PINS = (0x01, 0x03, 0x04, 0x05)
NEEDS: dict[int, tuple[int, ...]] = {  # bits of 9F33 byte 2, one of each group
    **{code: (0x02,) for code in (0x06, 0x08, 0x0A, 0x0C, 0x0E)},
    **{code: (0x04,) for code in (0x07, 0x09, 0x0B, 0x0D, 0x0F)},
    **{
        0x01: (0x80,),
        0x02: (0x40,),
        0x03: (0x80, 0x20),
        0x04: (0x11,),
        0x05: (0x11, 0x20),
        0x1E: (0x20,),
        0x1F: (0x08,),
    },
    FAIL: (),
}
CASH, CASHBACK = ("01", "17"), "09"
_FAILED, _UNKNOWN, _ONLINE_PIN, _PIN_REASONS = 0x80 << 16, 0x40 << 16, 0x04 << 16, 0x38 << 16  # of the TVR


@record
class Rule:
    """A rule of the list: does its condition hold, can the terminal do it (None: not known), and why."""

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
        return None if self.holds is None or self.can is None else True

    @property
    def stops(self) -> bool:
        """Whether the list ends here if the method fails or cannot be done (bit 7 of the code)."""
        return not self.code & 0x40


def rules(d: Dialogue) -> list[Rule]:
    """Every rule of the CVM list, judged by what terminal and card said."""
    listed = d.told("8E")
    if listed is None or len(listed.value) < 10:
        return []
    texts = [node.text for node in listed.node.children if node.name == "rule"]
    pairs = zip(listed.value[8::2], listed.value[9::2], texts, strict=False)
    return [_judged(d, listed.value, code, condition, text) for code, condition, text in pairs]


def _judged(d: Dialogue, listed: bytes, code: int, condition: int, text: str) -> Rule:
    can, lacks = _can(d, code)
    holds, why = (can, lacks) if condition == 3 else _holds(d, listed, condition)
    return Rule(code, condition, holds, can, text, why if holds is not True else lacks)


def _can(d: Dialogue, code: int) -> tuple[bool | None, str]:
    needs, caps = NEEDS.get(code & 0x3F), d.sent("9F33", 3)
    if needs is None:
        return False, "a method that EMV does not define"
    if not needs:
        return True, ""
    if caps is None:
        return None, "the terminal capabilities (9F33) are not here"
    can = all(caps.value[1] & mask for mask in needs)
    return can, "" if can else f"the terminal cannot do it (9F33 {to_hex(caps.value)})"


def kind_of(d: Dialogue) -> str:
    """ "cash", "cashback", "purchase" or "other", by 9C and 9F03; empty where it is not known."""
    type_, other = d.sent("9C", 1), d.sent("9F03", 6)
    if type_ is None:
        return ""
    name = to_hex(type_.value)
    if name == CASHBACK or (name == "00" and other and any(other.value)):
        return "cashback"
    return "cash" if name in CASH else "purchase" if name == "00" else "other"


def attended(d: Dialogue) -> bool | None:
    """Whether somebody stands at the terminal, by its type 9F35 (EMV Book 4, A1)."""
    type_ = d.sent("9F35", 1)
    unit = type_.value[0] & 0x0F if type_ and type_.value[0] >> 4 in (1, 2, 3) else 0
    return unit <= 3 if 1 <= unit <= 6 else None


def _holds(d: Dialogue, listed: bytes, condition: int) -> tuple[bool | None, str]:
    """Whether a condition of C3, table 44, other than "if the terminal supports it" holds, and why not."""
    kind, manned = kind_of(d), attended(d)
    if condition == 0:
        return True, ""
    if 6 <= condition <= 9:
        return _amount_holds(d, listed, condition)
    if condition in (2, 5):
        known = {2: kind not in ("cash", "cashback"), 5: kind == "cashback"}[condition]
        return (known, f"it is a {kind} transaction") if kind else (None, "the transaction type (9C) is not here")
    if condition in (1, 4):
        if kind and kind != "cash":
            return False, "no cash is asked for"
        if not kind or manned is None:
            return None, "transaction type (9C) or terminal type (9F35) is not here"
        return manned is (condition == 4), f"the terminal is {'' if manned else 'un'}attended"
    return False, "a condition that EMV does not define"


def _amount_holds(d: Dialogue, listed: bytes, condition: int) -> tuple[bool | None, str]:
    mine, asked, amount = d.told("9F42", 2), d.sent("5F2A", 2), d.sent("9F02", 6)
    if mine is None and d.complete:
        return False, "the card names no currency (9F42)"
    digits = parse_bcd(amount.value) if amount else None
    if mine is None or asked is None or digits is None:
        return None, "amount (9F02) or currency (5F2A, 9F42) is not here"
    if mine.value != asked.value:
        return False, "the currency is another than that of the card"
    start = 0 if condition < 8 else 4
    limit = int.from_bytes(listed[start : start + 4], "big")
    holds = int(digits) < limit if condition in (6, 8) else int(digits) > limit
    return holds, f"the amount {int(digits)} is not {'under' if condition in (6, 8) else 'over'} {limit}"


def due(judged: list[Rule]) -> tuple[int | None, bool]:
    """Which rule is to be tried first (None: none), and whether that is certain."""
    for place, rule in enumerate(judged):
        if rule.applies:
            return place, True
        if rule.applies is None:
            return None, False
        if rule.holds and rule.stops:
            break
    return None, True


def judge(d: Dialogue) -> Iterator[Statement]:
    """What the list asks for, what the terminal says it did, what the card answered to VERIFY."""
    listed, aip, results = d.told("8E"), d.told("82", 2), d.sent("9F34", 3)
    judged = rules(d)
    if aip and not aip.value[0] & 0x10:
        yield say("the AIP offers no cardholder verification", aip)
    elif not judged:
        yield say("no CVM list (8E) in this capture" if listed is None else "the CVM list (8E) holds no rule", listed)
    place, certain = due(judged)
    for number, rule in enumerate(judged):
        yield say(
            f"rule {number + 1} {rule.code:02X}{rule.condition:02X}: {rule.text}: {_word(rule, number, place)}", listed
        )
        if number == place or (rule.holds and rule.applies is False and rule.stops):
            break
    if tries := d.told("9F17", 1):
        yield say(f"PIN tries left: {tries.value[0]}", tries)
    for exchange in d.commands(emv.VERIFY):
        text, where = answer_of(exchange)
        yield say(f"VERIFY: {text or 'the card found the PIN correct'}", where)
    if results is None:
        yield say("which method was used (9F34) is not in this capture")
    else:
        yield from _results(d, results, judged, place if certain else None, certain)
    yield from _flags(d, results)


def _word(rule: Rule, number: int, place: int | None) -> str:
    if number == place:
        return "to be tried first"
    return f"{'not known' if rule.applies is None else 'passed over'}, {rule.why}"


def _results(d: Dialogue, results: Found, judged: list[Rule], place: int | None, certain: bool) -> Iterator[Statement]:
    """Whether the method in 9F34 is the one that the list leads to."""
    code, condition, result = results.value
    head, aip = f"CVM results {to_hex(results.value)}: {results.text}", d.told("82", 2)
    listed = next((n for n, r in enumerate(judged) if (r.code & 0x3F, r.condition) == (code & 0x3F, condition)), None)
    device = bool(aip and aip.value[0] & 0x02)
    if device and (code, condition, result) in ((0x01, 0, 2), (0x3F, 0, 2)):
        yield say(f"{head}; so kernel 2 writes verification on the device", results, aip)
    elif code & 0x3F in (NOT_DONE, FAIL):
        tells = f"; rule {place + 1} was to be tried" if place is not None else ""
        yield say(head + tells, results, agrees=False if tells and not result else None)
    elif not judged:
        yield say(head, results)
    elif listed is None:
        yield say(f"{head}; no rule of the list says so", results, d.told("8E"), agrees=False)
    else:
        fits, why = _fits(d, judged, listed, place, certain)
        yield say(f"{head}; rule {listed + 1}{why}", results, d.told("8E"), agrees=fits)


def _fits(d: Dialogue, judged: list[Rule], listed: int, place: int | None, certain: bool) -> tuple[bool | None, str]:
    """Whether the terminal could come to the rule that it says it used."""
    if judged[listed].holds is False or judged[listed].can is False:
        return False, f", although {judged[listed].why}"
    if listed == (place if certain else 0):
        return True, ", as the list demands" if certain else ", the first of the list"
    if not certain or place is None:
        return None, "; which one was due is not known"
    if judged[place].stops:
        return False, f", although rule {place + 1} was due and stops the list"
    tvr = d.sent("95", 5)
    reason = bits(tvr, _PIN_REASONS) if tvr else ""
    refused = [text for exchange in d.commands(emv.VERIFY) for text, _ in [answer_of(exchange)] if text]
    if reason or refused:
        return True, f", since rule {place + 1} failed: {reason or refused[-1]}"
    is_pin = judged[place].code & 0x3F in (*PINS, ONLINE_PIN)
    if tvr is None or not is_pin:
        return None, f"; why rule {place + 1} was left is not known"
    return False, f", although rule {place + 1} was due and the TVR names no reason to leave it"


def _flags(d: Dialogue, results: Found | None) -> Iterator[Statement]:
    """The TVR against the CVM results, and the PIN against the answers to VERIFY."""
    tvr, aip = d.sent("95", 5), d.told("82", 2)
    if tvr is None:
        return
    marked = int.from_bytes(tvr.value, "big")
    told = bits(tvr, 0xFF << 16)
    yield say(f"TVR byte 3: {told or 'no bit of cardholder verification set'}", tvr)
    if results is None:
        return
    code, _, result = results.value
    if (result == 1) != bool(marked & _FAILED) and result in (1, 2):
        yield say("TVR and CVM results differ on whether it was successful", tvr, results, agrees=False)
    if bool(marked & _ONLINE_PIN) != (code & 0x3F == ONLINE_PIN) and not (code & 0x3F == ONLINE_PIN and result == 1):
        yield say("TVR and CVM results differ on whether the PIN goes online", tvr, results, agrees=False)
    verify = d.commands(emv.VERIFY)[-1:]
    if verify and code & 0x3F in PINS and result in (1, 2) and not (aip and aip.value[0] & 0x02):
        text, where = answer_of(verify[0])
        if verify[0].response and bool(text) != (result == 1):
            yield say("the answer to VERIFY and the CVM results differ", where, results, agrees=False)
