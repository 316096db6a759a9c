# SPDX-License-Identifier: MIT
"""Rules about Chinese payment: UnionPay's contactless debit (PBOC 3.0) and the electronic purse of transport cards."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from ...acts.emv.dialogue import ins_of
from ...apps.iso7816 import READ_RECORD, SECRET, accepted
from ...core.model import Command, Evidence, Exchange, Response, record
from ...crypto.methods import UNIONPAY
from ..engine import Case, Result, Results, fails_if, only, rule, whole_half
from .contactless import unsigned
from .payment import Payment, payment_rule, series_rule

PBOC = "PBOC 3.0 Part 12"
PURSE = "PBOC 2.0 Part 2; JR/T 0025.2"
INITIALIZE, CREDIT, DEBIT, BALANCE = 0x50, 0x52, 0x54, 0x5C
TRIPLE_DES, LOG = 0x01, 0x18  # the SFI of the log


@record
class Step:
    """One command of a purse with its answer."""

    exchange: Exchange
    command: Command
    response: Response


def steps(case: Case, *instructions: int) -> Iterator[Step]:
    """The accepted commands of a purse; class 80 is also GlobalPlatform's, whose answers are longer."""
    for one in case.exchanges:
        command, response = one.command, one.response
        if command is None or response is None or one.context.application == "emv":
            continue
        if command.cla == 0x80 and command.ins in instructions and accepted(response):
            yield Step(one, command, response)


def pairs(case: Case, second: int, size: int) -> Iterator[tuple[Step, Step]]:
    """Each INITIALIZE with an answer of so many bytes, and the next command that ends it."""
    begun: Step | None = None
    for step in steps(case, INITIALIZE, second):
        if step.command.ins == INITIALIZE:
            begun = (
                step if len(step.response.data) == size and len(step.command.data) == 11 else None
            )
        elif begun:
            yield begun, step
            begun = None


@payment_rule("P01", "high", "approved offline without a signature", PBOC)
def offline_unsigned(payment: Payment) -> Results:
    """A contactless debit was approved offline and no dynamic signature came with it: a copy of the card could do the
    same. Do: decline offline payments without a verified signature.
    """
    if (
        payment.aid.startswith(UNIONPAY)
        and payment.contactless
        and (approval := payment.dialogue.approved_offline)
    ):
        yield unsigned(payment, approval)


@payment_rule("P02", "high", "the balance does not add up", PBOC)
def cash_arithmetic(payment: Payment) -> Results:
    """The electronic cash before, less the amount, is not what is left. Do: compare with the issuer's records."""
    found = [
        one
        for tag in ("9F79", "9F5D")
        for one in payment.all(tag, "response")
        if len(one.value) == 6
    ]
    same = [one for one in found if one.tag == found[0].tag]
    only(len(same) > 1 and payment.dialogue.approved_offline and payment.aid.startswith(UNIONPAY))
    amount = payment.need("9F02", 6)
    before, paid, after = (one.hex for one in (same[0], amount, same[-1]))
    good = (before + paid + after).isdecimal() and int(before) - int(paid) == int(after)
    detail = f"{same[0].text} before, {amount.text} paid, {same[-1].text} after"
    yield fails_if(not good, detail, same[0], amount, same[-1])


@payment_rule("P03", "low", "triple DES where SM4 is there", "PBOC 3.0 Part 17")
def old_algorithm(payment: Payment) -> Results:
    """The card can do the Chinese algorithms (SM indicator DF69) and its cryptogram was made with triple DES.
    Do: configure the terminal for SM.
    """
    able, iad = payment.get("DF69", "response", 1), payment.get("9F10", "response")
    if able is None or iad is None or not payment.aid.startswith(UNIONPAY) or len(iad.value) < 8:
        return
    old = able.value == b"\x01" and iad.value[7] == TRIPLE_DES
    detail = f"SM indicator {able.hex}, algorithm of the cryptogram {iad.hex[14:16]}"
    yield fails_if(old, detail, able, iad)


@series_rule("P04", "high", "the purse does not count right", PURSE)
def purse_counts(cases: tuple[Case, ...]) -> Results:
    """From one debit to the next the counter must rise by one, the balance fall by the amount and the card's random
    number be new; certificates (TAC) are neither zero nor twice the same. Do: treat the card as an emulator.
    """
    for case in cases:
        done = [pair for pair in pairs(case, DEBIT, 15) if len(pair[1].response.data) == 8]
        wrong = [("a TAC of zeros", debit) for _, debit in done if not any(debit.response.data[:4])]
        loads = [step.exchange.index for step in steps(case, CREDIT)]
        for (one, debit), (two, second) in pairwise(done):
            between = range(debit.exchange.index, two.exchange.index)
            if one.exchange.session != two.exchange.session or any(
                place in between for place in loads
            ):
                continue  # perhaps another card, certainly another balance
            first, later, paid = (
                one.response.data,
                two.response.data,
                int.from_bytes(one.command.data[1:5]),
            )
            wrong += [("the counter", two)] * (
                int.from_bytes(later[4:6]) != int.from_bytes(first[4:6]) + 1
            )
            wrong += [("the balance", two)] * (
                int.from_bytes(later[:4]) != int.from_bytes(first[:4]) - paid
            )
            wrong += [("the random number", two)] * (later[11:15] == first[11:15])
            wrong += [("the TAC", second)] * (debit.response.data[:4] == second.response.data[:4])
        if done:
            faults = ", ".join(what for what, _ in wrong[:8]) or "counters and balances agree"
            found = [step.exchange for _, step in wrong[:10]] or [done[-1][0].exchange]
            proof = (whole_half(exchange, "response", case.file) for exchange in found)
            yield fails_if(wrong, f"{len(done)} debits; {faults}", *proof)


@series_rule("P05", "critical", "the same debit twice", PURSE)
def debit_replayed(cases: tuple[Case, ...]) -> Results:
    """A debit was accepted with a check value (MAC1) that came before: the card does not protect against playback.
    Do: take this kind of card out of use.
    """
    seen: dict[bytes, Evidence] = {}
    found = [
        (case, step)
        for case in cases
        for step in steps(case, DEBIT)
        if len(step.command.data) == 15
    ]
    for case, step in found:
        proof = Evidence(step.exchange.index, "command", 16, 20, case.file)
        before = seen.setdefault(step.command.data[11:], proof)
        if before is not proof:
            yield Result(
                "fail",
                f"MAC1 {step.command.data[11:].hex().upper()} accepted again",
                (before, proof),
            )
            return
    if len(found) > 1:
        yield Result(
            "pass", f"{len(seen)} different MAC1 in {len(found)} debits", tuple(seen.values())[:10]
        )


def earlier(case: Case, exchange: Exchange) -> list[Exchange]:
    """What came before in the same session."""
    return [
        one
        for one in case.exchanges
        if one.session == exchange.session and one.index < exchange.index
    ]


def pin_checked(exchange: Exchange) -> bool:
    """Whether the card accepted a PIN."""
    return (
        ins_of(exchange) in SECRET
        and exchange.response is not None
        and exchange.response.sw == 0x9000
    )


@rule("P06", "high", "loaded without a PIN", PURSE)
def load_without_pin(case: Case) -> Results:
    """Money was loaded and no PIN was checked before in this session, or with a check value (MAC2) that came before.
    Do: ask who pressed the button.
    """
    seen: set[bytes] = set()
    for begun, credit in pairs(case, CREDIT, 16):
        mac = credit.command.data[7:]
        if mac in seen:
            place = Evidence(credit.exchange.index, "command", 12, 16)
            yield Result("fail", f"MAC2 {mac.hex().upper()} accepted again", (place,))
        seen.add(mac)
        before = earlier(case, credit.exchange)
        checked = any(map(pin_checked, before))
        if not checked and (reason := case.hole(before)):
            yield Result("not-enough-data", f"something may be hidden here: {reason}")
            continue
        detail = f"load, {'after' if checked else 'without'} a PIN"
        yield fails_if(not checked, detail, whole_half(begun.exchange), whole_half(credit.exchange))


@rule("P07", "low", "balance or log readable without a PIN", PURSE)
def balance_free(case: Case) -> Results:
    """Anybody who comes near reads the balance of the purse, or its last payments. Do: usual for transport; know it."""
    for one in case.exchanges:
        command, response = one.command, one.response
        if command is None or response is None or one.context.application == "emv":
            continue
        balance = (command.cla, command.ins) == (0x80, BALANCE)
        log = command.ins == READ_RECORD and command.p2 == LOG << 3 | 4
        if balance or log:
            told = len(response.data) == 4 if balance else bool(response.data)
            free = accepted(response) and told and not any(map(pin_checked, earlier(case, one)))
            what = "GET BALANCE" if balance else "READ RECORD of the log"
            yield fails_if(
                free, f"{what} answered {len(response.data)} bytes", whole_half(one, "response")
            )
