# SPDX-License-Identifier: MIT
"""Two captures side by side: which exchange of the one stands beside which of the other, and the bytes that differ."""

from __future__ import annotations

from ...core.model import Capture
from ...measure.align import align
from ...measure.compare import Compared, compare
from ...measure.contrasts import Contrast, Part
from ..lines import duration
from .chunk import Data, Say, plain

MAX_CHANGES = 20_000


def pairs_chunk(first: Capture, second: Capture, say: Say) -> Data:
    """The pairs [a, b] of exchanges, -1 for none; and what differs.

    A change is {kind, pair, element, a, b}; `a` and `b` are bytes [exchange, side, start, stop] or null, and `times`
    what either answer took.
    """
    pairs = align(list(first.exchanges), list(second.exchanges))
    numbers = []
    place_in_first, place_in_second = {}, {}
    for place, (a, b) in enumerate(pairs):
        numbers.append([a.index if a else -1, b.index if b else -1])
        if a:
            place_in_first[a.index] = place
        if b:
            place_in_second[b.index] = place
    compared = compare(first, second)
    changes = []
    for contrast in compared.contrasts[:MAX_CHANGES]:
        places = place_in_second if contrast.kind == "added" and not contrast.a else place_in_first
        if contrast.a is None and contrast.b is not None and contrast.element:
            places = place_in_first
        changes.append(_change(contrast, places.get(contrast.exchange.index, -1), say))
    return {
        "pairs": numbers,
        "changes": changes,
        "notes": _notes(compared, say),
        "more": max(len(compared.contrasts) - MAX_CHANGES, 0),
    }


def _notes(compared: Compared, say: Say) -> list[str]:
    """What was folded, and what is said of the times."""
    notes = [plain(say(note)) for note in compared.notes]
    if compared.folded:
        total = sum(count for _, count in compared.folded)
        elements = ", ".join(f"{element} {count} x" for element, count in compared.folded)
        notes.append(plain(f"{total} elements that always differ are not marked: {elements}"))
    return notes


def _change(contrast: Contrast, pair: int, say: Say) -> Data:
    row: Data = {
        "kind": contrast.kind,
        "pair": pair,
        "element": plain(say(contrast.element)),
        "a": _place(contrast.a),
        "b": _place(contrast.b),
    }
    if contrast.times is not None:
        row["times"] = [duration(ns) for ns in contrast.times]
    return row


def _place(part: Part | None) -> list[object] | None:
    if part is None or part.evidence is None:
        return None
    place = part.evidence
    return [place.exchange, place.side, place.start, place.stop]
