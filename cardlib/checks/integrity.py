# SPDX-License-Identifier: MIT
"""Rules about the capture itself: what can be concluded from something that is not there."""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Exchange, Side
from .engine import Case, Result, rule, whole


@rule("X0", "low", "trace integrity", "precondition of every rule that concludes from an absence")
def integrity(case: Case) -> Iterator[Result]:
    """Missing halves, missing status words, data announced and never fetched, damage: then absence proves nothing."""
    wrong = ((exchange, *_wrong(exchange)) for exchange in case.exchanges)
    found = [(detail, whole(exchange, side)) for exchange, detail, side in wrong if detail]
    gaps = sum(problem.gap for problem in case.problems)
    if not case.exchanges:
        yield Result("not-enough-data", "no exchange in this capture")
        return
    if gaps:
        yield Result("fail", f"{gaps} damaged or unreadable places, in which exchanges may be hidden")
    for detail, evidence in found[:50]:
        yield Result("fail", detail, (evidence,))
    if len(found) > 50:
        yield Result("fail", f"{len(found) - 50} more exchanges that are not whole")
    if not gaps and not found:
        last = case.exchanges[-1]
        ends = (whole(case.exchanges[0]), whole(last, "response"))
        yield Result("pass", f"{len(case.exchanges)} exchanges, each with command, answer and status word", ends)


def _wrong(exchange: Exchange) -> tuple[str, Side]:
    """What is not whole about an exchange, and in which half; empty if nothing."""
    command, response = exchange.command, exchange.response
    if command is None:
        return "an answer without its command", "response"
    if response is None:
        return "a command without an answer", "command"
    if command.error:
        return command.error, "command"
    if response.sw is None:
        return f"no status word: {response.error}", "response"
    if response.sw >> 8 == 0x61:
        return f"{response.sw & 0xFF or 256} bytes announced (61XX) and not fetched", "response"
    if response.sw >> 8 == 0x6C:
        return "wrong length (6CXX) and not repeated", "response"
    return response.error, "response"
