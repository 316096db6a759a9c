# SPDX-License-Identifier: MIT
"""A payment is the same whoever's AID was selected, and is known as one by its evidence alone."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from dialogue import captured

import cardlib
from cardlib.acts.emv.proofs import proofs
from cardlib.acts.emv.transaction import Transaction

ROOT = Path(__file__).resolve().parent.parent
NOBODY = "A000000ABC"
AIDS = tomllib.loads((ROOT / "cardlib/core/tables/aids.toml").read_text("utf-8"))
ESIM = "A000000559"  # of eSIMs, which pay nothing
RIDS = [*(key for key in AIDS if len(key) == 10 and key != ESIM), NOBODY]
TRACES = {"contact_purchase": "A000000003", "contactless_tap": "A000000004"}
# Statements about the CVR, whose layout is the scheme's, and about a tag that is another one in kernel 2.
OF_THE_SCHEME = (
    "its own results (CVR)",
    "CVM results: a PIN accepted",
    "what the reader can do and wants",
)


@cache
def halves(name: str) -> list[str]:
    """The commands and answers of a trace, in hex."""
    exchanges = cardlib.read(ROOT / f"traces/{name}.card.jsonl").exchanges
    return [
        half.raw.hex().upper()
        for exchange in exchanges
        for half in (exchange.command, exchange.response)
        if half
    ]


def paid(name: str, rid: str) -> Transaction:
    """The payment of a trace with the provider of its AID exchanged."""
    lines = [half.replace(TRACES[name], rid) for half in halves(name)]
    (payment,) = cardlib.transactions(captured(lines))
    return payment


@cache
def original(name: str) -> tuple[Transaction, list[tuple[object, ...]], list[str]]:
    """The payment of a trace as it is, what is said of it, and the names of its proofs."""
    payment = paid(name, TRACES[name])
    return payment, list(statements(payment)), [proof.name for proof in proofs(payment)]


def statements(payment: Transaction) -> Iterator[tuple[object, ...]]:
    """What is said in each phase: the bytes that show it, and whether they fit."""
    for phase in payment.phases:
        yield phase.name, [exchange.index for exchange in phase.exchanges]
        for statement in phase.said:
            if not statement.text.startswith(OF_THE_SCHEME):
                yield phase.name, statement.agrees, statement.evidence


@pytest.mark.parametrize("rid", RIDS)
@pytest.mark.parametrize("name", TRACES)
def test_phases_and_outcome_do_not_depend_on_the_scheme(name: str, rid: str) -> None:
    payment, said, proved = original(name)
    exchanged = paid(name, rid)
    assert exchanged.aid == rid + "1010"
    assert list(statements(exchanged)) == said
    assert (exchanged.outcome, exchanged.amount) == (payment.outcome, payment.amount)
    assert [proof.name for proof in proofs(exchanged)] == proved


@pytest.mark.parametrize("name", TRACES)
def test_of_a_scheme_that_nobody_knows_the_words_are_those_of_the_standard(name: str) -> None:
    payment = paid(name, NOBODY)
    assert payment.headline.startswith(f"application {NOBODY}1010, ")
    made = proofs(payment)
    assert {proof.verdict for proof in made} == {"not checkable"}
    assert f"of {NOBODY} is known" in made[0].reason
    said = [statement for phase in payment.phases for statement in phase.said]
    assert {statement.agrees for statement in said} == {None, True}
