# SPDX-License-Identifier: MIT
"""Rules about the capture itself: what can be concluded from something that is not there."""

from __future__ import annotations

from .engine import Case, Result, Results, incomplete, rule, whole_half


@rule("X0", "low", "trace integrity", "precondition of every rule that concludes from an absence")
def integrity(case: Case) -> Results:
    """Missing halves, missing status words, data announced and never fetched, damage: then absence proves nothing.
    Where each exchange stands twice, the recorder wrote it twice.
    """
    wrong = ((exchange, *incomplete(exchange)) for exchange in case.exchanges)
    found = [(detail, whole_half(exchange, side)) for exchange, detail, side in wrong if detail]
    gaps = sum(problem.gap for problem in case.problems)
    if not case.exchanges:
        yield Result("not-enough-data", "no exchange in this capture")
        return
    if gaps:
        yield Result(
            "fail", f"{gaps} damaged or unreadable places, in which exchanges may be hidden"
        )
    for detail, evidence in found[:50]:
        yield Result("fail", detail, (evidence,))
    if len(found) > 50:
        yield Result("fail", f"{len(found) - 50} more exchanges that are not whole")
    raws = [(e.command and e.command.raw, e.response and e.response.raw) for e in case.exchanges]
    if doubled := len(set(raws)) > 2 and raws[::2] == raws[1::2]:
        yield Result("fail", "each exchange stands twice", (whole_half(case.exchanges[1]),))
    if not gaps and not found and not doubled:
        last = case.exchanges[-1]
        ends = (whole_half(case.exchanges[0]), whole_half(last, "response"))
        yield Result(
            "pass",
            f"{len(case.exchanges)} exchanges, each with command, answer and status word",
            ends,
        )
