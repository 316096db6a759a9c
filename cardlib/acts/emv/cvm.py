# SPDX-License-Identifier: MIT
"""Cardholder verification: whether the CVM results fit the rules of the CVM list.

Source: EMV Book 3, 10.5 and C3. The rules are judged one by one in cvm_rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...apps import iso7816
from ..act import Statement
from .cvm_rules import ONLINE_PIN, Rule, due, method_of, rules
from .data import Element
from .dialogue import Dialogue, answer_of, bits, say

NOT_DONE = 0x3F
PINS = (0x01, 0x03, 0x04, 0x05)
WITH_SIGNATURE = (0x03, 0x05)
# Byte 3 of CVM results.
UNKNOWN, NOT_SUCCESSFUL, SUCCESSFUL = 0, 1, 2
# What kernel 2 writes for verification on the device (Book C-2, CVM selection).
ON_DEVICE = (b"\x01\x00\x02", b"\x3f\x00\x02")
# Bits of the TVR.
FAILED = 0x80 << 16
PIN_GOES_ONLINE = 0x04 << 16
PIN_REASONS = 0x38 << 16
BYTE_3 = 0xFF << 16
# Schemes whose CVR has three bytes in the layout of Visa.
VISA_LIKE = ("A000000003", "A000000098")


def judge(d: Dialogue) -> Iterator[Statement]:
    """What the list asks for, what the terminal says it did, what the card answered to VERIFY."""
    judged = rules(d)
    yield from _offer(d, judged)
    tries = d.answered("9F17", 1)
    if tries:
        yield say(f"PIN tries left: {tries.value[0]}", tries)
    yield from _rules(d, judged)
    for text, evidence in map(answer_of, d.commands(iso7816.VERIFY)):
        yield say(f"VERIFY: {text or 'the card found the PIN correct'}", evidence)
    results = d.sent("9F34", 3)
    if results is None:
        yield say("which method was used (9F34) is not in this capture")
    else:
        yield _result(d, results, judged)
        yield from _card_side(d, results)
    yield from _flags(d, results)


def _offer(d: Dialogue, judged: Sequence[Rule]) -> Iterator[Statement]:
    """Why there is nothing to verify by."""
    cvm_list = d.answered("8E")
    aip = d.answered("82", 2)
    is_offered = aip is None or bool(aip.value[0] & 0x10)
    if not is_offered:
        yield say("the AIP offers no cardholder verification", aip)
    elif not judged and cvm_list:
        yield say("the CVM list (8E) holds no rule", cvm_list)
    elif not judged:
        yield say("no CVM list (8E) in this capture")


def _rules(d: Dialogue, judged: Sequence[Rule]) -> Iterator[Statement]:
    """Each rule down to the one that is to be tried, or that ends the list."""
    cvm_list = d.answered("8E")
    for number, rule in enumerate(judged, 1):
        verdict = f"passed over, {rule.why}"
        if rule.applies:
            verdict = "to be tried first"
        elif rule.applies is None:
            verdict = f"not known, {rule.why}"
        title = f"rule {number} {rule.code:02X}{rule.condition:02X}: {rule.text}"
        yield say(f"{title}: {verdict}", cvm_list)
        if rule.applies or (rule.ends_list and rule.can is False):
            break


def _result(d: Dialogue, results: Element, judged: Sequence[Rule]) -> Statement:
    """Whether the method in 9F34 is the one that the list leads to."""
    text = f"CVM results {results.hex}: {results.text}"
    if on_device(d) and results.value in ON_DEVICE:
        text += "; so kernel 2 writes verification on the device"
        return say(text, results, d.answered("82"))
    method = method_of(results.value[0])
    if method == NOT_DONE:
        place, _ = due(judged)
        if place is None:
            return say(text, results)
        text += f"; rule {place + 1} was to be tried"
        return say(text, results, agrees=False)
    if not judged:
        return say(text, results)
    cvm_list = d.answered("8E")
    used = _rule_used(judged, method, results.value[1])
    if used is None:
        text += "; no rule of the list says so"
        return say(text, results, cvm_list, agrees=False)
    fits, why = _fits(d, judged, used)
    text += f"; rule {used + 1}{why}"
    return say(text, results, cvm_list, agrees=fits)


def _rule_used(judged: Sequence[Rule], method: int, condition: int) -> int | None:
    """The first rule with this method and condition."""
    for place, rule in enumerate(judged):
        is_same_method = method_of(rule.code) == method
        if is_same_method and rule.condition == condition:
            return place
    return None


def on_device(d: Dialogue) -> bool:
    """Whether the AIP offers verification on the device, as that of a phone does in kernel 2."""
    aip = d.answered("82", 2)
    if aip is None:
        return False
    return bool(aip.value[0] & 0x02)


def _fits(d: Dialogue, judged: Sequence[Rule], used: int) -> tuple[bool | None, str]:
    """Whether the terminal could come to the rule that it says it used, and why."""
    if judged[used].applies is False:
        return False, f", although {judged[used].why}"
    for number, rule in enumerate(judged[:used], 1):
        if rule.ends_list:
            return False, f", although rule {number} ends the list"
    place, is_certain = due(judged)
    if is_certain and used == place:
        return True, ", as the list demands"
    if not is_certain and used == 0:
        return True, ", the first of the list"
    if place is None:
        return None, "; which one was due is not known"
    first_due = f"rule {place + 1}"
    reason = _reason_to_leave(d)
    if reason:
        return True, f", since {first_due} failed: {reason}"
    method = method_of(judged[place].code)
    is_pin = method == ONLINE_PIN or method in PINS
    if d.tvr is None or not is_pin:
        return None, f"; why {first_due} was left is not known"
    why = f"{first_due} was due and the TVR names no reason to leave it"
    return False, f", although {why}"


def _reason_to_leave(d: Dialogue) -> str:
    """Why a PIN was not verified: by the TVR, else by the last VERIFY that the card refused."""
    tvr = d.tvr
    if tvr:
        reason = bits(tvr, PIN_REASONS)
        if reason:
            return reason
    for exchange in reversed(d.commands(iso7816.VERIFY)):
        refusal, _ = answer_of(exchange)
        if refusal:
            return refusal
    return ""


def _flags(d: Dialogue, results: Element | None) -> Iterator[Statement]:
    """The TVR against the CVM results, and the PIN against the last answer to VERIFY."""
    tvr = d.tvr
    if tvr is None:
        return
    flags = bits(tvr, BYTE_3) or "no bit of cardholder verification set"
    yield say(f"TVR byte 3: {flags}", tvr)
    if results is None:
        return
    method, result = method_of(results.value[0]), results.value[2]
    is_known = result in (NOT_SUCCESSFUL, SUCCESSFUL)
    is_failed = result == NOT_SUCCESSFUL
    tvr_failed = bool(bits(tvr, FAILED))
    if is_known and is_failed != tvr_failed:
        text = "TVR and CVM results differ on whether it was successful"
        yield say(text, tvr, results, agrees=False)
    is_online_pin = method == ONLINE_PIN
    tvr_online_pin = bool(bits(tvr, PIN_GOES_ONLINE))
    may_differ = is_online_pin and is_failed
    if is_online_pin != tvr_online_pin and not may_differ:
        text = "TVR and CVM results differ on whether the PIN goes online"
        yield say(text, tvr, results, agrees=False)
    verified = d.commands(iso7816.VERIFY)
    if verified and method in PINS and is_known:
        refusal, evidence = answer_of(verified[-1])
        if evidence and bool(refusal) != is_failed:
            text = "the answer to VERIFY and the CVM results differ"
            yield say(text, evidence, results, agrees=False)


def _card_side(d: Dialogue, results: Element) -> Iterator[Statement]:
    """The terminal's word for an accepted PIN against the card's (Murdoch et al., IEEE S&P 2010).

    The card says it in its CVR, whose layout is of the scheme; see `pin_done`.
    """
    if d.first is None or on_device(d):
        return
    iad = d.answered("9F10", at=d.first)
    if iad is None or not claims_pin(results.value):
        return
    accepted = pin_done(iad.exchange.context.aid, iad.part("CVR"))
    if accepted is None:
        return
    text = (
        "CVM results: a PIN accepted by the card; the card's own results (CVR) say that it accepted"
    )
    text += " a PIN, too" if accepted else " none"
    yield say(text, results, iad, agrees=accepted)


def claims_pin(results: bytes) -> bool:
    """Whether the terminal's CVM results say that the card accepted a PIN."""
    method, result = method_of(results[0]), results[2]
    if method in WITH_SIGNATURE:
        # A signature leaves the result unknown (EMV Book 4, 6.3.4.5).
        return result in (UNKNOWN, SUCCESSFUL)
    return method in PINS and result == SUCCESSFUL


def pin_done(aid: str, cvr: bytes) -> bool | None:
    """Whether the card says in its CVR that it accepted a PIN.

    The layout of a CVR is of the scheme: None where it is not known to tell.
    """
    is_visa_like = aid[:10] in VISA_LIKE
    if len(cvr) == 6:
        return _accepted_by_mchip(cvr)
    if len(cvr) == 3 and is_visa_like:
        is_performed = bool(cvr[0] & 0x04)
        is_failed = bool(cvr[0] & 0x02)
        return is_performed and not is_failed
    if len(cvr) == 5 and not is_visa_like:
        # The common core definitions (EMV Book 3, C7.3).
        is_performed = bool(cvr[1] & 0x08)
        is_failed = bool(cvr[1] & 0x04)
        return is_performed and not is_failed
    return None


def _accepted_by_mchip(cvr: bytes) -> bool:
    """Whether a CVR of M/Chip says that an offline PIN was verified and did not fail."""
    is_performed = bool(cvr[0] & 0x04)
    is_successful = bool(cvr[0] & 0x01)
    is_failed = bool(cvr[3] & 0x20)
    return is_performed and is_successful and not is_failed
