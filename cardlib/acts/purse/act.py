# SPDX-License-Identifier: MIT
"""The act of a purse: its transactions with old and new balance, then what the rows tell; MACs where keys are given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from functools import partial

from ...core.model import Evidence, Exchange, Proof, record
from ...crypto.keyring import Key
from ...road.meaning import status
from ..act import Act, ActOutcome, Ending, Statement, Step, whole_answer
from ..plain import events_of, steps_of, words_of
from .deals import BALANCE_BITS, MAC_SIZE, Deal, deals
from .macs import holder, proofs
from .rides import ride_statements

PURSES = ("purse", "tunion")
MAX_IN_HEADLINE = 3  # transactions in a headline
# Macau Pass counts in tenths: what it calls a balance is none in minor units.
_OTHER_UNITS = ("B0C4C3C5CDA8C7AEB0FC",)
_SAM_INITIALIZE, _SAM_CREDIT = 0x70, 0x72
_OUTCOMES: dict[str, ActOutcome] = {"done": "done", "recovered": "done", "refused": "refused"}


@record
class PurseRun:
    """What a purse did: its transactions, and the keys that were given."""

    deals: tuple[Deal, ...]
    keys: tuple[Key, ...] = field(default=(), repr=False)


def purse_act(
    act: Act, keys: tuple[Key, ...] | None = None, beside: Sequence[Exchange] = ()
) -> Act:
    """A plain act of a purse with its transactions; any other act as it is.

    `beside` are other exchanges of the capture, among which those of a terminal's module may be.
    """
    if act.application not in PURSES or _counts_otherwise(act):
        return act
    transactions = tuple(deals(act.exchanges))
    has_rides = next(ride_statements(act.exchanges), None) is not None
    if not transactions and not has_rides:
        return act
    run = PurseRun(transactions, keys or ())
    taken = {exchange.index for deal in run.deals for exchange in deal.exchanges}
    rest = [exchange for exchange in act.exchanges if exchange.index not in taken]
    endings = tuple(_endings(run.deals, rest))
    outcome = act.outcome
    if run.deals and act.exchanges[-1].index in taken:
        outcome = _OUTCOMES.get(run.deals[-1].outcome, "unknown")
    return replace(
        act,
        kind="purse",
        endings=endings or act.endings,
        outcome=outcome,
        detail=run,
        explain=partial(_steps, act.exchanges, run, rest, tuple(beside)),
        compute=partial(_proofs, act.exchanges, run),
    )


def _counts_otherwise(act: Act) -> bool:
    aids = {exchange.context.aid for exchange in act.exchanges}
    return any(aid.startswith(_OTHER_UNITS) for aid in aids)


def money(amount: int) -> str:
    """An amount of fen in yuan."""
    sign = "-" if amount < 0 else ""
    yuan, fen = divmod(abs(amount), 100)
    return f"{sign}{yuan}.{fen:02} CNY"


def _endings(run_deals: Sequence[Deal], rest: Sequence[Exchange]) -> Iterator[Ending]:
    """A part of the headline for each of the last transactions, and one for all else."""
    last_deals = run_deals[-MAX_IN_HEADLINE:]
    earlier = len(run_deals) - len(last_deals)
    if earlier == 1:
        yield Ending("1 transaction")
    elif earlier:
        yield Ending(f"{earlier} transactions")
    for deal in last_deals:
        yield Ending(_sentence(deal), evidence=whole_answer(deal.exchanges[-1]))
    words = words_of(events_of(rest))
    if words:
        yield Ending("; ".join(words))


def _sentence(deal: Deal) -> str:
    """A transaction in words."""
    text = deal.kind.name
    if deal.amount is not None:
        text += f" of {money(deal.amount)}"
    if deal.outcome == "done":
        return text + _balances(deal)
    if deal.outcome == "recovered":
        if deal.begun is None:
            return f"{text} no. {deal.counter} proved"
        return f"{text}{_balances(deal)}, its answer lost and then proved"
    if deal.outcome == "lost" and deal.proof is not None:
        return f"{text}: its answer was lost, and it was not proved: {_status(deal.proof)}"
    if deal.outcome == "lost":
        return f"{text}: its answer was lost, and with it whether it was done"
    if deal.outcome == "not finished":
        if deal.proof:
            return f"{text}: not proved, {_status(deal.proof)}"
        return f"{text} begun and not finished"
    return f"{text} refused: {_status(deal.ended)}"


def _balances(deal: Deal) -> str:
    if deal.before is None or deal.after is None or deal.amount is None:
        return ""
    return f", balance {money(deal.before)} to {money(deal.after)}"


def _status(exchange: Exchange | None) -> str:
    if exchange is None:
        return "no answer"
    text, _ = status(exchange)
    return text or "no answer"


def _steps(
    exchanges: Sequence[Exchange],
    run: PurseRun,
    rest: Sequence[Exchange],
    beside: Sequence[Exchange],
) -> tuple[Step, ...]:
    """The transactions, what the records say together, then all else."""
    steps = []
    following = _following(run.deals)
    for deal in run.deals:
        said = tuple(_statements(deal, following, exchanges, beside))
        steps.append(Step(deal.kind.name, deal.exchanges, said))
    rides = tuple(ride_statements(exchanges))
    if rides:
        steps.append(Step("journeys", (), rides))
    steps.extend(steps_of(events_of(rest)))
    return tuple(steps)


def _following(run_deals: Sequence[Deal]) -> dict[int, Deal]:
    """By the number of the exchange that begins a transaction, the next transaction of the same purse."""
    following: dict[int, Deal] = {}
    next_of_purse: dict[int, Deal] = {}
    for deal in reversed(run_deals):
        if deal.begun is None or deal.begun.command is None:
            continue
        purse = deal.begun.command.p2
        if purse in next_of_purse:
            following[deal.begun.index] = next_of_purse[purse]
        next_of_purse[purse] = deal
    return following


def _statements(
    deal: Deal,
    following: Mapping[int, Deal],
    exchanges: Sequence[Exchange],
    beside: Sequence[Exchange],
) -> Iterator[Statement]:
    """What is to be said of one transaction."""
    evidence = tuple(whole_answer(exchange) for exchange in deal.exchanges)
    yield Statement(_sentence(deal), evidence)
    if deal.begun is not None and deal.counter is not None:
        series = "debits"
        if deal.kind.sign > 0:
            series = "loads"
        yield Statement(f"number {deal.counter} of the card's {series}", evidence[:1])
    yield from _balance_afterwards(deal, following, exchanges)
    yield from _module_statements(deal, beside)


def _balance_afterwards(
    deal: Deal, following: Mapping[int, Deal], exchanges: Sequence[Exchange]
) -> Iterator[Statement]:
    """Whether the balance that the card tells next is the one that the transaction leaves."""
    if deal.after is None or deal.begun is None or not deal.counts or not deal.begun.command:
        return
    next_deal = following.get(deal.begun.index)
    if next_deal is not None:
        if next_deal.begun is not None and next_deal.before is not None:
            yield _compared(deal.after, next_deal.before, next_deal.begun)
        return
    # Only the last transaction of a purse comes here, so this search is not made for each.
    last = deal.exchanges[-1].index
    purse = deal.begun.command.p2
    later = (exchange for exchange in exchanges if exchange.index > last)
    answer = next((exchange for exchange in later if _asks_balance(exchange, purse)), None)
    if answer is not None and answer.response and len(answer.response.data) == 4:
        balance = int.from_bytes(answer.response.data, "big") & BALANCE_BITS
        yield _compared(deal.after, balance, answer)


def _asks_balance(exchange: Exchange, purse: int) -> bool:
    """Whether this is GET BALANCE of the same purse; other values of P1 ask for overdrafts."""
    command = exchange.command
    if command is None or (command.cla, command.ins) != (0x80, 0x5C):
        return False
    return command.p2 == purse and command.p1 in (0, 3)


def _compared(expected: int, balance: int, exchange: Exchange) -> Statement:
    text = f"the next balance is {money(balance)}, by arithmetic {money(expected)}"
    return Statement(text, (whole_answer(exchange),), balance == expected)


def _module_statements(deal: Deal, beside: Sequence[Exchange]) -> Iterator[Statement]:
    """What the module of the terminal did in this transaction, where the capture has its dialogue."""
    ended = deal.ended
    if ended is None or ended.command is None or len(ended.command.data) < 15:
        return
    mac1 = ended.command.data[11:15]
    mac2 = b""
    if ended.response is not None:
        mac2 = ended.response.data[4:8]
    for exchange in beside:
        command, response = exchange.command, exchange.response
        if command is None or response is None or command.cla != 0x80:
            continue
        if command.ins == _SAM_INITIALIZE and response.data[4:8] == mac1:
            text = "MAC1 was made by the terminal's module"
            evidence = Evidence(exchange.index, "response", 4, 4 + MAC_SIZE)
            yield Statement(text, (evidence,), True)
        if command.ins == _SAM_CREDIT and mac2 and command.data == mac2:
            text = "the terminal's module did not accept MAC2"
            if response.sw == 0x9000:
                text = "the terminal's module accepted MAC2"
            yield Statement(text, (whole_answer(exchange),), response.sw == 0x9000)


def _proofs(exchanges: Sequence[Exchange], run: PurseRun) -> tuple[Proof, ...]:
    return tuple(proofs(run.deals, holder(exchanges), run.keys))
