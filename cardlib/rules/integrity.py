# SPDX-License-Identifier: MIT
"""Rules about the capture itself: what can be concluded from something that is not there."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.model import Evidence, Exchange
from .engine import Case, Result, Results, incomplete, rule, whole_half

MAX_SHOWN = 20
MAX_PLACES = 5


@rule("X0", "low", "trace integrity", "precondition of every rule that concludes from an absence")
def integrity(case: Case) -> Results:
    """Missing halves, missing status words, data announced and never fetched, damage: then absence proves nothing.
    Where each exchange stands twice, the recorder wrote it twice.
    """
    exchanges = case.exchanges
    if not exchanges:
        yield Result("not-enough-data", "no exchange in this capture")
        return
    gaps = [problem for problem in case.problems if problem.gap]
    if gaps:
        detail = f"{len(gaps)} damaged or unreadable places, in which exchanges may be hidden"
        places = [problem.place for problem in gaps[:MAX_PLACES] if problem.place]
        if places:
            more = ", ..." if len(gaps) > MAX_PLACES else ""
            detail += f": {', '.join(places)}{more}"
        yield Result("fail", detail)
    faults = _faults(exchanges)
    for detail, evidence in faults[:MAX_SHOWN]:
        yield Result("fail", detail, (evidence,))
    if len(faults) > MAX_SHOWN:
        yield Result("fail", f"{len(faults) - MAX_SHOWN} more exchanges that are not whole")
    doubled = _recorded_twice(exchanges)
    if doubled:
        yield Result("fail", "each exchange stands twice", (whole_half(exchanges[1]),))
    if not gaps and not faults and not doubled:
        detail = f"{len(exchanges)} exchanges, each with command, answer and status word"
        ends = (whole_half(exchanges[0]), whole_half(exchanges[-1], "response"))
        yield Result("pass", detail, ends)


def _faults(exchanges: Sequence[Exchange]) -> list[tuple[str, Evidence]]:
    """What is not whole about an exchange, and its half, for each that is not."""
    faults = []
    for exchange in exchanges:
        reason, side = incomplete(exchange)
        if reason:
            faults.append((reason, whole_half(exchange, side)))
    return faults


def _recorded_twice(exchanges: Sequence[Exchange]) -> bool:
    """Whether each exchange is followed by its like, and there are more than two different ones."""
    raw_pairs = []
    for exchange in exchanges:
        command, response = exchange.command, exchange.response
        raw_pairs.append((command and command.raw, response and response.raw))
    return len(set(raw_pairs)) > 2 and raw_pairs[::2] == raw_pairs[1::2]
