# SPDX-License-Identifier: MIT
"""The transactions of a purse: begun by INITIALIZE, ended by a credit or a debit, proved where an answer was lost.

Source: PBOC 2.0 Part 2 (JR/T 0025.2), second hand.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

from ...apps.instructions import accepted
from ...core.model import Command, Exchange, Response, record

INITIALIZE, CREDIT, DEBIT, LIMIT, PROOF, CACHE = 0x50, 0x52, 0x54, 0x58, 0x5A, 0xDC
PURSE_CLASS = 0x80
DEPOSIT = 1
BALANCE_BITS = 0x7FFFFFFF
MAC_SIZE = 4

DealOutcome = Literal["done", "refused", "lost", "recovered", "not finished"]


@record
class Kind:
    """A kind of transaction: its name, whether money comes or goes (+1, -1, 0), and sizes of the first command.

    `codes` are its type in the log, for the deposit and for the purse; `ending` the command that ends it.
    """

    name: str
    sign: int
    command_size: int
    answer_size: int
    codes: tuple[int, int]
    ending: int


# By P1 of INITIALIZE.
KINDS = {
    0: Kind("load", 1, 11, 16, (1, 2), CREDIT),
    1: Kind("purchase", -1, 11, 15, (5, 6), DEBIT),
    2: Kind("withdrawal of cash", -1, 11, 15, (4, 4), DEBIT),
    3: Kind("compound purchase", -1, 11, 15, (9, 9), DEBIT),
    4: Kind("new overdraft limit", 0, 7, 19, (7, 7), LIMIT),
    5: Kind("unload", -1, 11, 16, (3, 3), DEBIT),
}
_BY_CODE = {code: kind for kind in KINDS.values() for code in kind.codes}


@record
class Deal:
    """One transaction with its exchanges; `begun` is missing where only the proof was asked for."""

    kind: Kind
    begun: Exchange | None = None
    cached: tuple[Exchange, ...] = ()
    ended: Exchange | None = None
    proof: Exchange | None = None

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All of them, in the order of time."""
        parts = (self.begun, *self.cached, self.ended, self.proof)
        return tuple(part for part in parts if part is not None)

    @property
    def outcome(self) -> DealOutcome:
        """How it ended."""
        if self.ended is not None and _answer(self.ended) is not None:
            return "done" if _is_done(self.ended) else "refused"
        if self.proof is not None and _is_done(self.proof):
            return "recovered"
        if self.ended is not None:
            return "lost"
        return "not finished"

    @property
    def counts(self) -> bool:
        """Whether the balance changed."""
        return self.outcome in ("done", "recovered")

    @property
    def asked(self) -> bytes:
        """The data of INITIALIZE: key index 1, amount 4, terminal 6."""
        return _data(self.begun)

    @property
    def opened(self) -> bytes:
        """The data of its answer: balance 4, counter 2, and more."""
        if self.begun is None or self.begun.response is None:
            return b""
        return self.begun.response.data

    @property
    def amount(self) -> int | None:
        """The amount in minor units; None where there is none."""
        if self.kind.sign == 0 or len(self.asked) < 5:
            return None
        return int.from_bytes(self.asked[1:5], "big")

    @property
    def before(self) -> int | None:
        """The balance that the card told at the beginning."""
        if len(self.opened) < 4:
            return None
        return int.from_bytes(self.opened[:4], "big") & BALANCE_BITS

    @property
    def after(self) -> int | None:
        """The balance that this leaves, by arithmetic."""
        before, amount = self.before, self.amount
        if before is None or amount is None or not self.counts:
            return before
        return before + self.kind.sign * amount

    @property
    def counter(self) -> int | None:
        """The number of the transaction: one more than the counter at the beginning."""
        if len(self.opened) >= 6:
            return int.from_bytes(self.opened[4:6], "big") + 1
        if self.begun is None and self.proof is not None:
            return int.from_bytes(_data(self.proof)[:2], "big")
        return None

    @property
    def code(self) -> int:
        """The type of the transaction, as the log has it."""
        is_deposit = self.begun is not None and _p2(self.begun) == DEPOSIT
        deposit, purse = self.kind.codes
        return deposit if is_deposit else purse


def _answer(exchange: Exchange) -> Response | None:
    """The answer with its status word, unless it was lost."""
    response = exchange.response
    if response is None or response.sw is None:
        return None
    return response


def _is_done(exchange: Exchange) -> bool:
    response = _answer(exchange)
    return response is not None and accepted(response)


def _data(exchange: Exchange | None) -> bytes:
    if exchange is None or exchange.command is None:
        return b""
    return exchange.command.data


def _p2(exchange: Exchange) -> int:
    return exchange.command.p2 if exchange.command else 0


def deals(exchanges: Iterable[Exchange]) -> list[Deal]:
    """The transactions of one purse, in the order of time.

    An INITIALIZE that the card refused is none. One whose last answer was lost waits for its proof.
    """
    result: list[Deal] = []
    is_open = False
    for exchange in exchanges:
        command = exchange.command
        if command is None or command.cla & 0xF0 != PURSE_CLASS:
            continue
        if command.ins == PROOF and len(command.data) == 2:
            _prove(result, exchange)
            is_open = False
        elif command.ins == INITIALIZE:
            begun = _begun(exchange, command)
            is_open = begun is not None
            if begun:
                result.append(begun)
        elif is_open:
            result[-1] = _continued(result[-1], exchange, command)
            is_open = result[-1].ended is None
    return result


def _begun(exchange: Exchange, command: Command) -> Deal | None:
    """The transaction that an INITIALIZE begins; class 80 is also GlobalPlatform's, with other sizes."""
    kind = KINDS.get(command.p1)
    if kind is None or not _is_done(exchange) or exchange.response is None:
        return None
    sizes = len(command.data), len(exchange.response.data)
    if sizes != (kind.command_size, kind.answer_size):
        return None
    return Deal(kind, exchange)


def _continued(deal: Deal, exchange: Exchange, command: Command) -> Deal:
    """A transaction after one more command."""
    if command.ins == CACHE and _is_done(exchange):
        return replace(deal, cached=(*deal.cached, exchange))
    if command.ins == deal.kind.ending:
        return replace(deal, ended=exchange)
    return deal


def _prove(before: list[Deal], exchange: Exchange) -> None:
    """GET TRANSACTION PROOF is about the last transaction, or about one that is not in this capture."""
    number = int.from_bytes(_data(exchange), "big")
    code = _p2(exchange)
    if before and before[-1].counter == number and before[-1].code == code:
        before[-1] = replace(before[-1], proof=exchange)
        return
    kind = _BY_CODE.get(code, KINDS[1])
    before.append(Deal(kind, proof=exchange))
