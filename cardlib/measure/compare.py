# SPDX-License-Identifier: MIT
"""Two captures compared by meaning: what is missing, added, changed, slower or repeated in the second.

What differs in every two transactions (an unpredictable number, a counter, a cryptogram, a date, a length) is counted
and folded away, unless all is asked for. Where it does not differ as it should, it is told: a number that was there
before, a counter that falls. In two captures of one run most of it is equal; then nothing is folded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..core.errors import CaptureError
from ..core.model import Exchange, record
from ..road.meaning import with_views
from ..road.sources import Source, exchanges_of, path_of
from .align import Pair, align
from .contrasts import Contrast, Part, contrasts
from .folding import fold, is_one_run
from .timing import FEW, SPREAD, UNUSUAL, alike, clocks_of, differ, robust

LEAST_NS, LEAST_SHARE = 200_000, 0.1  # less than that is not called slower, whatever the others did
ONE_RUN = (
    "most fresh values (numbers, counters, cryptograms) are equal: "
    "taken for one run, nothing is folded"
)
Timed = tuple[Exchange, Exchange, int, int]  # a pair, and what either answer took, in ns


@record
class Compared:
    """What differs between two captures, in the order of the first; `folded` counts what always does."""

    a: str
    b: str
    matched: int
    contrasts: tuple[Contrast, ...]
    folded: tuple[tuple[str, int], ...]
    notes: tuple[str, ...]


@with_views
def compare(a: Source, b: Source, everything: bool = False) -> Compared:
    """Align two captures and find what is missing, added, changed or slower in the second.

    `everything` folds nothing: for the two sides of one run, where nothing may differ.
    """
    pairs = align(list(exchanges_of(a)), list(exchanges_of(b)))
    slower, note = _slower(a, b, pairs)
    notes = [note]
    rows: list[Contrast] = []
    for x, y in pairs:
        rows += contrasts(x, y, everything)
        if x and y and x.index in slower:
            rows.append(slower[x.index])
    if not everything and is_one_run(rows):
        everything = True
        notes.append(ONE_RUN)
    folded: Counter[str] = Counter()
    if everything:
        rows = [contrast for contrast in rows if contrast.kind != "repeated"]
    else:
        rows, folded = fold(rows)
    matched = sum(None not in pair for pair in pairs)
    counts = tuple(folded.most_common())
    return Compared(path_of(a), path_of(b), matched, tuple(rows), counts, tuple(notes))


def _slower(a: Source, b: Source, pairs: Sequence[Pair]) -> tuple[dict[int, Contrast], str]:
    """By exchange of the first: what took longer in the second by more than the others did; and a note on all."""
    clocks = clocks_of(a), clocks_of(b)
    if clocks[0] != clocks[1] or "none" in clocks[0] or not clocks[0]:
        names = " and ".join("/".join(side) or "not said" for side in clocks)
        return {}, f"times not compared: not answerable with these clocks ({names})"
    try:
        kind, (first, second) = alike(a, b)
    except CaptureError:
        return {}, "times not compared: no answer has a duration in both"
    first_ns = {split.exchange.index: ns for split, ns in first}
    second_ns = {split.exchange.index: ns for split, ns in second}
    timed: list[Timed] = []
    for x, y in pairs:
        if x and y and x.index in first_ns and y.index in second_ns:
            timed.append((x, y, first_ns[x.index], second_ns[y.index]))
    befores = [before for _, _, before, _ in timed]
    afters = [after for _, _, _, after in timed]
    return _unusual(timed), f"time {kind}: {differ(befores, afters)}"


def _unusual(timed: Sequence[Timed]) -> dict[int, Contrast]:
    """By exchange of the first: those of which the delay is out of the common, and large enough to matter.

    Of a few nobody can say what is common.
    """
    if len(timed) < FEW:
        return {}
    _, deviation = robust([after - before for _, _, before, after in timed])
    common = UNUSUAL * SPREAD * deviation
    slower: dict[int, Contrast] = {}
    for x, y, before, after in timed:
        if after - before > max(common, LEAST_SHARE * before, LEAST_NS):
            slower[x.index] = Contrast("slower", x, a=Part(x), b=Part(y), times=(before, after))
    return slower
