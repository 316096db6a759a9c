# SPDX-License-Identifier: MIT
"""Rules about cardholder verification with contacts: the PIN, the CVM list, and what terminal and card say of them."""

from __future__ import annotations

from itertools import pairwise

from ...acts.emv.cvm import NOT_DONE, PINS, claims_pin, pin_done, rules
from ...acts.emv.dialogue import ins_of, is_read
from ...apps.iso7816 import VERIFY
from ...core.apdu import data_start, is_secure
from ...core.model import Evidence, Exchange
from ..engine import Missing, Result, Results, fails_if, only, whole_half
from ..sources import BBLF11, BOOK2, BOOK3, FGNT15, MDAB10
from .payment import Payment, payment_rule

GET_CHALLENGE = 0x84
NONE = 0x1F
RESULTS = {
    0x02: (0,),
    0x1E: (0,),
    0x1F: (2,),
    0x01: (1, 2),
    0x04: (1, 2),
    0x03: (0, 1),
    0x05: (0, 1),
}


def data_of(exchange: Exchange) -> Evidence:
    """The data field of a command."""
    command = exchange.command
    start = data_start(command) if command else 0
    return Evidence(exchange.index, "command", start, start + len(command.data if command else b""))


@payment_rule("E30", "critical", "the card never saw the PIN", f"{MDAB10}; {FGNT15}")
def pin_wedge(payment: Payment) -> Results:
    """The terminal believes that the card accepted the PIN; the card says, protected by its cryptogram, that it saw
    none. Something between them answered the terminal. Do: decline; keep the card: a wedge may be built into it.
    """
    only(not payment.contactless)
    results = payment.need("9F34", 3)
    cvr, iad = payment.need_in_iad("CVR")
    done = pin_done(payment.aid, cvr)
    if done is None:
        raise Missing("this scheme's card verification results do not tell about the PIN")
    tvr = payment.get("95", "command", 5)
    claims = claims_pin(results.value) and not (tvr and tvr.value[2])
    if claims or done:
        detail = f"the terminal says {results.text}; the card says that it {'checked' if done else 'saw no'} PIN"
        yield fails_if(claims and not done, detail, results, iad)


@payment_rule("E31", "critical", "the card says that the terminal is wrong about the PIN", MDAB10)
def terminal_erroneous(payment: Payment) -> Results:
    """M/Chip cards compare the terminal's CVM results with their own and report the contradiction in the CVR.
    Do: decline, as for E30.
    """
    cvr, iad = payment.need_in_iad("CVR")
    if len(cvr) == 6:
        wrong = bool(cvr[3] & 0x01)
        finds = "erroneously considers" if wrong else "is right about"
        detail = f"CVR byte 4 is {cvr[3]:02X}: terminal {finds} the PIN"
        yield fails_if(wrong, detail, iad)


@payment_rule("E32", "critical", "PIN claimed, none sent", MDAB10)
def pin_without_verify(payment: Payment) -> Results:
    """The CVM results say that the card accepted a PIN, but on this side of the wire no VERIFY did.
    Do: compare with the terminal's side; something answered in the card's place.
    """
    only(not payment.contactless)
    results = payment.need("9F34", 3)
    only(claims_pin(results.value))
    done = [e for e in payment.commands(VERIFY) if e.response and e.response.sw == 0x9000]
    payment.need_whole(unless=done)
    proof = (whole_half(e, "response") for e in done[-1:])
    yield fails_if(not done, f"{results.text}; {len(done)} VERIFY accepted", results, *proof)


@payment_rule("E33", "high", "PIN in clear on the wire", f"{BBLF11}; {BOOK3}, 6.5.12")
def plaintext_pin(payment: Payment) -> Results:
    """VERIFY with P2 = 80 carries the PIN in clear: whoever taps the wire has it, and so has this capture.
    Do: redact this capture; personalise cards for enciphered PIN.
    """
    for exchange in payment.commands(VERIFY):
        command = exchange.command
        if command is None or not command.data:
            continue
        evidence = (data_of(exchange),)
        if command.p2 == 0x80 and not is_secure(command.cla):
            detail = "VERIFY sends a plaintext PIN block; redact this capture before it leaves your machine"
            yield Result("fail", detail, evidence)
        elif command.p2 == 0x88:
            yield Result("pass", "VERIFY sends an enciphered PIN", evidence)
        else:
            detail = f"VERIFY with reference {command.p2:02X}: form of the PIN unknown"
            yield Result("not-enough-data", detail, evidence)


@payment_rule("E34", "high", "PIN enciphered was possible, plain was used", BBLF11)
def pin_downgraded(payment: Payment) -> Results:
    """The card's list has enciphered PIN before plaintext PIN and both sides can do it, yet the PIN went in clear: the
    list was changed on the way, or the terminal ignores it. Do: find out which.
    """
    for exchange in payment.commands(VERIFY):
        if exchange.command and exchange.command.p2 == 0x80 and exchange.command.data:
            listed, caps = payment.need("8E"), payment.need("9F33", 3)
            best = next(
                (one.code & 0x3F for one in rules(payment.dialogue) if one.code & 0x3F in PINS), 0
            )
            able = bool(caps.value[1] & 0x10) and bool(payment.get("9F2D") or payment.get("9F46"))
            detail = f"CVM list {listed.hex[16:]}, terminal capabilities {caps.hex}"
            yield fails_if(able and best in (4, 5), detail, listed, caps, data_of(exchange))


@payment_rule("E35", "high", "enciphered PIN without a challenge", f"{BOOK2}, 7.2")
def no_challenge(payment: Payment) -> Results:
    """The PIN is enciphered together with a number that the card gave just before. Without GET CHALLENGE directly
    before VERIFY an old enciphered PIN can be sent again. Do: repair the terminal.
    """
    for before, exchange in pairwise((None, *payment.exchanges)):
        command = exchange.command if exchange else None
        if exchange and command and command.ins == VERIFY and command.p2 == 0x88 and command.data:
            good = ins_of(before) == GET_CHALLENGE and is_read(before)
            payment.need_whole(unless=good)
            detail = f"{'GET CHALLENGE' if good else 'no GET CHALLENGE'} directly before VERIFY"
            yield fails_if(not good, detail, whole_half(exchange))


@payment_rule("E37", "medium", "the card asks for no verification", f"{BOOK3}, 10.5 and annex C3")
def nobody_verified(payment: Payment) -> Results:
    """The first rule of the CVM list that applies here is "no CVM, always", or every other may fail and no CVM is the
    last: whoever holds the card may pay. Do: expected for fare and parking; else ask the issuer.
    """
    listed, judged = payment.need("8E"), rules(payment.dialogue)
    for one in [one for one in judged if one.applies is not False][:1]:
        free = (one.code & 0x3F, one.condition) == (NONE, 0)
        falls = judged[-1].code & 0x3F == NONE and not any(rule.stops for rule in judged[:-1])
        last = f", no CVM {'whatever fails' if falls else 'not'} at the end"
        yield fails_if(
            free or falls,
            f"first rule that applies {one.code:02X}{one.condition:02X}{last}",
            listed,
        )


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
    listed, results = payment.need("8E"), payment.need("9F34", 3)
    known = {(one.code & 0x3F, one.condition) for one in rules(payment.dialogue)} | {(NOT_DONE, 0)}
    stranger = (results.value[0] & 0x3F, results.value[1]) not in known
    yield fails_if(stranger, f"CVM results {results.hex}, list {listed.hex[16:]}", results, listed)


@payment_rule("E39", "low", "impossible CVM result", "EMV 4.4 Book 4, annex A4")
def impossible_result(payment: Payment) -> Results:
    """Some methods can have some results only: signature and online PIN are not known yet, "no CVM" is successful.
    Do: repair the terminal.
    """
    only(not payment.contactless)
    results = payment.need("9F34", 3)
    if (allowed := RESULTS.get(results.value[0] & 0x3F)) is not None:
        good = results.value[2] in allowed
        yield fails_if(not good, f"{results.hex}: {results.text}", results)


@payment_rule("E40", "low", "PIN entry was passed over", f"{BOOK3}, annex C5")
def pin_bypassed(payment: Payment) -> Results:
    """The TVR says that no PIN was entered though a PIN pad was there, or that there was none that works: at an
    attended terminal the cashier may have skipped it. Do: look whether this terminal does it often.
    """
    only(not payment.dialogue.in_gpo)
    tvr = payment.need_tvr()
    skipped = bool(tvr.value[2] & 0x18)
    yield fails_if(skipped, f"TVR byte 3 is {tvr.value[2]:02X}", tvr)


@payment_rule("E41", "medium", "PIN guessing", f"{BOOK3}, 6.5.12")
def pin_guessing(payment: Payment) -> Results:
    """Two or more wrong PINs in one payment, a blocked PIN, or no tries left. Do: ask who held the card."""
    tried = payment.commands(VERIFY)
    wrong = [
        e
        for e in tried
        if e.response and e.response.sw is not None and e.response.sw & 0xFFF0 == 0x63C0
    ]
    blocked = [e for e in tried if e.response and e.response.sw in (0x6983, 0x6984)]
    left = payment.all("9F17", "response")
    none = [one for one in left if not any(one.value)]
    if tried or left:
        proof = [whole_half(e, "response") for e in wrong + blocked or tried[:1]]
        detail = f"{len(wrong)} wrong, {len(blocked)} refused because blocked{', no tries left' if none else ''}"
        yield fails_if(len(wrong) > 1 or blocked or none, detail, *([*none, *proof] or left))


@payment_rule("E42", "critical", "PIN accepted where it cannot be", f"{MDAB10}; {BOOK3}, 6.5.12")
def pin_impossible(payment: Payment) -> Results:
    """VERIFY succeeds though the PIN is blocked, or two different PINs both succeed: not the card is answering.
    Do: decline; compare with the card's side of the wire.
    """
    blocks: set[bytes] = set()
    blocked, last = False, None
    none = min(
        (one.exchange.index for one in payment.all("9F17", "response") if not any(one.value)),
        default=None,
    )
    for exchange in payment.commands(VERIFY):
        command, response = exchange.command, exchange.response
        if command is None or response is None or response.sw is None:
            continue
        last, blocked = exchange, blocked or response.sw in (0x6983, 0x6984, 0x63C0)
        if response.sw == 0x9000:
            if not blocked and none is not None and none < exchange.index:
                payment.need_whole()  # a command of the issuer may have given new tries
                blocked = True
            blocks |= {command.data} if command.p2 == 0x80 and command.data else set()
            if blocked or len(blocks) > 1:
                why = "after the PIN was blocked" if blocked else "for a second, different PIN"
                yield Result(
                    "fail",
                    f"VERIFY answered 9000 {why}",
                    (whole_half(exchange), whole_half(exchange, "response")),
                )
                return
    if last:
        yield Result(
            "pass", "no PIN was accepted that could not be", (whole_half(last, "response"),)
        )
