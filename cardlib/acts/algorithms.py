# SPDX-License-Identifier: MIT
"""The inventory of algorithms: what each session of a capture used and was offered, and what that is worth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..core.model import Exchange
from ..road.meaning import with_views
from ..road.sources import Source, exchanges_of
from . import Transaction, payment_uses, transactions
from .inventory.cards import uses_of
from .inventory.documents import document_uses
from .inventory.model import Algorithm, Use, worth_of

__all__ = ["Algorithm", "algorithms"]


@with_views
def algorithms(source: Source) -> list[Algorithm]:
    """One row for each algorithm, length and purpose in a session, in the order in which they are first seen."""
    exchanges = tuple(exchanges_of(source))
    payments: dict[int, list[Transaction]] = {}
    for transaction in transactions(exchanges):
        payments.setdefault(transaction.exchanges[0].session, []).append(transaction)
    rows: list[Algorithm] = []
    for number, session in _sessions(exchanges).items():
        uses = list(_uses(session, payments.get(number, [])))
        rows.extend(_rows(number, uses))
    return rows


def _sessions(exchanges: Iterable[Exchange]) -> dict[int, list[Exchange]]:
    sessions: dict[int, list[Exchange]] = {}
    for exchange in exchanges:
        sessions.setdefault(exchange.session, []).append(exchange)
    return sessions


def _uses(session: Sequence[Exchange], payments: Iterable[Transaction]) -> Iterator[Use]:
    for exchange in session:
        yield from uses_of(exchange)
    yield from document_uses(session)
    for transaction in payments:
        yield from payment_uses(transaction)


def _rows(session: int, uses: Sequence[Use]) -> Iterator[Algorithm]:
    """Equal uses as one row, with the evidence of the first and how many there are."""
    counts: dict[Use, int] = {}
    for use in sorted(uses, key=lambda use: use.evidence.exchange):
        counts[use] = counts.get(use, 0) + 1
    for use, count in counts.items():
        yield Algorithm(session, use, count, worth_of(use.algorithm, use.bits))
