# SPDX-License-Identifier: MIT
"""Cardholder verification: the CVM list rule by rule, and whether the CVM results fit it (EMV Book 3, 10.5 and C3)."""

from __future__ import annotations

from collections.abc import Iterator

from ...apps import iso7816
from ...core.codec import parse_bcd, to_hex
from ...core.model import record
from .data import Found
from .dialogue import Dialogue, Statement, answer_of, bits, say

NOT_DONE, ONLINE_PIN, PINS, WITH_SIGNATURE = 0x3F, 0x02, (0x01, 0x03, 0x04, 0x05), (0x03, 0x05)
VISA_LIKE = ("A000000003", "A000000098")
_BIOMETRICS = {code: (0x04 if code % 2 else 0x02,) for code in range(0x06, 0x10)}
_PIN_AND_MORE = {0x03: (0x80, 0x20), 0x05: (0x11, 0x20), 0x00: ()}
_OTHERS = {0x01: (0x80,), 0x02: (0x40,), 0x04: (0x11,), 0x1E: (0x20,), 0x1F: (0x08,)}
NEEDS: dict[int, tuple[int, ...]] = {
    **_BIOMETRICS,
    **_PIN_AND_MORE,
    **_OTHERS,
}  # in 9F33 byte 2, one bit of each mask
MAX_LIST = 252
AMOUNTS = {
    6: (0, "under"),
    7: (0, "over"),
    8: (4, "under"),
    9: (4, "over"),
}  # where in the list the amount stands
CASH, CASHBACK = ("01", "17"), "09"
FAILED, PIN_GOES_ONLINE, PIN_REASONS, BYTE_3 = (
    0x80 << 16,
    0x04 << 16,
    0x38 << 16,
    0xFF << 16,
)  # bits of the TVR


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
    pairs = zip(listed.value[8:MAX_LIST:2], listed.value[9:MAX_LIST:2], texts, strict=False)
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


def _holds(d: Dialogue, listed: bytes, condition: int) -> tuple[bool | None, str]:
    """Whether a condition of C3, table 44, other than "if the terminal supports it" holds, and why not."""
    kind, attended = kind_of(d), d.unit <= 3
    if condition == 0:
        return True, ""
    if condition in AMOUNTS:
        return _amount_holds(d, listed, condition)
    if condition > 5:
        return False, "a condition that EMV does not define"
    if not kind:
        return None, "the transaction type (9C) is not here"
    if condition in (2, 5):
        holds = kind == "cashback" if condition == 5 else kind not in ("cash", "cashback")
        return holds, f"it is a {kind} transaction"
    if kind != "cash":
        return False, "no cash is asked for"
    if not d.unit:
        return None, "the terminal type (9F35) is not here"
    return attended is (condition == 4), f"the terminal is {'' if attended else 'un'}attended"


def _amount_holds(d: Dialogue, listed: bytes, condition: int) -> tuple[bool | None, str]:
    mine, asked, amount = d.told("9F42", 2), d.sent("5F2A", 2), d.sent("9F02", 6)
    if d.told("9F42") is None and d.complete:
        return False, "the card names no currency (9F42)"
    digits = parse_bcd(amount.value) if amount else None
    if mine is None or asked is None or digits is None:
        return None, "amount (9F02) or currency (5F2A, 9F42) is not here"
    if mine.value != asked.value:
        return False, "the currency is another than that of the card"
    start, word = AMOUNTS[condition]
    limit = int.from_bytes(listed[start : start + 4], "big")
    holds = int(digits) < limit if word == "under" else int(digits) > limit
    return holds, f"the amount {int(digits)} is not {word} {limit}"


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
    listed, aip, results, judged = d.told("8E"), d.told("82", 2), d.sent("9F34", 3), rules(d)
    if aip and not aip.value[0] & 0x10:
        yield say("the AIP offers no cardholder verification", aip)
    elif not judged:
        yield say(
            "the CVM list (8E) holds no rule" if listed else "no CVM list (8E) in this capture",
            listed,
        )
    if tries := d.told("9F17", 1):
        yield say(f"PIN tries left: {tries.value[0]}", tries)
    for number, rule in enumerate(judged, 1):
        passed = f"{'not known' if rule.applies is None else 'passed over'}, {rule.why}"
        word = "to be tried first" if rule.applies else passed
        yield say(f"rule {number} {rule.code:02X}{rule.condition:02X}: {rule.text}: {word}", listed)
        if rule.applies or (rule.holds and rule.can is False and rule.stops):
            break
    for text, where in map(answer_of, d.commands(iso7816.VERIFY)):
        yield say(f"VERIFY: {text or 'the card found the PIN correct'}", where)
    if results is None:
        yield say("which method was used (9F34) is not in this capture")
    else:
        yield _result(d, results, judged)
        yield from _card_side(d, results)
    yield from _flags(d, results)


def _result(d: Dialogue, results: Found, judged: list[Rule]) -> Statement:
    """Whether the method in 9F34 is the one that the list leads to."""
    code, condition, result = results.value
    head, place = f"CVM results {to_hex(results.value)}: {results.text}", due(judged)[0]
    listed = next(
        (
            n
            for n, r in enumerate(judged)
            if (r.code & 0x3F, r.condition) == (code & 0x3F, condition)
        ),
        None,
    )
    if on_device(d) and (code, condition, result) in ((0x01, 0, 2), (NOT_DONE, 0, 2)):
        return say(f"{head}; so kernel 2 writes verification on the device", results, d.told("82"))
    if code & 0x3F == NOT_DONE and place is not None:
        return say(f"{head}; rule {place + 1} was to be tried", results, agrees=False)
    if code & 0x3F == NOT_DONE or not judged:
        return say(head, results)
    if listed is None:
        return say(f"{head}; no rule of the list says so", results, d.told("8E"), agrees=False)
    fits, why = _fits(d, judged, listed)
    return say(f"{head}; rule {listed + 1}{why}", results, d.told("8E"), agrees=fits)


def on_device(d: Dialogue) -> bool:
    """Whether the AIP offers verification on the device, as that of a phone does in kernel 2."""
    aip = d.told("82", 2)
    return bool(aip and aip.value[0] & 0x02)


def _fits(d: Dialogue, judged: list[Rule], listed: int) -> tuple[bool | None, str]:
    """Whether the terminal could come to the rule that it says it used."""
    (place, certain), tvr = due(judged), d.tvr
    if judged[listed].applies is False:
        return False, f", although {judged[listed].why}"
    ends = next((n for n, rule in enumerate(judged[:listed], 1) if rule.holds and rule.stops), 0)
    if ends:
        return False, f", although rule {ends} ends the list"
    if listed == (place if certain else 0):
        return True, ", as the list demands" if certain else ", the first of the list"
    if place is None:
        return None, "; which one was due is not known"
    refused = [text for text, _ in map(answer_of, d.commands(iso7816.VERIFY)) if text]
    reason = (bits(tvr, PIN_REASONS) if tvr else "") or "".join(refused[-1:])
    if reason:
        return True, f", since rule {place + 1} failed: {reason}"
    if tvr is None or judged[place].code & 0x3F not in (*PINS, ONLINE_PIN):
        return None, f"; why rule {place + 1} was left is not known"
    return False, f", although rule {place + 1} was due and the TVR names no reason to leave it"


def _flags(d: Dialogue, results: Found | None) -> Iterator[Statement]:
    """The TVR against the CVM results, and the PIN against the last answer to VERIFY."""
    tvr = d.tvr
    if tvr is None:
        return
    yield say(f"TVR byte 3: {bits(tvr, BYTE_3) or 'no bit of cardholder verification set'}", tvr)
    if results is None:
        return
    code, result = results.value[0] & 0x3F, results.value[2]
    if result in (1, 2) and (result == 1) != bool(bits(tvr, FAILED)):
        yield say(
            "TVR and CVM results differ on whether it was successful", tvr, results, agrees=False
        )
    if bool(bits(tvr, PIN_GOES_ONLINE)) != (code == ONLINE_PIN) and (code, result) != (
        ONLINE_PIN,
        1,
    ):
        yield say(
            "TVR and CVM results differ on whether the PIN goes online", tvr, results, agrees=False
        )
    text, where = next(map(answer_of, d.commands(iso7816.VERIFY)[-1:]), ("", None))
    if where and code in PINS and result in (1, 2) and bool(text) != (result == 1):
        yield say("the answer to VERIFY and the CVM results differ", where, results, agrees=False)


def _card_side(d: Dialogue, results: Found) -> Iterator[Statement]:
    """The terminal's word for an accepted PIN against the card's own (Murdoch et al., IEEE S&P 2010)."""
    iad = d.told("9F10", at=d.first) if d.first and not on_device(d) else None
    done = pin_done(iad.exchange.context.aid, iad.part("CVR")) if iad else None
    if done is not None and claims_pin(results.value):
        text = "the card's own results (CVR) say that it accepted" + (
            " a PIN, too" if done else " none"
        )
        yield say(f"CVM results: a PIN accepted by the card; {text}", results, iad, agrees=done)


def claims_pin(results: bytes) -> bool:
    """Whether the terminal's CVM results say that the card accepted a PIN."""
    method = results[0] & 0x3F
    return method in PINS and results[2] in ((0, 2) if method in WITH_SIGNATURE else (2,))


def pin_done(aid: str, cvr: bytes) -> bool | None:
    """Whether the card says in its CVR that it accepted a PIN; None where the layout of its scheme does not tell."""
    rid = aid[:10]
    if len(cvr) == 6:  # M/Chip
        return bool(cvr[0] & 0x04) and bool(cvr[0] & 0x01) and not cvr[3] & 0x20
    if len(cvr) == 3 and rid in VISA_LIKE:
        return bool(cvr[0] & 0x04) and not cvr[0] & 0x02
    if len(cvr) == 5 and rid not in VISA_LIKE:  # the common core definitions
        return bool(cvr[1] & 0x08) and not cvr[1] & 0x04
    return None
