# SPDX-License-Identifier: MIT
"""One place of a file damaged, in every format: what was not hit comes out byte for byte, and every byte is counted.

The laws of test_laws.py are held each time, so that no byte comes out that does not stand where its frame says.
"""

from __future__ import annotations

from collections import Counter

import pytest
from test_laws import FORMAT, Bag, checked, mutate, sample

from cardlib.core.model import Exchange
from cardlib.formats import Format

pytestmark = (
    pytest.mark.no_cover
)  # much of the same: measuring its coverage takes longer than the tests

WANTED = 0.999
SILENT = {"pcsc_scan output"}  # formats that hold no exchange
LESS = {
    "nfcsnoop": 0.99
}  # one byte tells who of the two is the card; in a log it lies in a stream with a check sum
HEADED = (
    "OpenSC debug log",
    "pcsc-spy output",
    "pcsc-spy raw log",
)  # lines about an exchange stand before its bytes


def bag(found: list[Exchange]) -> Bag:
    return Counter(
        (e.command.raw if e.command else None, e.response.raw if e.response else None)
        for e in found
    )


def place(old: bytes, new: bytes, is_text: bool) -> tuple[int, int]:
    """The bytes of `old` between what both begin and end with; of a text whole lines, and what was joined to them."""
    short = min(len(old), len(new))
    start = next((at for at in range(short) if old[at] != new[at]), short)
    stop = len(old) - next(
        (at for at in range(short - start) if old[-1 - at] != new[-1 - at]), short - start
    )
    return (
        (old.rfind(b"\n", 0, start) + 1, old.find(b"\n", stop) + 1 or len(old))
        if is_text
        else (start, stop)
    )


def untouched(one: Format, whole: list[Exchange], start: int, stop: int) -> list[Exchange]:
    """The exchanges that damage did not hit: it does not lie in them, nor between their first and their last byte.

    Between the two nobody knows what it hides.
    """
    ends = [0, *(e.frames[-1].stop for e in whole)]
    begins = ends if one.NAME in HEADED else [e.frames[0].start for e in whole]
    rows = zip(whole, begins, ends[1:], strict=False)
    return [e for e, begin, end in rows if end <= start or begin >= max(stop, start + 1)]


def law(one: Format, data: bytes, seeds: range) -> tuple[int, int, int]:
    """In how many mutations something came out, how many exchanges were not hit, and how many of those were lost.

    Nothing raises, and every byte is counted.
    """
    whole, yielding, total, missing = checked(one, data)[0], 0, 0, 0
    for seed in seeds:
        changed = mutate(data, seed)
        found, frames = checked(one, changed)
        away = untouched(one, whole, *place(data, changed, is_text=b"\0" not in data))
        total, missing = total + len(away), missing + (bag(away) - bag(found)).total()
        yielding += bool(found or frames)
    return yielding, total, missing


@FORMAT
def test_what_was_not_hit_is_not_lost(one: Format) -> None:
    yielding, away, missing = law(one, sample(one), range(30))
    assert yielding > 27 and missing <= away * (1 - LESS.get(one.NAME, WANTED))
    assert away > 30 or one.NAME in SILENT


@pytest.mark.long
@FORMAT
def test_what_was_not_hit_is_not_lost_often(one: Format) -> None:
    yielding, away, missing = law(one, sample(one), range(20_000))
    assert yielding > 19_000 and missing <= away * (1 - LESS.get(one.NAME, WANTED))
    assert away > 20_000 or one.NAME in SILENT
