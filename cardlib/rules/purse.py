# SPDX-License-Identifier: MIT
"""Rules about electronic purses: counters and balances, PINs before loads and debits, MACs, records of rides."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from ..acts import Act
from ..acts.plain import plain_acts
from ..acts.purse import PURSES, purse_act, ride_statements
from ..acts.purse.deals import (
    BALANCE_BITS,
    CREDIT,
    DEBIT,
    DEPOSIT,
    INITIALIZE,
    PURSE_CLASS,
    Deal,
    deals,
)
from ..apps.instructions import UPDATE_BINARY, UPDATE_RECORD
from ..apps.iso7816 import READ_RECORD, accepted
from ..core.apdu import is_secure
from ..core.model import Evidence, Exchange
from .engine import (
    Case,
    Cases,
    Missing,
    Result,
    Results,
    Step,
    fails_if,
    incomplete,
    one_side,
    only,
    rule,
    series_rule,
    steps,
    whole_half,
)
from .joining import joined_by
from .pins import earlier_by_index, earlier_in_session, needs_pin

PURSE = "PBOC 2.0 Part 2; JR/T 0025.2"
# GET BALANCE, by class and instruction: of Chinese purses, of Korean ones (KS X 6924)
BALANCE = ((PURSE_CLASS, 0x5C), (0x90, 0x4C))
BALANCE_SIZE = 4
WITH_OVERDRAFT = 0  # P1: what is left, with the overdraft
INITIALIZE_SIZE = 11  # of the data of INITIALIZE: key, amount, terminal
LOAD_BEGUN_SIZE, PURCHASE_BEGUN_SIZE = 16, 15  # of its answer
DEBIT_SIZE = 15  # of the data of DEBIT, MAC1 the last 4
DEBITED_SIZE = 8  # of its answer: TAC, MAC2
LOG_SFI = 0x18
CASH = 2  # P1 of INITIALIZE
# A right is missing, or a condition; whatever else refuses says nothing of rights
WITHOUT_RIGHT = (0x6982, 0x6985)


Pair = tuple[Step, Step]


def purse_steps(case: Case, *instructions: int) -> Iterator[Step]:
    """The accepted commands of a purse, which stands on bank cards too, and under names that no row has.

    Class 80 is also GlobalPlatform's, whose answers are longer.
    """
    for step in steps(case):
        command = step.command
        if command.cla != PURSE_CLASS or command.ins not in instructions:
            continue
        if accepted(step.response):
            yield step


def pairs(case: Case, second: int, size: int) -> Iterator[Pair]:
    """Each INITIALIZE with an answer of so many bytes, and the next command that ends it."""
    begun: Step | None = None
    for step in purse_steps(case, INITIALIZE, second):
        if step.command.ins != INITIALIZE:
            if begun:
                yield begun, step
            begun = None
        elif len(step.response.data) == size and len(step.command.data) == INITIALIZE_SIZE:
            begun = step
        else:
            begun = None


@series_rule("P04", "high", "the purse does not count right", PURSE)
def purse_counts(cases: Cases) -> Results:
    """From one debit to the next the counter must rise by one, the balance fall by the amount and the card's random
    number be new; certificates (TAC) are neither zero nor twice the same. Do: treat the card as an emulator.
    """
    for case in cases:
        debits = []
        for begun, debit in pairs(case, DEBIT, PURCHASE_BEGUN_SIZE):
            if len(debit.response.data) == DEBITED_SIZE:
                debits.append((begun, debit))
        if not debits:
            continue
        faults = list(_counting_faults(case, debits))
        what = ", ".join(text for text, _ in faults[:8]) or "counters and balances agree"
        shown = [step.exchange for _, step in faults[:10]]
        if not shown:
            last_begun, _ = debits[-1]
            shown = [last_begun.exchange]
        evidence = [whole_half(exchange, "response", case.file) for exchange in shown]
        if len(debits) == 1 and not faults:
            yield Result("not-enough-data", "1 debit, at least 2 are compared", tuple(evidence))
        else:
            yield fails_if(faults, f"{len(debits)} debits; {what}", *evidence)


def _counting_faults(case: Case, debits: list[Pair]) -> Iterator[tuple[str, Step]]:
    """What does not count right in these debits, and the step that shows it."""
    for _, debit in debits:
        if not any(_tac(debit)):
            yield "a TAC of zeros", debit
    loads = [step.exchange.index for step in purse_steps(case, CREDIT)]
    for earlier, later in pairwise(debits):
        begun, debit = earlier
        next_begun, next_debit = later
        if begun.exchange.session != next_begun.exchange.session:
            continue  # perhaps another card
        between = range(debit.exchange.index, next_begun.exchange.index)
        if any(index in between for index in loads):
            continue  # certainly another balance
        if _counter(next_begun) != _counter(begun) + 1:
            yield "the counter", next_begun
        if _balance(next_begun) != _balance(begun) - _amount(begun):
            yield "the balance", next_begun
        if _random_number(next_begun) == _random_number(begun):
            yield "the random number", next_begun
        if _tac(debit) == _tac(next_debit):
            yield "the TAC", next_debit


# The answer to INITIALIZE FOR PURCHASE: balance (4), counter (2), limit (3), key and algorithm (2), random number (4).


def _balance(begun: Step) -> int:
    return int.from_bytes(begun.response.data[:4])


def _counter(begun: Step) -> int:
    return int.from_bytes(begun.response.data[4:6])


def _random_number(begun: Step) -> bytes:
    return begun.response.data[11:15]


def _amount(begun: Step) -> int:
    return int.from_bytes(begun.command.data[1:5])


def _tac(debit: Step) -> bytes:
    return debit.response.data[:4]


def debit_macs(case: Case) -> Iterator[bytes]:
    """The check values (MAC1) of accepted debits."""
    for step in purse_steps(case, DEBIT):
        if len(step.command.data) == DEBIT_SIZE:
            yield step.command.data[11:]


@series_rule("P05", "critical", "the same debit twice", PURSE)
@joined_by(debit_macs)
def debit_replayed(cases: Cases) -> Results:
    """A debit was accepted with a check value (MAC1) that came before: the card does not protect against playback.
    Do: take this kind of card out of use.
    """
    count = 0
    seen: dict[bytes, Evidence] = {}
    for case in one_side(cases):
        for step in purse_steps(case, DEBIT):
            if len(step.command.data) != DEBIT_SIZE:
                continue
            count += 1
            mac = step.command.data[11:]
            place = Evidence(step.exchange.index, "command", 16, 20, case.file)
            if mac in seen:
                detail = f"MAC1 {mac.hex().upper()} accepted again"
                yield fails_if(True, detail, seen[mac], place)
                return
            seen[mac] = place
    if count > 1:
        detail = f"{len(seen)} different MAC1 in {count} debits"
        yield fails_if(False, detail, *list(seen.values())[:10])


@rule("P06", "high", "loaded without a PIN", PURSE)
def load_without_pin(case: Case) -> Results:
    """Money was loaded and no PIN was checked before in this session, or with a check value (MAC2) that came before.
    Do: ask who pressed the button.
    """
    seen: set[bytes] = set()
    loads = list(pairs(case, CREDIT, LOAD_BEGUN_SIZE))
    only(loads)
    before_each = earlier_by_index(case)
    for begun, credit in loads:
        mac = credit.command.data[7:]
        if mac in seen:
            place = Evidence(credit.exchange.index, "command", 12, 16)
            yield fails_if(True, f"MAC2 {mac.hex().upper()} accepted again", place)
        seen.add(mac)
        before = before_each[credit.exchange.index]
        yield needs_pin("load", before, begun.exchange, credit.exchange)


@rule("P07", "low", "balance or log readable without a PIN", PURSE)
def balance_free(case: Case) -> Results:
    """Anybody who comes near reads the balance of the purse, or its last payments. Do: usual for transport; know it."""
    for exchange, before in zip(case.exchanges, earlier_in_session(case), strict=True):
        response = exchange.response
        what, size = _asked_of_purse(exchange)
        if not what or response is None:
            continue
        count = len(response.data)
        place = whole_half(exchange, "response")
        if response.sw in WITHOUT_RIGHT:
            yield fails_if(False, f"{what} refused without its right", place)
        elif accepted(response) and count > 0 and size in (0, count):
            yield fails_if(not before.pin, f"{what} answered {count} bytes", place)


def _asked_of_purse(exchange: Exchange) -> tuple[str, int]:
    """What is asked of a purse, and how many bytes tell it (0: any number); empty for other commands."""
    command = exchange.command
    if command is None:
        return "", 0
    if (command.cla, command.ins) in BALANCE:
        return "GET BALANCE", 4
    is_log = command.ins == READ_RECORD and command.p2 == LOG_SFI << 3 | 4
    if is_log and exchange.context.application != "emv":
        return "READ RECORD of the log", 0
    return "", 0


def purse_acts(case: Case) -> Iterator[Act]:
    """What purses did in a capture, with the keys that the caller gives."""
    named = [exchange for exchange in case.exchanges if exchange.context.application in PURSES]
    only(named)
    for act in plain_acts(case.exchanges):
        if act.application in PURSES:
            yield purse_act(act, case.given.keys)


@rule("P08", "critical", "a MAC of the purse does not verify", PURSE, "keys")
def bad_purse_mac(case: Case) -> Results:
    """With the key given, a check value (MAC1, MAC2) or the certificate (TAC) of a transaction comes out otherwise: its
    data were changed, or it is not of this card. Do: do not settle it.
    """
    keys = [
        key for key in case.given.keys or () if key.use.endswith(("-load", "-purchase", "-tac"))
    ]
    for act in purse_acts(case):
        for proof in act.proofs:
            if not keys:
                raise Missing("no key of a purse is given")
            if proof.verdict != "not checkable":
                wrong = proof.verdict != "verified"
                detail = f"{proof.name}: {proof.reason}"
                yield fails_if(wrong, detail, *proof.evidence)


@rule("P09", "high", "money left the deposit without a PIN", PURSE)
def deposit_without_pin(case: Case) -> Results:
    """The electronic deposit was debited, or cash drawn, and no PIN was checked before in this session. Only the purse
    is meant to pay without one. Do: require the PIN.
    """
    guarded = []
    for begun, debit in pairs(case, DEBIT, PURCHASE_BEGUN_SIZE):
        if begun.command.p2 == DEPOSIT or begun.command.p1 == CASH:
            guarded.append((begun, debit))
    only(guarded)
    before_each = earlier_by_index(case)
    for begun, debit in guarded:
        before = before_each[debit.exchange.index]
        yield needs_pin("debit", before, begun.exchange, debit.exchange)


@rule("P10", "low", "the records of rides do not agree", "JT/T 978")
def rides_disagree(case: Case) -> Results:
    """A ride is in one file and not in the log of the purse, or the balance from one ride to the next does not fit its
    amount. Do: compare with the operator's records; a record was changed, or is missing.
    """
    for act in purse_acts(case):
        for statement in ride_statements(act.exchanges):
            if statement.agrees is not None:
                yield fails_if(not statement.agrees, statement.text, *statement.evidence)


@rule("P11", "medium", "a file of the purse written without a MAC", PURSE)
def written_without_mac(case: Case) -> Results:
    """UPDATE BINARY or UPDATE RECORD changed a file of the purse in clear, without secure messaging: whoever comes near
    can do the same. Do: usual while cards are made; in the field let the card ask for a MAC.
    """
    for step in steps(case):
        command = step.command
        is_of_purse = step.exchange.context.application in PURSES
        is_update = is_of_purse and command.ins in (UPDATE_BINARY, UPDATE_RECORD)
        if is_update and command.cla < PURSE_CLASS and accepted(step.response):
            is_clear = not is_secure(command.cla)
            detail = "written under secure messaging"
            if is_clear:
                detail = "written in clear"
            yield fails_if(is_clear, detail, whole_half(step.exchange))


@rule("P12", "high", "two balances do not fit what lies between", PURSE)
def balances_disagree(case: Case) -> Results:
    """GET BALANCE answers something other than the balance it gave last, less what was paid and plus what was loaded
    since. Do: compare with the operator's records; something answers in place of the card.
    """
    by_purse: dict[tuple[int, str], list[Exchange]] = {}
    for exchange in case.exchanges:
        purse = (exchange.session, exchange.context.aid)
        by_purse.setdefault(purse, []).append(exchange)
    results: list[Result] = []
    for exchanges in by_purse.values():
        results += _compared_balances(exchanges)
    hole = case.hole(())
    if results and hole:
        raise Missing(f"something may be hidden here: {hole}")
    yield from results


Expected = dict[
    int, tuple[int, Exchange]
]  # by P2, which says whose: the balance, and the answer that it follows from


def _compared_balances(exchanges: list[Exchange]) -> Results:
    """Each answer to GET BALANCE of a purse with the one before it and what came between."""
    ended = {deal.exchanges[-1].index: deal for deal in deals(exchanges)}
    expected: Expected = {}
    for exchange in exchanges:
        deal = ended.get(exchange.index)
        if deal:
            _enter(deal, expected)
        elif incomplete(exchange)[0] or _moves_money(exchange):
            expected.clear()
        balance = _told_balance(exchange)
        if balance is None or exchange.command is None:
            continue
        purse = exchange.command.p2
        if purse in expected:
            left, earlier = expected[purse]
            places = (whole_half(earlier, "response"), whole_half(exchange, "response"))
            yield fails_if(balance != left, f"{left} expected, {balance} answered", *places)
        expected[purse] = balance, exchange


def _moves_money(exchange: Exchange) -> bool:
    """Whether a purse took a command that may have changed its balance."""
    command, response = exchange.command, exchange.response
    if command is None or response is None or not accepted(response):
        return False
    return command.cla == PURSE_CLASS and command.ins in (CREDIT, DEBIT)


def _enter(deal: Deal, expected: Expected) -> None:
    """What a transaction leaves; where that is not known, nothing is expected any more."""
    command = None
    if deal.begun:
        command = deal.begun.command
    if command is None or deal.amount is None or deal.outcome in ("lost", "not finished"):
        expected.clear()
    elif command.p2 in expected and deal.counts:
        balance, exchange = expected[command.p2]
        expected[command.p2] = balance + deal.kind.sign * deal.amount, exchange


def _told_balance(exchange: Exchange) -> int | None:
    """The answer to GET BALANCE; P1 of another value asks for the overdraft, or leaves it out."""
    command, response = exchange.command, exchange.response
    if command is None or response is None or not accepted(response):
        return None
    is_asked = (command.cla, command.ins, command.p1) == (*BALANCE[0], WITH_OVERDRAFT)
    if not is_asked or len(response.data) != BALANCE_SIZE:
        return None
    return int.from_bytes(response.data) & BALANCE_BITS
