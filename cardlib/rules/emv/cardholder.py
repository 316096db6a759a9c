# SPDX-License-Identifier: MIT
"""Rules about cardholder verification with contacts: the PIN, the CVM list, and what terminal and card say of them."""

from __future__ import annotations

from ...acts.emv import cvm
from ...acts.emv.dialogue import ins_of, is_read
from ...apps.iso7816 import VERIFY
from ...core.apdu import data_start, is_secure
from ...core.model import Evidence, Exchange
from ..engine import Missing, Result, Results, fails_if, only, whole_half
from ..sources import BBLF11, BOOK2, BOOK3, FGNT15, MDAB10
from .payment import Payment, payment_rule

GET_CHALLENGE = 0x84
PLAIN_PIN, ENCIPHERED_PIN = 0x80, 0x88  # P2 of VERIFY (Book 3, 6.5.12)
BLOCKED = (0x6983, 0x6984)  # answers to VERIFY (Book 3, 6.5.12)
WRONG_PIN = 0x63C0  # in the last digit stands how many tries are left

METHOD = 0x3F  # of a CVM code, without "apply succeeding" (Book 3, annex C3)
ENCIPHERED_METHODS = (4, 5)
NO_CVM = 0x1F
ALWAYS = 0  # a condition of the CVM list

# Results that a method can have: 0 unknown, 1 failed, 2 successful (Book 4, annex A4)
UNKNOWN = (0,)
DONE = (2,)
CHECKED = (1, 2)
CHECKED_THEN_SIGNED = (0, 1)
RESULTS = {
    0x02: UNKNOWN,  # PIN online
    0x1E: UNKNOWN,  # signature
    0x1F: DONE,  # no CVM
    0x01: CHECKED,  # plaintext PIN
    0x04: CHECKED,  # enciphered PIN
    0x03: CHECKED_THEN_SIGNED,  # plaintext PIN and signature
    0x05: CHECKED_THEN_SIGNED,  # enciphered PIN and signature
}


def data_of(exchange: Exchange) -> Evidence:
    """The data field of a command."""
    command = exchange.command
    if command is None:
        return Evidence(exchange.index, "command", 0, 0)
    start = data_start(command)
    return Evidence(exchange.index, "command", start, start + len(command.data))


def status_of(exchange: Exchange) -> int | None:
    """The status word of an answer."""
    response = exchange.response
    if response is None:
        return None
    return response.sw


@payment_rule("E30", "critical", "the card never saw the PIN", f"{MDAB10}; {FGNT15}")
def pin_wedge(payment: Payment) -> Results:
    """The terminal believes that the card accepted the PIN; the card says, protected by its cryptogram, that it saw
    none. Something between them answered the terminal. Do: decline; keep the card: a wedge may be built into it.
    """
    only(not payment.contactless)
    results = payment.need("9F34", 3)
    cvr, iad = payment.need_in_iad("CVR")
    checked = cvm.pin_done(payment.aid, cvr)
    if checked is None:
        raise Missing("this scheme's card verification results do not tell about the PIN")
    tvr = payment.get("95", "command", 5)
    tvr_is_clean = tvr is None or not tvr.value[2]
    claimed = cvm.claims_pin(results.value) and tvr_is_clean
    if claimed or checked:
        saw = "checked" if checked else "saw no"
        detail = f"the terminal says {results.text}; the card says that it {saw} PIN"
        yield fails_if(claimed and not checked, detail, results, iad)


@payment_rule("E31", "critical", "the card says that the terminal is wrong about the PIN", MDAB10)
def terminal_erroneous(payment: Payment) -> Results:
    """M/Chip cards compare the terminal's CVM results with their own and report the contradiction in the CVR.
    Do: decline, as for E30.
    """
    payment.need_in_iad("CVR")
    for iad in payment.all("9F10", "response"):
        circumstances = iad.part("circumstances")  # byte 4 of the CVR of M/Chip alone
        if not circumstances:
            continue
        wrong = bool(circumstances[0] & 0x01)
        finds = "erroneously considers offline PIN OK"
        if not wrong:
            finds = "is right about the PIN"
        detail = f"CVR byte 4 is {circumstances[0]:02X}: terminal {finds}"
        yield fails_if(wrong, detail, iad)


@payment_rule("E32", "critical", "PIN claimed, none sent", MDAB10)
def pin_without_verify(payment: Payment) -> Results:
    """The CVM results say that the card accepted a PIN, but on this side of the wire no VERIFY did.
    Do: compare with the terminal's side; something answered in the card's place.
    """
    only(not payment.contactless)
    results = payment.need("9F34", 3)
    only(cvm.claims_pin(results.value))
    accepted = [exchange for exchange in payment.commands(VERIFY) if status_of(exchange) == 0x9000]
    payment.need_whole(unless=accepted)
    last_answer = [whole_half(exchange, "response") for exchange in accepted[-1:]]
    detail = f"{results.text}; {len(accepted)} VERIFY accepted"
    yield fails_if(not accepted, detail, results, *last_answer)


@payment_rule("E33", "high", "PIN in clear on the wire", f"{BBLF11}; {BOOK3}, 6.5.12")
def plaintext_pin(payment: Payment) -> Results:
    """VERIFY with P2 = 80 carries the PIN in clear: whoever taps the wire has it, and so has this capture.
    Do: redact this capture; personalise cards for enciphered PIN.
    """
    for exchange in payment.commands(VERIFY):
        command = exchange.command
        if command is None or not command.data:
            continue
        evidence = data_of(exchange)
        if command.p2 == PLAIN_PIN and not is_secure(command.cla):
            detail = "VERIFY sends a plaintext PIN block; "
            detail += "redact this capture before it leaves your machine"
            yield fails_if(True, detail, evidence)
        elif command.p2 == ENCIPHERED_PIN:
            yield fails_if(False, "VERIFY sends an enciphered PIN", evidence)
        else:
            detail = f"VERIFY with reference {command.p2:02X}: form of the PIN unknown"
            yield Result("not-enough-data", detail, (evidence,))


@payment_rule("E34", "high", "PIN enciphered was possible, plain was used", BBLF11)
def pin_downgraded(payment: Payment) -> Results:
    """The card's list has enciphered PIN before plaintext PIN and both sides can do it, yet the PIN went in clear: the
    list was changed on the way, or the terminal ignores it. Do: find out which.
    """
    for exchange in payment.commands(VERIFY):
        command = exchange.command
        if command is None or command.p2 != PLAIN_PIN or not command.data:
            continue
        cvm_list = payment.need("8E")
        capabilities = payment.need("9F33", 3)
        terminal_can = bool(capabilities.value[1] & 0x10)
        card_key = payment.get("9F2D") or payment.get("9F46")
        preferred = _first_pin_method(payment) in ENCIPHERED_METHODS
        detail = f"CVM list {cvm_list.hex[16:]}, terminal capabilities {capabilities.hex}"
        downgraded = preferred and terminal_can and card_key
        yield fails_if(downgraded, detail, cvm_list, capabilities, data_of(exchange))


def _first_pin_method(payment: Payment) -> int:
    """The first method of the CVM list with a PIN that the card checks; 0 if it has none."""
    for cvm_rule in payment.cvm_rules:
        if cvm_rule.code & METHOD in cvm.PINS:
            return cvm_rule.code & METHOD
    return 0


@payment_rule("E35", "high", "enciphered PIN without a challenge", f"{BOOK2}, 7.2")
def no_challenge(payment: Payment) -> Results:
    """The PIN is enciphered together with a number that the card gave just before. Without GET CHALLENGE directly
    before VERIFY an old enciphered PIN can be sent again. Do: repair the terminal.
    """
    previous = (None, *payment.exchanges)
    for before, exchange in zip(previous, payment.exchanges, strict=False):
        command = exchange.command
        if command is None or command.ins != VERIFY:
            continue
        if command.p2 != ENCIPHERED_PIN or not command.data:
            continue
        challenged = ins_of(before) == GET_CHALLENGE and is_read(before)
        payment.need_whole(unless=challenged)
        came = "GET CHALLENGE" if challenged else "no GET CHALLENGE"
        yield fails_if(not challenged, f"{came} directly before VERIFY", whole_half(exchange))


@payment_rule("E37", "medium", "the card asks for no verification", f"{BOOK3}, 10.5 and annex C3")
def nobody_verified(payment: Payment) -> Results:
    """The first rule of the CVM list that applies here is "no CVM, always", or every other may fail and no CVM is the
    last: whoever holds the card may pay. Do: expected for fare and parking; else ask the issuer.
    """
    cvm_list = payment.need("8E")
    cvm_rules = payment.cvm_rules
    applying = [cvm_rule for cvm_rule in cvm_rules if cvm_rule.applies is not False]
    only(applying)
    first = applying[0]
    nothing_asked = first.code & METHOD == NO_CVM and first.condition == ALWAYS
    may_fail = not any(cvm_rule.stops for cvm_rule in cvm_rules[:-1])
    falls_through = may_fail and cvm_rules[-1].code & METHOD == NO_CVM
    detail = f"first rule that applies {first.code:02X}{first.condition:02X}, "
    if falls_through:
        detail += "no CVM whatever fails at the end"
    else:
        detail += "no CVM not at the end"
    yield fails_if(nothing_asked or falls_through, detail, cvm_list)


@payment_rule(
    "E38",
    "high",
    "a method that the card does not list",
    f"{BOOK3}, 10.5; EMV 4.4 Book 4, annex A4",
)
def unlisted_method(payment: Payment) -> Results:
    """The CVM results name a method and condition that do not stand in the card's list: the list that the terminal saw
    was another one. Do: compare the list with another reading of the card.
    """
    only(not payment.contactless)
    cvm_list = payment.need("8E")
    results = payment.need("9F34", 3)
    legal = {(cvm.NOT_DONE, 0)}
    for cvm_rule in payment.cvm_rules:
        legal.add((cvm_rule.code & METHOD, cvm_rule.condition))
    used = (results.value[0] & METHOD, results.value[1])
    detail = f"CVM results {results.hex}, list {cvm_list.hex[16:]}"
    yield fails_if(used not in legal, detail, results, cvm_list)


@payment_rule("E39", "low", "impossible CVM result", "EMV 4.4 Book 4, annex A4")
def impossible_result(payment: Payment) -> Results:
    """Some methods can have some results only: signature and online PIN are not known yet, "no CVM" is successful.
    Do: repair the terminal.
    """
    only(not payment.contactless)
    results = payment.need("9F34", 3)
    possible = RESULTS.get(results.value[0] & METHOD)
    if possible is not None:
        impossible = results.value[2] not in possible
        yield fails_if(impossible, f"{results.hex}: {results.text}", results)


@payment_rule("E40", "low", "PIN entry was passed over", f"{BOOK3}, annex C5")
def pin_bypassed(payment: Payment) -> Results:
    """The TVR says that no PIN was entered though a PIN pad was there, or that there was none that works: at an
    attended terminal the cashier may have skipped it. Do: look whether this terminal does it often.
    """
    only(not payment.dialogue.in_gpo)
    tvr = payment.need_tvr()
    skipped = bool(tvr.value[2] & 0x18)
    yield fails_if(skipped, f"TVR byte 3 is {tvr.value[2]:02X}", tvr)


@payment_rule("E41", "medium", "PIN guessing", f"{BOOK3}, 6.5.12", counts=True)
def pin_guessing(payment: Payment) -> Results:
    """Two or more wrong PINs in one payment, a blocked PIN, or no tries left. Do: ask who held the card."""
    verified = payment.commands(VERIFY)
    counters = payment.all("9F17", "response")
    only(verified or counters)
    wrong, blocked = [], []
    for exchange in verified:
        sw = status_of(exchange)
        if sw is not None and sw & 0xFFF0 == WRONG_PIN:
            wrong.append(exchange)
        elif sw in BLOCKED:
            blocked.append(exchange)
    used_up = [counter for counter in counters if not any(counter.value)]
    detail = f"{len(wrong)} wrong, {len(blocked)} refused because blocked"
    if used_up:
        detail += ", no tries left"
    shown = wrong + blocked or verified[:1]
    answers = [whole_half(exchange, "response") for exchange in shown]
    evidence = [*used_up, *answers] or counters
    yield fails_if(len(wrong) > 1 or blocked or used_up, detail, *evidence)


@payment_rule(
    "E42",
    "critical",
    "PIN accepted where it cannot be",
    f"{MDAB10}; {BOOK3}, 6.5.12",
    counts=True,
)
def pin_impossible(payment: Payment) -> Results:
    """VERIFY succeeds though the PIN is blocked, or two different PINs both succeed: not the card is answering.
    Do: decline; compare with the card's side of the wire.
    """
    accepted_pins: set[bytes] = set()
    blocked = False
    last: Exchange | None = None
    none_left_at = _no_tries_left_at(payment)
    for exchange in payment.commands(VERIFY):
        command, sw = exchange.command, status_of(exchange)
        if command is None or sw is None:
            continue
        last = exchange
        if sw in (*BLOCKED, WRONG_PIN):
            blocked = True
        if sw != 0x9000:
            continue
        if not blocked and none_left_at is not None and none_left_at < exchange.index:
            payment.need_whole()  # a command of the issuer may have given new tries
            blocked = True
        if command.p2 == PLAIN_PIN and command.data:
            accepted_pins.add(command.data)
        if blocked or len(accepted_pins) > 1:
            why = "after the PIN was blocked" if blocked else "for a second, different PIN"
            answer = whole_half(exchange, "response")
            yield fails_if(True, f"VERIFY answered 9000 {why}", whole_half(exchange), answer)
            return
    if last:
        detail = "no PIN was accepted that could not be"
        yield fails_if(False, detail, whole_half(last, "response"))


def _no_tries_left_at(payment: Payment) -> int | None:
    """The first exchange in which the card said that no tries are left."""
    indices = []
    for counter in payment.all("9F17", "response"):
        if not any(counter.value):
            indices.append(counter.exchange.index)
    return min(indices, default=None)
