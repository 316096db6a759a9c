# SPDX-License-Identifier: MIT
"""The act of a SIM with a toolkit: what it asked of the phone and got, messages for it, then what the rows tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from functools import partial

from ...core.model import Exchange, Proof, record
from ...crypto.keyring import Key
from ..act import Act, Ending, Statement, Step
from ..plain import events_of, steps_of, words_of
from . import packets
from .toolkit import Happening, happenings, is_of_toolkit

SIM = "telecom"
MAX_IN_HEADLINE = 4  # happenings in a headline


@record
class ToolkitRun:
    """What the toolkit did, and the keys that were given."""

    happenings: tuple[Happening, ...]
    keys: tuple[Key, ...] = field(default=(), repr=False)


def toolkit_act(act: Act, keys: tuple[Key, ...] | None = None) -> Act:
    """A plain act of a SIM with what its toolkit did; any other act as it is."""
    if act.application != SIM:
        return act
    run = ToolkitRun(tuple(map(_with_packet, happenings(act.exchanges))), keys or ())
    if not run.happenings:
        return act
    rest = [exchange for exchange in act.exchanges if not is_of_toolkit(exchange)]
    return replace(
        act,
        kind="toolkit",
        endings=tuple(_endings(run.happenings, rest)),
        detail=run,
        explain=partial(_steps, run, rest),
        compute=partial(_proofs, run),
    )


def _with_packet(happening: Happening) -> Happening:
    """A happening that brought a secured packet, in the words of the packet."""
    found = packets.packets_of(happening.exchanges[0])
    if found is None:
        return happening
    return replace(happening, text=packets.sentence(found))


def _endings(run: Sequence[Happening], rest: Sequence[Exchange]) -> Iterator[Ending]:
    """A part of the headline for each of the last happenings, and one for all else."""
    words = words_of(events_of(rest))
    if words:
        yield Ending("; ".join(words))
    last = run[-MAX_IN_HEADLINE:]
    if len(run) > len(last):
        yield Ending(f"{len(run) - len(last)} earlier commands and reports of the toolkit")
    for happening in last:
        yield Ending(happening.text, evidence=happening.evidence)


def _steps(run: ToolkitRun, rest: Sequence[Exchange]) -> tuple[Step, ...]:
    """What the toolkit did, one step each, then all else."""
    steps = []
    for happening in run.happenings:
        said = (Statement(happening.text, (happening.evidence,)),)
        steps.append(Step(happening.name, happening.exchanges, said))
    return (*steps, *steps_of(events_of(rest)))


def _proofs(run: ToolkitRun) -> tuple[Proof, ...]:
    """The checksums of all secured packets."""
    proofs: list[Proof] = []
    for happening in run.happenings:
        found = packets.packets_of(happening.exchanges[0])
        if found is not None:
            proofs.extend(packets.proofs(found, run.keys))
    return tuple(proofs)
