# SPDX-License-Identifier: MIT
"""The act of a SIM with a toolkit: what it asked of the phone and got, messages for it, then what the rows tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from functools import partial

from ...apps.messages import ENVELOPE
from ...core.model import Exchange, Proof, record
from ...crypto.keyring import Key
from ..act import Act, Ending, Statement, Step
from ..plain import events_of, steps_of, words_of
from ..sim.authentication import authentications
from . import packets
from .parts import part_of
from .toolkit import Happening, happenings, is_of_toolkit, menu_before

SIM = "telecom"
MAX_IN_HEADLINE = 4  # happenings in a headline


@record
class ToolkitRun:
    """What the toolkit did, and the keys that were given."""

    happenings: tuple[Happening, ...]
    packets: tuple[packets.Packets, ...] = ()
    keys: tuple[Key, ...] = field(default=(), repr=False)


def toolkit_act(
    act: Act, keys: tuple[Key, ...] | None = None, beside: Sequence[Exchange] = ()
) -> Act:
    """A plain act of a SIM with what its toolkit did; any other act as it is.

    `beside`: the exchanges of all acts, for a menu that was set up before this one.
    """
    if act.application != SIM:
        return act
    menu = menu_before(act.exchanges[0], beside) if any(map(_is_report, act.exchanges)) else {}
    found = tuple(packets.packets_in(act.exchanges))
    by_exchange = {packet.exchange.index: packet for packet in found}
    told = [
        _with_packet(happening, by_exchange.get(happening.exchanges[0].index))
        for happening in happenings(act.exchanges, menu)
    ]
    run = ToolkitRun(tuple(told), found, keys or ())
    if not run.happenings:
        return act
    challenged = {run.exchange.index for run in authentications(act.exchanges)}  # the act of a SIM
    rest = [
        exchange
        for exchange in act.exchanges
        if not is_of_toolkit(exchange) and exchange.index not in challenged
    ]
    return replace(
        act,
        kind="toolkit",
        endings=tuple(_endings(run.happenings, rest)),
        detail=run,
        explain=partial(_steps, run, rest),
        compute=partial(_proofs, run),
    )


def _is_report(exchange: Exchange) -> bool:
    return exchange.command is not None and exchange.command.ins == ENVELOPE


def _with_packet(happening: Happening, packet: packets.Packets | None) -> Happening:
    """A happening that brought a secured packet or a part of one, in words."""
    if packet is not None:
        return replace(happening, text=packets.sentence(packet))
    part = part_of(happening.exchanges[0])
    if part is not None:
        return replace(happening, text=f"{happening.name}: {part.text}")
    return happening


def _endings(run: Sequence[Happening], rest: Sequence[Exchange]) -> Iterator[Ending]:
    """A part of the headline for each of the last happenings, and one for all else."""
    words = words_of(events_of(rest))
    if words:
        yield Ending("; ".join(words))
    last = run[-MAX_IN_HEADLINE:]
    earlier = len(run) - len(last)
    if earlier == 1:
        yield Ending("1 earlier command or report of the toolkit")
    elif earlier:
        yield Ending(f"{earlier} earlier commands and reports of the toolkit")
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
    for packet in run.packets:
        proofs.extend(packets.proofs(packet, run.keys))
    return tuple(proofs)
