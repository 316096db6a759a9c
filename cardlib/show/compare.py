# SPDX-License-Identifier: MIT
"""What differs between two captures, for people: the texts of both sides, masked, as lines and as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..core.escape import cut, escape
from ..core.model import Difference, Evidence, Exchange, Node, record
from ..measure import compare as measured
from ..measure.contrasts import Contrast, Part
from ..road.meaning import name, with_views
from ..road.sources import Source
from ..share.masking import Shown, shown
from .gist import gist
from .lines import MAX_ROWS, MAX_TEXT, NOTEBOOK, duration, fold, lines_html, more, scrolling

LONG = 16  # bytes of a value, above which only those that differ are shown
MAX_VALUE = 200  # characters of a text
MAX_RECENT = 8  # exchanges whose decoded halves are kept
COLOURS = {
    "missing": "D55E00",
    "added": "0072B2",
    "changed": "E69F00",
    "slower": "CC79A7",
    "repeated": "F0E442",
}
TITLES = ("", "where", "element", "first", "second")


@record
class Comparison:
    """What differs between two captures, in the order of the first; `folded` counts what always does."""

    a: str
    b: str
    matched: int
    differences: tuple[Difference, ...]
    folded: tuple[tuple[str, int], ...]
    notes: tuple[str, ...]

    def __iter__(self) -> Iterator[Difference]:
        return iter(self.differences)

    def __bool__(self) -> bool:
        """Whether there is a difference."""
        return bool(self.differences)

    def __str__(self) -> str:
        return fold(self.rows(), NOTEBOOK)

    __repr__ = __str__

    def rows(self) -> Iterator[str]:
        """A line for what was compared, and one for each difference."""
        rows = list(_head(self))
        for difference in self.differences[:MAX_ROWS]:
            rows.append(f"  {difference.kind:8} {_line(difference)}")
        rows += more(len(self.differences) - MAX_ROWS, "difference")
        return map(escape, rows)

    def _repr_html_(self) -> str:
        head = "<br>".join(escape(row, "html") for row in _head(self))
        titles = "".join(f"<th>{title}</th>" for title in TITLES)
        rows = "".join(_table_row(difference) for difference in self.differences[:MAX_ROWS])
        rest = lines_html(more(len(self.differences) - MAX_ROWS, "difference"))
        return f"<div>{head}</div>{scrolling(f'<tr>{titles}</tr>{rows}')}{rest}"


@with_views
def compare(a: Source, b: Source, reveal: bool = False, everything: bool = False) -> Comparison:
    """Align two captures and tell what is missing, added, changed or slower in the second.

    `everything` folds nothing: for the two sides of one run, where nothing may differ.
    """
    compared = measured.compare(a, b, everything)
    writer = _Writer(reveal)
    differences = tuple(writer.difference(contrast) for contrast in compared.contrasts)
    return Comparison(
        compared.a, compared.b, compared.matched, differences, compared.folded, compared.notes
    )


class _Writer:
    """Writes the texts of contrasts; those of one exchange, which come together, share its decoded halves."""

    def __init__(self, reveal: bool) -> None:
        self.reveal = reveal
        self._recent: dict[int, list[Shown]] = {}

    def difference(self, contrast: Contrast) -> Difference:
        """A contrast with the texts of both sides."""
        where = self._where(contrast.exchange)
        if contrast.times is not None:
            before, after = contrast.times
            return Difference(contrast.kind, where, "", duration(before), duration(after))
        return Difference(
            contrast.kind,
            where,
            contrast.element,
            self._text(contrast.a),
            self._text(contrast.b),
            _evidence(contrast.a),
            _evidence(contrast.b),
        )

    def _views(self, exchange: Exchange) -> list[Shown]:
        key = id(exchange)  # alive as long as its contrast
        if key in self._recent:
            return self._recent[key]
        if len(self._recent) >= MAX_RECENT:
            self._recent.clear()
        views = self._recent[key] = shown(exchange, self.reveal)
        return views

    def _where(self, exchange: Exchange) -> str:
        asked, _ = gist(exchange, self._views(exchange))
        return f"{exchange.index} {name(exchange)} {asked}".rstrip()

    def _text(self, part: Part | None) -> str:
        """What stands on one side: the value of an element, the bytes of a half, what an exchange answered."""
        if part is None:
            return ""
        views = self._views(part.exchange)
        if part.side is None:
            return gist(part.exchange, views)[1]
        view = next(view for view in views if view.side == part.side)
        if part.node is None:
            return view.hex
        return _value(view, part.node, part)


def _evidence(part: Part | None) -> Evidence | None:
    return part.evidence if part else None


def _value(view: Shown, node: Node, part: Part) -> str:
    """A value with its text; of a long one, the bytes that differ and where they stand in it."""
    digits, text = view.value_hex_of(node), view.text_of(node)
    size = len(node.value)
    if size > LONG:
        start, stop = part.start - node.body, part.stop - node.body
        return f"{digits[2 * start : 2 * stop]} (bytes {start}..{stop} of {size})"
    if text and text != digits:
        return f"{digits} ({text})"
    return digits


def _head(comparison: Comparison) -> Iterator[str]:
    """What was compared, how many differences of each kind, what was folded, and the notes."""
    files = f"{comparison.a or 'first'} and {comparison.b or 'second'}"
    counts = Counter(difference.kind for difference in comparison.differences)
    kinds = ", ".join(f"{counts[kind]} {kind}" for kind in COLOURS if counts[kind])
    row = f"{files}: {comparison.matched} exchanges in both; {kinds or 'no difference'}"
    yield cut(row, MAX_TEXT)
    if comparison.folded:
        total = sum(count for _, count in comparison.folded)
        elements = ", ".join(f"{element} {count} x" for element, count in comparison.folded)
        how_to_see = "they always differ (--all, everything=True shows them)"
        yield f"  {total} elements folded, {how_to_see}: {elements}"
    for note in comparison.notes:
        yield f"  {note}"


def _line(difference: Difference) -> str:
    _, where, element, a, b = _cells(difference)
    values = a or b
    if difference.kind in ("changed", "slower"):
        values = f"{a} -> {b}"
    elif difference.kind == "repeated":
        values = b
    return ": ".join(part for part in (where, element, values) if part)


def _table_row(difference: Difference) -> str:
    colour = COLOURS[difference.kind]
    cells = [
        f'<td style="text-align:left">{escape(cell, "html")}</td>' for cell in _cells(difference)
    ]
    return f'<tr style="background:#{colour}33">{"".join(cells)}</tr>'


def _cells(difference: Difference) -> tuple[str, str, str, str, str]:
    return (
        difference.kind,
        difference.where,
        difference.element,
        cut(difference.a, MAX_VALUE),
        cut(difference.b, MAX_VALUE),
    )
