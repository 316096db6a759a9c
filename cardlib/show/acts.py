# SPDX-License-Identifier: MIT
"""What happened, for people: a payment phase by phase, and what a capture comes to in a line or two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..acts.emv.phases import Phase
from ..acts.emv.proofs import proofs
from ..acts.emv.transaction import Transaction, alike, headline_of, transactions
from ..core.dictionary import aid_name
from ..core.model import Capture, Proof
from .exchanges import line
from .lines import WIDTH, counted, marked, more, places

MAX_EACH = 40  # exchanges, and statements, of a phase; proofs
MAX_OUTCOMES = 10
MAX_NAMES = 8
INDENT = "   "
AGREES = {True: "ok", False: "!!", None: " -"}
PROVEN = {"verified": "ok", "failed": "!!", "not checkable": " -"}


def explained(transaction: Transaction, reveal: bool) -> Iterator[str]:
    """A transaction phase by phase: its exchanges, what was decided and by which bytes (!!: a disagreement); proofs."""
    yield marked("=> ", transaction.headline)
    for number, phase in enumerate(transaction.phases, 1):
        yield f"{number:>2} {phase.name}"
        yield from _phase(phase, reveal)
    yield from _computed_again(transaction)


def _phase(phase: Phase, reveal: bool) -> Iterator[str]:
    for exchange in phase.exchanges[:MAX_EACH]:
        yield INDENT + line(exchange, reveal, False, WIDTH - len(INDENT))
    yield from more(len(phase.exchanges) - MAX_EACH)
    for statement in phase.said[:MAX_EACH]:
        mark = f"{INDENT}{AGREES[statement.agrees]} "
        yield marked(mark, statement.text + places(statement.evidence))
    yield from more(len(phase.said) - MAX_EACH, "statement")


def _computed_again(transaction: Transaction) -> Iterator[str]:
    computed = proofs(transaction, transaction.keys)
    if not computed:
        return
    yours = "your keys, then " if transaction.keys else ""
    yield f"computed again, with {yours}the shipped public keys and published test keys"
    for proof in computed[:MAX_EACH]:
        yield marked(f"{INDENT}{PROVEN[proof.verdict]} ", _proof(proof))
    yield from more(len(computed) - MAX_EACH, "proof")


def _proof(proof: Proof) -> str:
    text = f"{proof.name}: {proof.verdict}"
    if proof.reason:
        text += f", {proof.reason}"
    return text + places(proof.evidence)


def outcomes(capture: Capture) -> Iterator[str]:
    """How each payment of a capture ended, like ones counted; if there is none, what the capture has instead."""
    payments = transactions(capture)
    if payments:
        yield from _headlines(payments)
    elif capture.exchanges:
        yield marked("  => ", f"no payment in this capture{_selected(capture)}")
    else:
        yield from _only_frames(capture)


def _headlines(payments: Sequence[Transaction]) -> Iterator[str]:
    groups = alike(payments)
    for group in groups[:MAX_OUTCOMES]:
        times = f"{len(group)} x " if len(group) > 1 else ""
        yield marked("  => ", times + headline_of(group))
    yield from more(len(groups) - MAX_OUTCOMES, "outcome")


def _selected(capture: Capture) -> str:
    """The applications that were selected, by name."""
    aids = [exchange.context.aid for exchange in capture.exchanges if exchange.context.aid]
    names = dict.fromkeys(aid_name(aid) or aid for aid in aids)
    if not names:
        return ""
    return f"; selected: {', '.join(list(names)[:MAX_NAMES])}"


def _only_frames(capture: Capture) -> Iterator[str]:
    count = sum(len(session.frames) for session in capture.sessions)
    if count:
        frames = counted(count, "frame")
        yield f"  => no commands and answers (APDUs) in this capture, only {frames} of layers below"
