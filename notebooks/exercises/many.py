# SPDX-License-Identifier: MIT
"""The exercises about many captures: 92."""

from __future__ import annotations

from pathlib import Path

from traces.makers import shop

from .engine import Solved, exercise

COUNT = 300


@exercise("92.1")
def _(traces: Path) -> Solved:
    broken = COUNT // shop.DAMAGED_EACH
    return Solved(
        broken,
        "ask the table `problems`: how many different files does it name?",
        f"{broken} captures break off; their whole exchanges are in the tables all the same",
        {0: "that many files could not be read; but a file that is read may be damaged", 1: "one in each hundred"},
    )


@exercise("92.2")
def _(traces: Path) -> Solved:
    return Solved(
        shop.RELAYED,
        "the file name holds the number: order the exchanges by duration_ns, the longest first",
        f"every answer of tap {shop.RELAYED} took {shop.RELAY_MS} ms more: somebody is in between",
        {shop.RELAYED + 1: "count as the files do, from 0", shop.RELAY_MS: "that is by how much, not which tap"},
    )


@exercise("92.3")
def _(traces: Path) -> Solved:
    first, second = shop.TWINS
    return Solved(
        second,
        "select value, count(distinct file) from elements where tag = '9F37' group by value, and look for two",
        f"taps {first} and {second} were paid with the number {shop.NUMBER}: rule E80, over all captures",
        {first: "that is the earlier one", 2: "so many share it; which is the later one?"},
    )
