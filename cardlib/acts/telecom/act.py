# SPDX-License-Identifier: MIT
"""The act of a SIM: how a phone starts with it, its authentications, then what the rows tell; proofs with keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from functools import partial

from ...core.escape import counted
from ...core.model import Exchange, Proof, record
from ...crypto.keyring import Key
from ..act import Act, ActOutcome, Ending, Statement, Step
from ..plain import events_of, steps_of, words_of
from .authentication import Authentication, Outcome, authentications
from .boot import boot_statements, boot_words
from .proofs import proofs, sim_keys

SIM = "telecom"  # the data file of SIM and UICC
_WORDS = {"success": "successful", "no answer": "without an answer"}
_OUTCOMES: dict[str, ActOutcome] = {"success": "done", "no answer": "unknown"}


@record
class SimRun:
    """What a SIM did: its authentications, and the keys of SIMs that were given."""

    authentications: tuple[Authentication, ...]
    keys: tuple[Key, ...] = field(default=(), repr=False)


def telecom_act(act: Act, keys: tuple[Key, ...] | None = None) -> Act:
    """A plain act of a SIM that started or authenticated; any other act as it is."""
    if act.application != SIM:
        return act
    runs = tuple(authentications(act.exchanges))
    started = boot_words(act.exchanges)
    if not runs and not started:
        return act
    sim_run = SimRun(runs, tuple(sim_keys(keys or ())))
    taken = {run.exchange.index for run in runs}
    rest = [exchange for exchange in act.exchanges if exchange.index not in taken]
    outcome = act.outcome
    if runs and act.exchanges[-1].index in taken:
        outcome = _OUTCOMES.get(runs[-1].outcome, "refused")
    return replace(
        act,
        kind="sim",
        endings=tuple(_endings(started, runs, rest)),
        outcome=outcome,
        detail=sim_run,
        explain=partial(_steps, act.exchanges, runs, rest),
        compute=partial(_proofs, sim_run),
    )


def _endings(
    started: Sequence[str], runs: Sequence[Authentication], rest: Sequence[Exchange]
) -> Iterator[Ending]:
    """A part of the headline for the start, one for the authentications, and one for what the rows tell."""
    if started:
        yield Ending(", ".join(started))
    if len(runs) == 1:
        yield Ending(runs[0].text, evidence=runs[0].evidence)
    elif runs:
        counts = Counter(run.outcome for run in runs)
        parts = [_counted(number, outcome) for outcome, number in counts.items()]
        text = f"{counted(len(runs), 'authentication')}: {', '.join(parts)}"
        yield Ending(text, evidence=runs[-1].evidence)
    words = words_of(events_of(rest))
    if words and not (started and _are_counts(words)):
        yield Ending("; ".join(words))


def _are_counts(words: Sequence[str]) -> bool:
    """Whether rows had no words of their own, so that only files and commands were counted."""
    return all(word.endswith((" read", " written", "command", "commands")) for word in words)


def _counted(number: int, outcome: Outcome) -> str:
    if outcome.endswith("failure"):
        return counted(number, outcome)
    return f"{number} {_WORDS.get(outcome, outcome)}"


def _steps(
    exchanges: Sequence[Exchange], runs: Sequence[Authentication], rest: Sequence[Exchange]
) -> tuple[Step, ...]:
    steps = [Step("the card and its files", (), tuple(boot_statements(exchanges)))]
    steps.extend(steps_of(events_of(rest)))
    if not runs:
        return tuple(steps)
    said = tuple(Statement(run.text, (run.evidence,), _agrees(run)) for run in runs)
    challenged = tuple(run.exchange for run in runs)
    return (*steps, Step("authentication", challenged, said))


def _agrees(run: Authentication) -> bool | None:
    """Whether network and card agreed; nobody knows without an answer."""
    if run.outcome == "no answer":
        return None
    return run.outcome == "success"


def _proofs(sim_run: SimRun) -> tuple[Proof, ...]:
    if not sim_run.keys:
        return ()
    return tuple(proofs(sim_run.authentications, sim_run.keys))
