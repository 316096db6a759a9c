# SPDX-License-Identifier: MIT
"""Two captures side by side, aligned by meaning: application, command, file or record, data element; not by line.

What differs in every two transactions (an unpredictable number, a counter, a cryptogram, a date, a length) is counted
and folded away, unless all is asked for. Where it does not differ as it should, it is told: a number that was there
before, a counter that falls. In two captures of one run most of it is equal; then nothing is folded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from ..acts.emv.fresh import MAY_REPEAT, Told, folded, follows, is_fresh, is_one_run
from ..acts.emv.transaction import exchanges_of
from ..apps import emv, iso7816
from ..core.codec import to_hex
from ..core.errors import CaptureError
from ..core.escape import cut, escape
from ..core.model import Capture, Difference, Evidence, Exchange, Node, Session, record
from ..measure.timing import SPREAD, UNUSUAL, alike, clocks_of, differ, robust
from ..road.pipeline import name
from ..share.masking import Shown, shown
from .text import MAX_ROWS, MAX_TEXT, duration, gist, lines_html, more

Source = Capture | Session | Iterable[Exchange]
Key = tuple[
    int, str, str, str, int
]  # session, application, command, place, and which of those with the same four
Pair = tuple[Exchange | None, Exchange | None]

LONG, MAX_VALUE = 16, 200  # bytes of a value, and characters of its text
LEAST_NS, LEAST_SHARE = 200_000, 0.1  # less than that is not called slower, whatever the others did
_COLOURS = {
    "missing": "D55E00",
    "added": "0072B2",
    "changed": "E69F00",
    "slower": "CC79A7",
    "repeated": "F0E442",
}


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
        rows = [f"  {one.kind:8} {_line(one)}" for one in self.differences[:MAX_ROWS]]
        return "\n".join(
            map(
                escape,
                [*self._head(), *rows, *more(len(self.differences) - MAX_ROWS, "difference")],
            )
        )

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head = "<br>".join(escape(row, "html") for row in self._head())
        rows = [_row(one) for one in self.differences[:MAX_ROWS]]
        titles = "".join(
            f"<th>{title}</th>" for title in ("", "where", "element", "first", "second")
        )
        rest = lines_html(more(len(self.differences) - MAX_ROWS, "difference"))
        return f"<div>{head}</div><table><tr>{titles}</tr>{''.join(rows)}</table>{rest}"

    def _head(self) -> list[str]:
        counts = Counter(one.kind for one in self.differences)
        told = (
            ", ".join(f"{counts[kind]} {kind}" for kind in _COLOURS if counts[kind])
            or "no difference"
        )
        files = f"{self.a or 'first'} and {self.b or 'second'}"
        rows = [cut(f"{files}: {self.matched} exchanges in both; {told}", MAX_TEXT)]
        if self.folded:
            told = ", ".join(f"{what} {count} x" for what, count in self.folded)
            count = sum(count for _, count in self.folded)
            rows.append(
                f"  {count} elements folded, they always differ (--all, everything=True shows them): {told}"
            )
        return [*rows, *(f"  {row}" for row in self.notes)]


def _cells(one: Difference) -> tuple[str, ...]:
    return one.kind, one.where, one.element, cut(one.a, MAX_VALUE), cut(one.b, MAX_VALUE)


def _row(one: Difference) -> str:
    cells = "".join(
        f'<td style="text-align:left">{escape(cell, "html")}</td>' for cell in _cells(one)
    )
    return f'<tr style="background:#{_COLOURS[one.kind]}33">{cells}</tr>'


def _line(one: Difference) -> str:
    _, where, element, a, b = _cells(one)
    values = (
        f"{a} -> {b}"
        if one.kind in ("changed", "slower")
        else b
        if one.kind == "repeated"
        else a or b
    )
    return ": ".join(part for part in (where, element, values) if part)


def compare(a: Source, b: Source, reveal: bool = False, everything: bool = False) -> Comparison:
    """Align two captures and tell what is missing, added, changed or slower in the second.

    `everything` folds nothing: for the two sides of one run, where nothing may differ.
    """
    first, second = list(exchanges_of(a)), list(exchanges_of(b))
    pairs = _aligned(first, second)
    slower, note = _slower(a, b, pairs)
    rows: list[Told] = []
    for x, y in pairs:
        rows += sorted(_differences(x, y, reveal, everything), key=follows)
        rows += [(slower[x.index], None, None)] if x and y and x.index in slower else []
    notes = [note]
    if not everything and is_one_run(rows):
        everything = True
        notes += [
            "most fresh values (numbers, counters, cryptograms) are equal: taken for one run, nothing is folded"
        ]
    found, hidden = folded(rows, everything)
    one, other = (source.path if isinstance(source, Capture) else "" for source in (a, b))
    matched = sum(None not in pair for pair in pairs)
    return Comparison(one, other, matched, tuple(found), tuple(hidden.most_common()), tuple(notes))


def _aligned(first: Sequence[Exchange], second: Sequence[Exchange]) -> list[Pair]:
    """Those that mean the same, in the order of the first; what only the second has, behind what it came after."""
    ours, theirs = (dict.fromkeys(e.context.aid for e in own) for own in (first, second))
    alias = dict(zip(_strangers(theirs, ours), _strangers(ours, theirs), strict=False))
    left, right = _keys(first, {}), _keys(second, alias)
    rows: dict[Key | None, list[Pair]] = {None: []}
    for key, exchange in left.items():
        rows[key] = [(exchange, right.get(key))]
    last: Key | None = None
    for key, exchange in right.items():
        if key in left:
            last = key
        else:
            rows[last].append((None, exchange))
    return [pair for own in rows.values() for pair in own]


def _strangers(own: Iterable[str], other: Iterable[str]) -> list[str]:
    """The applications that only one side has: the first of each stand in the place of one another."""
    return [aid for aid in own if aid and aid not in other and aid not in emv.DIRECTORIES]


def _keys(exchanges: Sequence[Exchange], alias: dict[str, str]) -> dict[Key, Exchange]:
    """Each exchange under what it is about; those about the same are numbered."""
    sessions: dict[int, int] = {}
    seen: Counter[tuple[int, str, str, str]] = Counter()
    found = {}
    for exchange in exchanges:
        number = sessions.setdefault(exchange.session, len(sessions))
        about = number, *_place(exchange, alias)
        found[(*about, seen[about])] = exchange
        seen[about] += 1
    return found


def _place(exchange: Exchange, alias: dict[str, str]) -> tuple[str, str, str]:
    """Application, command, and the file, record or data object that it is about, where it names one."""
    command, aid = exchange.command, exchange.context.aid
    application, what = alias.get(aid, aid) or exchange.context.application, name(exchange)
    if command is None:
        return application, what, ""
    if command.ins == iso7816.SELECT:
        chosen = to_hex(command.data)
        return "" if command.p1 == 4 else application, what, alias.get(chosen, chosen)
    names = command.ins & 0xF0 in (0xB0, 0xD0) or command.ins in (0xCA, 0xCB)
    return application, what, f"{command.p1:02X}{command.p2:02X}" if names else ""


def _differences(
    a: Exchange | None, b: Exchange | None, reveal: bool, wire: bool
) -> Iterator[Told]:
    """What differs between two exchanges of one meaning, and what should and does not."""
    if a is None or b is None:
        if here := a or b:
            text = gist(here, shown(here, reveal))[1]
            yield (
                Difference(
                    _kind(a, b), _where(here, reveal), "", text if a else "", text if b else ""
                ),
                None,
                None,
            )
        return
    views = [{view.side: view for view in shown(one, reveal)} for one in (a, b)]
    raw = [
        (
            *(half and half.raw for half in (e.command, e.response)),
            *(f.data for f in e.frames * wire),
        )
        for e in (a, b)
    ]
    where, found = _where(a, reveal), raw[0] == raw[1]
    for side in sorted(set(views[0]) | set(views[1])):
        for told in _half(a, b, views[0].get(side), views[1].get(side), where):
            found = found or told[0].kind != "repeated"
            yield told
    if not found:  # such as a length in another form, or what asks for the rest of an answer
        yield Difference("changed", where, "bytes that are no data element", "", ""), None, None


def _where(exchange: Exchange, reveal: bool) -> str:
    return (
        f"{exchange.index} {name(exchange)} {gist(exchange, shown(exchange, reveal))[0]}".rstrip()
    )


def _half(
    a: Exchange, b: Exchange, one: Shown | None, other: Shown | None, where: str
) -> Iterator[Told]:
    """The data elements of two halves, each with its like."""
    if one is None or other is None:
        if view := one or other:
            texts = view.hex if one else "", view.hex if other else ""
            yield Difference(_kind(one, other), where, view.side, *texts), None, None
        return
    left, right = _elements(one), _elements(other)
    for key in dict.fromkeys((*left, *right)):
        x, y = left.get(key), right.get(key)
        node = x or y
        same = bool(x and y and x.value == y.value)
        fresh = node is not None and is_fresh(a, node)
        if node and (not same or (fresh and (node.tag or node.name) not in MAY_REPEAT)):
            spots = _spot(a, one, x, y), _spot(b, other, y, x)
            told = (
                f"{node.tag} {node.name}".strip(),
                _value(one, x, spots[0]),
                _value(other, y, spots[1]),
            )
            difference = Difference("repeated" if same else _kind(x, y), where, *told, *spots)
            yield difference, x.value if x and fresh else None, y.value if y and fresh else None


def _kind(one: object, other: object) -> str:
    return "changed" if one and other else "missing" if one else "added"


def _elements(view: Shown) -> dict[tuple[str, int], Node]:
    """The data elements of a half that hold no other, and bytes without a tag: by tag or name, and number."""
    found: dict[tuple[str, int], Node] = {}
    seen = Counter[str]()
    stack = [*reversed(view.node.children)]
    while stack:
        node = stack.pop()
        if any(below.tag for _, below in node.walk()):
            stack.extend(reversed(node.children))
        elif node.buf is view.node.buf:
            key = node.tag or node.name
            found[key, seen[key]] = node
            seen[key] += 1
    return found


def _spot(
    exchange: Exchange, view: Shown, node: Node | None, other: Node | None
) -> Evidence | None:
    """The bytes of an element that differ from those of its like; all of it where the lengths differ too."""
    if node is None:
        return None
    start, stop = node.body, node.stop
    if other and len(node.value) == len(other.value) and node.value != other.value:
        unlike = [
            at for at, (x, y) in enumerate(zip(node.value, other.value, strict=True)) if x != y
        ]
        start, stop = start + unlike[0], start + unlike[-1] + 1
    return Evidence(exchange.index, view.side, start, stop)


def _value(view: Shown, node: Node | None, spot: Evidence | None) -> str:
    """A value with its text; of a long one, the bytes that differ and where they stand in it."""
    if node is None or spot is None:
        return ""
    digits, text = view.value_hex_of(node), view.text_of(node)
    if len(node.value) > LONG:
        start, stop = spot.start - node.body, spot.stop - node.body
        return f"{digits[2 * start : 2 * stop]} (bytes {start}..{stop} of {len(node.value)})"
    return f"{digits} ({text})" if text and text != digits else digits


def _slower(a: Source, b: Source, pairs: Sequence[Pair]) -> tuple[dict[int, Difference], str]:
    """By exchange of the first: the answers that took longer in the second by more than the others did."""
    clocks = clocks_of(a), clocks_of(b)
    if clocks[0] != clocks[1] or "none" in clocks[0] or not clocks[0]:
        told = " and ".join("/".join(own) or "not said" for own in clocks)
        return {}, f"times not compared: not answerable with these clocks ({told})"
    try:
        said, found = alike(a, b)
    except CaptureError:
        return {}, "times not compared: no answer has a duration in both"
    left, right = ({one.exchange.index: ns for one, ns in own} for own in found)
    both = [
        (x, left[x.index], right[y.index])
        for x, y in pairs
        if x and y and x.index in left and y.index in right
    ]
    limit = (
        UNUSUAL * SPREAD * robust([after - before for _, before, after in both])[1] if both else 0
    )
    slower = {
        x.index: Difference("slower", _where(x, False), "", duration(before), duration(after))
        for x, before, after in both
        if after - before > max(limit, LEAST_SHARE * before, LEAST_NS)
    }
    shift = differ([before for _, before, _ in both], [after for _, _, after in both])
    return slower, f"time {said}: {shift}"
