# SPDX-License-Identifier: MIT
"""Payments as acts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from os import PathLike

from ...core.model import Exchange
from ...crypto.keyring import Key
from ..act import Act, ActOutcome
from .dialogue import ActionCodes
from .proofs import proofs
from .transaction import Transaction, transactions


def payments(
    exchanges: Iterable[Exchange],
    tac: Mapping[str, str] | None = None,
    keys: Iterable[str | PathLike[str]] = (),
) -> list[Act]:
    """An act for each payment."""
    return [payment_act(transaction) for transaction in transactions(exchanges, tac, keys)]


def payment_act(
    transaction: Transaction, tac: ActionCodes | None = None, keys: tuple[Key, ...] | None = None
) -> Act:
    """A payment as an act; with action codes and keys that were read already."""
    if tac is not None or keys is not None:
        transaction = replace(transaction, tac=tac, keys=keys)
    values = {"amount": transaction.amount, "outcome": transaction.outcome}
    subject = transaction.name
    if transaction.amount:
        subject += f", {transaction.amount}"
    return Act(
        transaction.index,
        transaction.session,
        "payment",
        "emv",
        transaction.name,
        subject,
        transaction.endings,
        _outcome(transaction.outcome),
        transaction.exchanges,
        tuple((name, text) for name, text in values.items() if text),
        transaction,
        lambda: transaction.phases,
        lambda: tuple(proofs(transaction, transaction.keys)),
    )


def _outcome(text: str) -> ActOutcome:
    """The outcome of a payment in the words of all acts."""
    if text.startswith(("approved", "paid")):
        return "done"
    if text.startswith(("declined", "refused")):
        return "refused"
    return "unknown"
