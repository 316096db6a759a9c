# SPDX-License-Identifier: MIT
"""The whole PC/SC stack: pyscard, daemon, virtual reader and a replayed card in a process of its own.

Without and with the recorder, against the same card asked in this process. Equal answers are asserted first.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import harness

import cardlib
from cardlib.live import stack
from cardlib.live.record import has_pyscard, opened
from cardlib.live.replay import Replay

TRACE = Path(__file__).resolve().parent.parent / "traces" / "contact_purchase.card.jsonl"
RATE, ADDED = 2000, 0.3
Ask = Callable[[bytes], Any]


def transmitted(connection: Any) -> Ask:
    """Ask as a program does: pyscard's lists of numbers."""
    return lambda command: connection.transmit(list(command))


def plain(answer: Any) -> bytes:
    """An answer as bytes, whichever way it came."""
    return answer if isinstance(answer, bytes) else bytes([*answer[0], answer[1], answer[2]])


def timed(ask: Ask, commands: list[bytes]) -> list[float]:
    """Milliseconds of each exchange."""
    found = []
    for command in commands:
        began = time.perf_counter()
        ask(command)
        found.append(1000 * (time.perf_counter() - began))
    return found


def show(name: str, rounds: list[list[float]]) -> float:
    """One line; the median of all exchanges in ms."""
    rate = statistics.median(1000 * len(times) / sum(times) for times in rounds)
    all_times = sorted(time for times in rounds for time in times)
    median, high = statistics.median(all_times), all_times[len(all_times) * 99 // 100]
    print(f"  {name:38} {rate:9.0f} exchanges/s  median {median:.3f} ms  99 % below {high:.3f} ms")
    return median


def measure(connection: Any, commands: list[bytes], rounds: int) -> None:
    """The three ways in turn, after a round to warm up."""
    here, there = Replay(cardlib.read(TRACE)), transmitted(connection)
    here.power_on()
    found: dict[str, list[list[float]]] = {
        "in process": [],
        "whole stack": [],
        "whole stack, recorded": [],
    }
    for turn in range(rounds + 1):
        with tempfile.TemporaryDirectory() as folder:
            made = [timed(here.answer, commands), timed(there, commands)]
            with cardlib.record(connection, Path(folder) / "bench.card.jsonl"):
                made.append(timed(there, commands))
        for kept, times in zip(found.values(), made, strict=True):
            kept.extend([times] if turn else [])
    inside, outside, recorded = (show(name, times) for name, times in found.items())
    print(f"  {'added by stack, over in process':38} {outside - inside:9.3f} ms, the median")
    print(f"  {'added by the recorder':38} {recorded - outside:9.3f} ms, the median; aim {ADDED}")


def main() -> None:
    given = harness.options(__doc__ or "", count=4000, rounds=5)
    harness.begin("PC/SC: a replayed card through the whole stack, recorded or not", "pyscard")
    why = "pyscard is not installed" if not has_pyscard() else stack.missing()
    if why:
        print(f"  not measured: {why}")
        return
    exchanges = cardlib.read(TRACE).exchanges
    asked = [
        frame.data
        for exchange in exchanges
        for frame in exchange.frames
        if frame.sender == "reader"
    ]
    commands = list(islice(cycle(asked), given.count))
    replayed = stack.Stack([sys.executable, "-m", "cardlib.cli", "replay", str(TRACE)])
    with (
        replayed,
        opened("Virtual PCD 00 00") as connection,
        tempfile.TemporaryDirectory() as folder,
    ):
        card, through = Replay(cardlib.read(TRACE)), transmitted(connection)
        card.power_on()
        path = Path(folder) / "equal.card.jsonl"
        with cardlib.record(connection, path):
            for command in commands:
                answer, wanted = plain(through(command)), card.answer(command)
                assert answer == wanted, (
                    f"{command.hex()}: {answer.hex()} through the stack, {wanted.hex()} in process"
                )
        kept = [
            frame
            for e in cardlib.read(path).exchanges
            for frame in e.frames
            if frame.kind == "apdu"
        ]
        assert [frame.data for frame in kept if frame.sender == "reader"] == commands, (
            "the recorder has other commands"
        )
        print(
            f"  equal answers: {len(commands)} exchanges, in process, through the stack, and in the recording"
        )
        if given.rounds:
            print(
                f"  daemon with --apdu --debug; card in a process of its own; aim {RATE} exchanges/s"
            )
            measure(connection, commands, given.rounds)


if __name__ == "__main__":
    main()
