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


def sim_act(act: Act, keys: tuple[Key, ...] | None = None) -> Act:
    """An act of a SIM that started or authenticated, with that before what it tells already; any other as it is."""
    if act.application != SIM:
        return act
    runs = tuple(authentications(act.exchanges))
    started = boot_words(act.exchanges)
    if not runs and not started:
        return act
    sim_run = SimRun(runs, tuple(sim_keys(keys or ())))
    rest = _without(act, runs)
    outcome = act.outcome
    if runs and act.exchanges[-1].index == runs[-1].exchange.index:
        outcome = _OUTCOMES.get(runs[-1].outcome, "refused")
    return replace(
        rest,
        kind="sim" if act.kind == "plain" else act.kind,
        endings=tuple(_endings(started, runs, rest)),
        outcome=outcome,
        exchanges=act.exchanges,
        detail=act.detail or sim_run,
        explain=partial(_steps, act.exchanges, runs, rest),
        compute=partial(_proofs, sim_run, act),
    )


def _without(act: Act, runs: Sequence[Authentication]) -> Act:
    """A plain act without the exchanges of its authentications; one with a procedure of its own as it is."""
    if act.kind != "plain":
        return act
    taken = {run.exchange.index for run in runs}
    events = events_of(exchange for exchange in act.exchanges if exchange.index not in taken)
    words = words_of(events)
    return replace(
        act, endings=(Ending("; ".join(words)),), explain=lambda: tuple(steps_of(events))
    )


def _endings(started: Sequence[str], runs: Sequence[Authentication], rest: Act) -> Iterator[Ending]:
    """A part of the headline for the start, one for the authentications, and what the act tells already."""
    if started:
        yield Ending(", ".join(started))
    if len(runs) == 1:
        yield Ending(runs[0].text, evidence=runs[0].evidence)
    elif runs:
        counts = Counter(run.outcome for run in runs)
        parts = [_counted(number, outcome) for outcome, number in counts.items()]
        text = f"{counted(len(runs), 'authentication')}: {', '.join(parts)}"
        yield Ending(text, evidence=runs[-1].evidence)
    for ending in rest.endings:
        words = ending.text.split("; ")
        if ending.text and not (started and _are_counts(words)):
            yield ending


def _are_counts(words: Sequence[str]) -> bool:
    """Whether rows had no words of their own, so that only files and commands were counted."""
    return all(word.endswith((" read", " written", "command", "commands")) for word in words)


def _counted(number: int, outcome: Outcome) -> str:
    if outcome.endswith("failure"):
        return counted(number, outcome)
    return f"{number} {_WORDS.get(outcome, outcome)}"


def _steps(
    exchanges: Sequence[Exchange], runs: Sequence[Authentication], rest: Act
) -> tuple[Step, ...]:
    steps = []
    statements = boot_statements(exchanges)
    if statements:
        steps.append(Step("the card and its files", (), tuple(statements)))
    steps.extend(rest.steps)
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


def _proofs(sim_run: SimRun, act: Act) -> tuple[Proof, ...]:
    """Those of the authentications, where keys of SIMs are given, and those that the act has already."""
    if not sim_run.keys:
        return act.proofs
    return (*proofs(sim_run.authentications, sim_run.keys), *act.proofs)
