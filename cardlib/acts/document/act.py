# SPDX-License-Identifier: MIT
"""The act of a travel document: which protocol opened it, what was read and how fast, what it proves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from functools import partial

from ...apps.instructions import accepted
from ...core.escape import counted
from ...core.model import Evidence, Exchange, Proof, record
from ...crypto.keyring import Key
from ...road.unlock import gives_new_keys, in_clear
from ..act import Act, Ending, Statement, Step, whole_answer
from ..plain import events_of, steps_of
from ..profile import profile_steps
from .checks import document_proofs
from .reads import Access, FileRead, access_of, challenges, file_reads, shut

DOCUMENT = "emrtd"
_MILLION = 1_000_000


@record
class DocumentRun:
    """How a document was opened, what of it was read, what it answered, and the keys that were given."""

    access: Access | None
    reads: tuple[FileRead, ...]
    answers: tuple[Exchange, ...]
    shut: tuple[Exchange, ...]
    keys: tuple[Key, ...] = field(default=(), repr=False)
    exchanges: tuple[Exchange, ...] = field(default=(), repr=False)


def document_act(
    act: Act, keys: tuple[Key, ...] | None = None, beside: Sequence[Exchange] = ()
) -> Act:
    """A plain act of a travel document with what was read and proved; any other act as it is.

    `beside` are other exchanges of the capture: PACE comes before the application is selected.
    """
    if act.application != DOCUMENT:
        return act
    first = act.exchanges[0]
    before = [
        exchange
        for exchange in beside
        if exchange.session == first.session and exchange.index < first.index
    ]
    run = DocumentRun(
        access_of(act.exchanges, before),
        tuple(file_reads(act.exchanges)),
        tuple(challenges(act.exchanges)),
        tuple(shut(act.exchanges)),
        keys or (),
        (*before, *act.exchanges),
    )
    if run.access is None and not run.reads and not run.shut:
        return act
    return replace(
        act,
        kind="document",
        endings=tuple(_endings(run, act)),
        detail=run,
        explain=partial(_steps, act, run),
        compute=partial(_proofs, run),
    )


def _endings(run: DocumentRun, act: Act) -> Iterator[Ending]:
    """The parts of the headline."""
    words = []
    if run.access:
        outcome = "opened with" if run.access.went_well else "not opened with"
        words.append(f"{outcome} {run.access.protocol}")
    if run.reads:
        words.append(f"{_names(run.reads)} read")
    if run.shut:
        words.append(f"{counted(len(run.shut), 'command')} under secure messaging, not opened")
    if run.answers:
        words.append("active authentication answered")
    if any(_has_new_keys(exchange) for exchange in act.exchanges):
        words.append("chip authentication answered")
    span = _span(act.exchanges)
    if span:
        words.append(f"{span / 1000 / _MILLION:.2f} s")
    yield Ending("; ".join(words))


def _has_new_keys(exchange: Exchange) -> bool:
    """Whether this ends chip authentication, as far as it was opened."""
    clear = in_clear(exchange)
    if clear is exchange or clear.command is None or clear.response is None:
        return False
    return gives_new_keys(clear.command) and accepted(clear.response)


def _names(reads: Sequence[FileRead]) -> str:
    """The files that were read, each once; what was not read to its end is marked."""
    names: dict[str, str] = {}
    for read in reads:
        title = read.name.removeprefix("EF.")
        if not read.is_whole:
            title += " (not to its end)"
        names[read.name] = title
    return ", ".join(names.values())


def _span(exchanges: Sequence[Exchange]) -> int:
    """Nanoseconds from the first command to the last answer; 0 where there are no times."""
    first, last = exchanges[0].start_ns, exchanges[-1].end_ns
    if first is None or last is None:
        return 0
    return last - first


def _steps(act: Act, run: DocumentRun) -> tuple[Step, ...]:
    """Access, files, then what else was done."""
    steps = []
    taken: set[int] = set()
    if run.access:
        outcome = "opened the chip" if run.access.went_well else "did not open the chip"
        said = Statement(f"{run.access.protocol} {outcome}", _answers(run.access.exchanges[-1:]))
        steps.append(Step("access", run.access.exchanges, (said,)))
        taken |= {exchange.index for exchange in run.access.exchanges}
    if run.reads:
        reading = tuple(exchange for read in run.reads for exchange in read.exchanges)
        said_of_files = tuple(_said_of(read) for read in run.reads)
        steps.append(Step("reading", reading, said_of_files))
        taken |= {exchange.index for exchange in reading}
    rest = [exchange for exchange in act.exchanges if exchange.index not in taken]
    steps.extend(steps_of(events_of(rest)))
    steps.extend(profile_steps(events_of(act.exchanges)))
    return tuple(steps)


def _said_of(read: FileRead) -> Statement:
    """How much of a file was read, in how many commands, how fast."""
    size = len(read.content)
    words = [f"{read.name}: {counted(size, 'byte')}"]
    if not read.is_whole and read.declared:
        words[0] += f" of {read.declared}"
    words.append(f"in {counted(len(read.exchanges), 'command')}")
    duration = read.duration_ns
    if duration:
        rate = size * _MILLION / duration
        words.append(f"{duration / _MILLION:.0f} ms, {rate:.1f} kB/s")
    return Statement(", ".join(words), _answers(read.exchanges))


def _answers(exchanges: Sequence[Exchange]) -> tuple[Evidence, ...]:
    return tuple(whole_answer(exchange) for exchange in exchanges if exchange.response)


def _proofs(run: DocumentRun) -> tuple[Proof, ...]:
    return tuple(document_proofs(run.reads, run.answers, run.keys, run.exchanges))
