# SPDX-License-Identifier: MIT
"""What happened, card by card: an act is what one application of a card was asked to do, from its selection on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import field
from typing import Any, Literal

from ..core.model import Evidence, Exchange, Proof, record
from ..core.printing import Printed

ActOutcome = Literal["done", "refused", "unknown"]
MAX_PLACES = 5  # numbers of exchanges in a headline


@record
class Statement:
    """One thing that was done or decided, with the bytes that show it.

    `agrees` says whether terminal, card and specification fit together there; None where nothing is compared.
    """

    text: str
    evidence: tuple[Evidence, ...] = field(default=(), repr=False)
    agrees: bool | None = None


@record
class Step:
    """A part of an act: its exchanges, and what is to be said of them."""

    name: str
    exchanges: tuple[Exchange, ...] = field(repr=False)
    said: tuple[Statement, ...] = ()


@record
class Ending:
    """How an act ended: who did what, why, and the bytes of the card that show it."""

    text: str
    why: tuple[str, ...] = ()
    evidence: Evidence | None = None


def whole_answer(exchange: Exchange) -> Evidence:
    """The whole answer of an exchange as evidence; no bytes where there is none."""
    size = 0
    if exchange.response:
        size = len(exchange.response.raw)
    return Evidence(exchange.index, "response", 0, size)


def no_steps() -> tuple[Step, ...]:
    return ()


def no_proofs() -> tuple[Proof, ...]:
    return ()


@record
class Act(Printed):
    """What happened with one application of a card.

    `kind` is "payment", or "plain" for an application that has only rows; `application` the key of its data file;
    `title` its name, `subject` that with what it was about ("Visa credit, 12.00 EUR"). `facts` are values that rows
    give to a headline, as (name, text). `detail` is what the kind has of its own: the Transaction of a payment.
    Steps and proofs are made when they are asked for.
    """

    index: int
    session: int
    kind: str
    application: str
    title: str
    subject: str
    endings: tuple[Ending, ...]
    outcome: ActOutcome
    exchanges: tuple[Exchange, ...] = field(repr=False)
    facts: tuple[tuple[str, str], ...] = ()
    detail: Any = field(default=None, repr=False, compare=False)
    explain: Callable[[], tuple[Step, ...]] = field(default=no_steps, repr=False, compare=False)
    compute: Callable[[], tuple[Proof, ...]] = field(default=no_proofs, repr=False, compare=False)

    @property
    def why(self) -> tuple[str, ...]:
        """What led to the ending."""
        return tuple(reason for ending in self.endings for reason in ending.why)

    @property
    def headline(self) -> str:
        """What happened, who decided, in which exchange and why, in one line."""
        return headline_of([self])

    @property
    def steps(self) -> tuple[Step, ...]:
        """The parts of the act, each with its exchanges and what is to be said of them."""
        return self.explain()

    @property
    def proofs(self) -> tuple[Proof, ...]:
        """What the act claims, computed again."""
        return self.compute()


def headline_of(group: Sequence[Act]) -> str:
    """One line for acts that ended alike: what, how it ended, the number of each exchange that decided, and why."""
    return headline_line(group[0].subject, [act.endings for act in group])


def headline_line(subject: str, endings: Sequence[tuple[Ending, ...]]) -> str:
    """The line for a subject whose acts ended in the same words, each with its own bytes."""
    first = endings[0]
    parts = []
    for place, ending in enumerate(first):
        shown = [each[place].evidence for each in endings]
        numbers = [evidence.exchange for evidence in shown if evidence]
        parts.append(ending.text + _in_exchanges(numbers))
    words = ", then ".join(part for part in parts if part)
    line = f"{subject}: {words}" if words else subject
    why = [reason for ending in first for reason in ending.why]
    if why:
        line += f": {'; '.join(why)}"
    return line


def _in_exchanges(numbers: Sequence[int]) -> str:
    if not numbers:
        return ""
    if len(numbers) == 1:
        return f" in exchange {numbers[0]}"
    text = ", ".join(map(str, numbers[:MAX_PLACES]))
    if len(numbers) > MAX_PLACES:
        text += f" and {len(numbers) - MAX_PLACES} more"
    return f" in exchanges {text}"


def alike(acts: Iterable[Act]) -> list[list[Act]]:
    """Acts about the same that ended for the same reasons, in the order of time."""
    groups: dict[tuple[object, ...], list[Act]] = {}
    for act in acts:
        texts = tuple(ending.text for ending in act.endings)
        groups.setdefault((act.kind, act.subject, texts, act.why), []).append(act)
    return list(groups.values())
