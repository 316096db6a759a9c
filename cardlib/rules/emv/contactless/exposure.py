# SPDX-License-Identifier: MIT
"""Rules about what a card gives away over the air: codes, numbers, logs, balances, and from how far away."""

from __future__ import annotations

from ....acts.emv.data import Element
from ....acts.emv.dialogue import ins_of, is_read
from ....acts.emv.relay import MAX_GRACE, relay
from ....apps.emv import COMPUTE_CHECKSUM, EXCHANGE_RELAY, GENERATE_AC, GPO
from ....apps.iso7816 import GET_DATA, READ_RECORD, VERIFY
from ....core.model import Exchange, Severity
from ....crypto.methods import MASTERCARD
from ....share.blanks import tells
from ...engine import Missing, Results, fails_if, only, whole_half
from ...sources import BCDD20, CGRBT15, MHEMY25, RL13
from ..payment import Payment, PaymentCase, capture_rule, payment_rule

MAG_STRIPE = (0x8E, 0x80)  # P1 and P2 of COMPUTE CRYPTOGRAPHIC CHECKSUM
AIP_EMV_MODE = 0x80  # byte 2, of kernel 2
AIP_RELAY_RESISTANCE = 0x01  # byte 2, of kernel 2
TVR_RELAY = 0x03  # byte 5: 10 says that the protocol was performed
TVR_RELAY_PERFORMED = 0x02
GIVES_CRYPTOGRAM = (COMPUTE_CHECKSUM, GENERATE_AC, GPO)
MANY = 10
PERSONAL = ("pan", "track", "name")  # kinds of secrets that say whose card it is
COUNTERS = (
    "9F79",  # balance of electronic cash
    "9F5D",  # amount that is left offline
    "9F50",  # offline balance
    "9F77",  # limit of electronic cash
    "9F78",  # limit of electronic cash for one payment
)


@payment_rule("E56", "high", "mag-stripe mode", RL13)
def mag_stripe_mode(payment: Payment) -> Results:
    """The card computed a code for a magnetic stripe over a number of a few digits: whoever collects all codes has a
    clone. Where the card can do EMV, somebody took that away. Do: end mag-stripe mode.
    """
    checksums = []
    for exchange in payment.commands(COMPUTE_CHECKSUM):
        command = exchange.command
        if command and (command.p1, command.p2) == MAG_STRIPE:
            checksums.append(exchange)
    only(checksums and payment.aid.startswith(MASTERCARD))
    aip = payment.need("82", 2)
    track = payment.need("9F66", 2, "response")
    digits = _digits_of_number(track, payment.need("9F67", 1))
    reasons = []
    if aip.value[1] & AIP_EMV_MODE:
        reasons.append("the card can do EMV mode")
    if digits <= 3:
        reasons.append(f"only {10**digits} different numbers")
    detail = f"{digits} digits of unpredictable number, no EMV mode"
    if reasons:
        detail = ", ".join(reasons)
    yield fails_if(reasons, detail, whole_half(checksums[0]), aip, track)


def _digits_of_number(bitmap: Element, counter_digits: Element) -> int:
    """How many digits of track 2 the unpredictable number has: those of the bitmap less those of the counter."""
    digits = int.from_bytes(bitmap.value).bit_count()
    return max(digits - counter_digits.value[0], 0)


@capture_rule("E57", "critical", "harvest of codes or cryptograms", RL13, counts=True)
def harvest(case: PaymentCase) -> Results:
    """Ten or more codes, or cryptograms over different numbers, out of one card in one session: somebody fills a table
    to pay with later. Do: treat the card as cloned.
    """
    sessions: dict[int, dict[bytes, Exchange]] = {}
    for payment in case.payments:
        numbers = payment.all("9F37", "command") + payment.all("9F6A", "command")
        for number in numbers:
            exchange = number.exchange
            if ins_of(exchange) in GIVES_CRYPTOGRAM and is_read(exchange):
                by_number = sessions.setdefault(exchange.session, {})
                by_number.setdefault(number.value, exchange)
    for session, by_number in sessions.items():
        detail = f"{len(by_number)} different numbers in session {session}"
        shown = list(by_number.values())[:20]
        yield fails_if(len(by_number) >= MANY, detail, *map(whole_half, shown))


@payment_rule("E60", "medium", "number or name readable over the air", MHEMY25)
def readable(payment: Payment) -> Results:
    """Whoever comes near reads the card number, sometimes the name. With a token instead of it, that matters little.
    Do: cards should not answer a name over the air.
    """
    only(payment.contactless)
    by_tag: dict[str, Element] = {}
    for kind in PERSONAL:
        for element in payment.from_card():
            if element.node.fact.sensitive == kind and tells(kind, element.value):
                by_tag.setdefault(element.tag, element)
    answered = list(by_tag.values())
    payment.need_whole(unless=answered)
    if not answered:
        last_answer = whole_half(payment.exchanges[-1], "response")
        yield fails_if(False, "neither number nor name was read", last_answer)
        return
    tags = list(by_tag)
    severity: Severity = "medium"
    if any(element.node.fact.sensitive == "name" for element in answered):
        severity = "high"
    elif payment.get("9F19") or payment.get("9F24"):
        severity = "info"
    yield fails_if(True, f"readable: {', '.join(tags)}", *answered, severity=severity)


@payment_rule("E61", "medium", "transaction log readable", MHEMY25, counts=True)
def log_readable(payment: Payment) -> Results:
    """The last payments can be read by anybody, with amounts and dates. Do: over the air no log should be readable."""
    entry = payment.get("9F4D", "response", 2) or payment.about("DF60", 2, "response")
    log_sfi = entry.value[0]
    reads = []
    for exchange in payment.commands(READ_RECORD):
        if exchange.command and exchange.command.p2 >> 3 == log_sfi:
            reads.append(exchange)
    only(reads)
    successful = [exchange for exchange in reads if is_read(exchange)]
    shown = (successful or reads)[:4]
    answers = [whole_half(exchange, "response") for exchange in shown]
    severity: Severity | None = None
    if payment.contactless:
        severity = "high"
    detail = f"{len(successful)} of {len(reads)} log records read"
    yield fails_if(successful, detail, entry, *answers, severity=severity)


@payment_rule("E62", "low", "balance or counters readable", MHEMY25)
def balance_readable(payment: Payment) -> Results:
    """Offline balance and limits answer GET DATA without a PIN. Do: know it before handing out a card."""
    for exchange in payment.commands(GET_DATA):
        command = exchange.command
        if command is None or exchange.response is None:
            continue
        tag = f"{command.p1:02X}{command.p2:02X}"
        if tag not in COUNTERS:
            continue
        after_pin = _pin_before(payment, exchange)
        when = "after" if after_pin else "without"
        free = is_read(exchange) and not after_pin
        yield fails_if(free, f"GET DATA {tag}, {when} a PIN", whole_half(exchange, "response"))


def _pin_before(payment: Payment, exchange: Exchange) -> bool:
    """Whether the card accepted a PIN before this exchange."""
    verified = payment.commands(VERIFY)
    before = [verify for verify in verified if verify.index < exchange.index]
    return any(map(is_read, before))


@payment_rule("E64", "medium", "no protection against relay", f"{BCDD20}; {CGRBT15}")
def no_relay_protection(payment: Payment) -> Results:
    """The relay resistance protocol was not run, or the TVR does not say so: a card far away can pay here. Most cards
    cannot do it yet. Do: switch it on where card and reader can.
    """
    only(payment.contactless and payment.aid.startswith(MASTERCARD))
    aip = payment.need("82", 2)
    runs = payment.commands(EXCHANGE_RELAY)
    payment.need_whole(unless=runs)
    tvr = payment.need_tvr()
    able = "can"
    severity: Severity | None = None
    if not aip.value[1] & AIP_RELAY_RESISTANCE:
        able = "cannot"
        severity = "info"
    performed = tvr.value[4] & TVR_RELAY == TVR_RELAY_PERFORMED
    detail = f"the card {able} do it, it was run {len(runs)} times, "
    detail += f"TVR byte 5 {tvr.value[4]:02X}"
    commands = map(whole_half, runs)
    bad = not runs or not performed
    yield fails_if(bad, detail, aip, *commands, tvr, severity=severity)


@payment_rule(
    "E65",
    "critical",
    "the card is too far away",
    f"EMV Contactless Book C-2, 3.10; {CGRBT15}",
    "times",
)
def relayed(payment: Payment) -> Results:
    """The card says how long its answer may take, the clock says how long it took: far more means that the answer came
    from far away, where no try kept the limit. A slow reader looks the same: see the margin. Do: decline.
    """
    limits = payment.all("DF8304", "response")
    only(limits)
    tries = list(relay(limit.exchange for limit in limits))
    if len(tries) < len(limits):
        raise Missing("this clock does not tell how long the answer took")
    best = min(tries, key=lambda attempt: attempt.measured - attempt.most)
    its_limits = payment.answered("DF8304", best.exchange)
    most = best.most + MAX_GRACE
    # Times are in units of 100 us.
    times = f"took {best.measured / 10:.1f} ms, at most {most / 10:.1f} ms with grace"
    detail = f"best of {len(tries)}: {times}"
    yield fails_if(best.measured > most, detail, whole_half(best.exchange), *its_limits)
