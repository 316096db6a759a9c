# SPDX-License-Identifier: MIT
"""What happened, for people: an act step by step, and what a capture comes to in a line or two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..acts import Act, Step, acts, alike, headline_of
from ..core.escape import counted
from ..core.model import Capture, Proof
from ..share.veil import Veil
from .exchanges import line
from .lines import WIDTH, marked, more, places

MAX_EACH = 40  # exchanges, and statements, of a step; proofs
MAX_OUTCOMES = 10
INDENT = "   "
AGREES = {True: "ok", False: "!!", None: " -"}
PROVEN = {"verified": "ok", "failed": "!!", "not checkable": " -"}


def explained(act: Act, reveal: bool, width: int = WIDTH) -> Iterator[str]:
    """An act step by step: its exchanges, what was done or decided and by which bytes (!!: a disagreement); proofs."""
    return Veil(act.exchanges, reveal).over_all(_explained(act, reveal, width))


def _explained(act: Act, reveal: bool, width: int) -> Iterator[str]:
    yield marked("=> ", act.headline)
    for number, step in enumerate(act.steps, 1):
        yield f"{number:>2} {step.name}"
        yield from _step(step, reveal, width - len(INDENT))
    yield from _computed_again(act)


def _step(step: Step, reveal: bool, width: int) -> Iterator[str]:
    for exchange in step.exchanges[:MAX_EACH]:
        yield INDENT + line(exchange, reveal, False, width)
    yield from more(len(step.exchanges) - MAX_EACH)
    for statement in step.said[:MAX_EACH]:
        mark = f"{INDENT}{AGREES[statement.agrees]} "
        yield marked(mark, statement.text + places(statement.evidence))
    yield from more(len(step.said) - MAX_EACH, "statement")


def _computed_again(act: Act) -> Iterator[str]:
    computed = act.proofs
    if not computed:
        return
    yours = "your keys, then " if act.detail.keys else ""
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
    """How each act of a capture ended, like ones counted, payments first; what the capture has instead of acts."""
    events = acts(capture)
    payments = [act for act in events if act.kind == "payment"]
    others = [act for act in events if act.kind != "payment"]
    yield from _headlines([*payments, *others])
    if not capture.exchanges:
        yield from _only_frames(capture)


def _headlines(events: Sequence[Act]) -> Iterator[str]:
    groups = alike(events)
    for group in groups[:MAX_OUTCOMES]:
        times = f"{len(group)} x " if len(group) > 1 else ""
        yield marked("  => ", times + headline_of(group))
    yield from more(len(groups) - MAX_OUTCOMES, "outcome")


def _only_frames(capture: Capture) -> Iterator[str]:
    count = sum(len(session.frames) for session in capture.sessions)
    if count:
        frames = counted(count, "frame")
        yield f"  => no commands and answers (APDUs) in this capture, only {frames} of layers below"
