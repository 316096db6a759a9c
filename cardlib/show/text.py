# SPDX-License-Identifier: MIT
"""Everything as text, through one escape function and one mask. Output is bounded, a line of a dialogue is cut to fit.

Whatever a card says is text written by a stranger: `escape` is the only way out.
"""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import singledispatch
from typing import Any

from ..acts.emv.proofs import proofs
from ..acts.emv.transaction import Transaction, alike, headline_of, transactions
from ..apps import facts_of, iso7816
from ..core.activation import activation_node
from ..core.atr import describe_card
from ..core.codec import to_hex
from ..core.dictionary import aid_name, status_text
from ..core.escape import cut, escape
from ..core.model import Capture, Evidence, Exchange, Finding, Frame, Node, Proof, Session
from ..measure.timing import MEANING
from ..road.pipeline import name
from ..road.search import Hit
from ..share.masking import Shown, frame_note, revealed, shown, shown_node

__all__ = ["Hits", "brief", "escape", "line", "revealed", "summary", "text"]

MAX_ROWS, MAX_TEXT, MAX_NODES, MAX_INDENT, MAX_PHASE, MAX_PLACES = 200, 400, 1000, 32, 40, 8
WIDTH = 110  # columns of a notebook or a page
FOLDED = "font:90% monospace;white-space:pre-wrap;overflow-wrap:anywhere;padding-left:4em;text-indent:-4em"
_MARK = re.compile(
    r"^ {0,9}(=>|!!|ok|-|card: |[A-Z-]{4,15} {1,12})  ?(?=\S)|^[A-Z-]{4,16} {1,12}(?=\S)"
)
_TELLING = ("P1", "P2", "DF name (AID)", "file identifier", "path")
_PROVEN = {"verified": True, "failed": False}
_FITS = {True: "ok", False: "!!", None: " -"}
_UNSURE = "  ? beside a number: what is selected is not known (the capture starts in the middle, or after damage)"


def duration(ns: float | None) -> str:
    """A duration for a person: "12.3 ms"; empty where the clock does not know."""
    if ns is None:
        return ""
    return f"{ns / 1e6:.1f} ms" if ns < 1_000_000_000 else f"{ns / 1e9:.2f} s"


def gist(exchange: Exchange, views: list[Shown]) -> tuple[str, str]:
    """What matters in the command, and in the answer, in a few words each."""
    asked = next((_asked(exchange, view) for view in views if view.side == "command"), "")
    answered = next(
        (_answered(exchange, view) for view in views if view.side == "response"), "no answer"
    )
    return asked, answered


def _asked(exchange: Exchange, view: Shown) -> str:
    told = {node.name: view.text_of(node) for node in view.node.children if node.name in _TELLING}
    named = next((told[key] for key in _TELLING[2:] if key in told), "")
    named = named or ", ".join(
        f"{node.tag} {node.name}".strip()
        for path, node in view.node.walk()
        if path.startswith("5C/")
    )
    return named or _place(exchange) or ", ".join(filter(None, (told.get("P1"), told.get("P2"))))


def _place(exchange: Exchange) -> str:
    """What GET DATA asks for, from P1 and P2; empty for other commands."""
    command = exchange.command
    number = command.p1 << 8 | command.p2 if command else 0
    if command is None or command.cla == 0xFF or command.ins != iso7816.GET_DATA or not number:
        return ""
    tag = f"{number:04X}" if command.p1 else f"{number:02X}"
    return f"{tag} {facts_of(exchange.context).find(tag).name}"


def _answered(exchange: Exchange, view: Shown) -> str:
    response = exchange.response
    if response is None or response.sw is None:
        return view.node.error or "no status word"
    ins = exchange.command.ins if exchange.command else None
    words = [] if response.sw == 0x9000 else [status_text(response.sw, ins)[0]]
    tags = [node for _, node in view.node.walk() if _is_leaf(node)]
    words += [
        view.text_of(node) for node in tags if node.tag == "9F27" and ins != iso7816.READ_RECORD
    ][:1]
    words += [" ".join(map(_word, tags)) or _count(len(response.data), "byte")] * bool(
        response.data
    )
    return ", ".join(words)


def _word(node: Node) -> str:
    """A data element in a word: its tag, or the name of a file."""
    return node.name.split(" ")[0] if node.name.startswith("EF.") else node.tag


def _is_leaf(node: Node) -> bool:
    """Whether it is a data element that holds no other."""
    return (
        bool(node.tag) and node.stop > node.body and not any(child.tag for child in node.children)
    )


def _is_unsure(exchange: Exchange) -> bool:
    """Whether the meaning of a command hangs on something that is not known; SELECT by name never does."""
    selects = exchange.command is not None and exchange.command.ins == iso7816.SELECT
    return exchange.context.how in ("unknown", "assumed") and not selects


def line(exchange: Exchange, reveal: bool = False, timed: bool = True, width: int = WIDTH) -> str:
    """One aligned line an exchange: number, time if asked for, command, what was asked, status, what came."""
    asked, answered = gist(exchange, shown(exchange, reveal))
    response = exchange.response
    sw = f"{response.sw:04X}" if response and response.sw is not None else "----"
    time = f"{duration(exchange.duration_ns):>8}  " if timed else ""
    head = f"{exchange.index:>5}{'?' if _is_unsure(exchange) else ' '} {time}{cut(name(exchange), 24):24}"
    width = max(width, 80)
    wide = (26 if timed else 38) + (width - WIDTH) * 2 // 5
    return cut(escape(f"{head}  {cut(asked, wide):{wide}}  {sw}  {answered}").rstrip(), width)


def is_timed(exchanges: Iterable[Exchange]) -> bool:
    """Whether there is a duration to show."""
    return any(exchange.duration_ns is not None for exchange in exchanges)


@singledispatch
def text(thing: Any, reveal: bool | None = None) -> str:
    """Plain text of a capture, session, exchange, node, finding or transaction."""
    return escape(cut(str(thing), MAX_TEXT))


@text.register
def _(thing: Capture, reveal: bool | None = None) -> str:
    return fold(rows(thing, revealed(thing, reveal), MAX_ROWS))


@text.register
def _(thing: Session, reveal: bool | None = None) -> str:
    timed, own = is_timed(thing.exchanges), thing.exchanges
    lines = [
        session_line(thing),
        *(line(exchange, bool(reveal), timed) for exchange in own[:MAX_ROWS]),
    ]
    return "\n".join(lines + more(len(own) - MAX_ROWS))


@text.register
def _(thing: Exchange, reveal: bool | None = None) -> str:
    found = [line(thing, bool(reveal), is_timed([thing]))]
    for view in shown(thing, bool(reveal)):
        found += [f"      {row}" for row in tree_rows(view)]
    return "\n".join(found)


@text.register
def _(thing: Node, reveal: bool | None = None) -> str:
    return "\n".join(tree_rows(shown_node(thing, bool(reveal))))


@text.register
def _(thing: Finding, reveal: bool | None = None) -> str:
    head = f"{thing.verdict.upper():16} {thing.severity:8} {thing.rule:5} {thing.title}"
    return escape(f"{head}: {cut(thing.detail, MAX_TEXT)}{_places(thing.evidence)}")


@text.register
def _(thing: Proof, reveal: bool | None = None) -> str:
    reason = f": {cut(thing.reason, MAX_TEXT)}" if thing.reason else ""
    return escape(f"{thing.verdict.upper():13} {thing.name}{reason}{_places(thing.evidence)}")


@text.register
def _(thing: Transaction, reveal: bool | None = None) -> str:
    return fold(explained(thing, bool(reveal)))


def explained(transaction: Transaction, reveal: bool) -> Iterator[str]:
    """A transaction phase by phase: its exchanges, what was decided and by which bytes (!!: a disagreement); proofs."""
    yield marked("=> ", transaction.headline)
    for number, phase in enumerate(transaction.phases, 1):
        yield f"{number:>2} {phase.name}"
        own = phase.exchanges
        yield from (
            f"   {line(exchange, reveal, False, WIDTH - 3)}" for exchange in own[:MAX_PHASE]
        )
        yield from more(len(own) - MAX_PHASE)
        for said in phase.said[:MAX_PHASE]:
            yield marked(f"   {_FITS[said.agrees]} ", said.text + _places(said.evidence))
        yield from more(len(phase.said) - MAX_PHASE, "statement")
    computed = proofs(transaction, transaction.keys)
    yours = "your keys, then " if transaction.keys else ""
    yield from [
        f"computed again, with {yours}the shipped public keys and published test keys"
    ] * bool(computed)
    for proof in computed[:MAX_PHASE]:
        told = f"{proof.name}: {proof.verdict}" + (f", {proof.reason}" if proof.reason else "")
        yield marked(f"   {_FITS[_PROVEN.get(proof.verdict)]} ", told + _places(proof.evidence))
    yield from more(len(computed) - MAX_PHASE, "proof")


def _places(evidence: Sequence[Evidence]) -> str:
    """Where a claim can be seen, for a person: file (where there are several), exchange, half, bytes."""
    found: dict[str, list[str]] = {}
    several = len({one.file for one in evidence}) > 1
    for one in sorted(set(evidence), key=lambda e: (e.file, e.exchange, e.side, e.start))[
        :MAX_PLACES
    ]:
        half = f"{one.file} " * several + f"exchange {one.exchange} {one.side}"
        found.setdefault(half, []).extend([f"{one.start}..{one.stop}"] * (one.stop > one.start))
    told = ", ".join(f"{half} {' '.join(places)}".rstrip() for half, places in found.items())
    return f" [{told}]" if told else ""


def rows(
    capture: Capture, reveal: bool, left: int, trees: bool = False, width: int = WIDTH
) -> Iterator[str]:
    """A capture line by line: what matters first, then its exchanges, as lines or trees; about so many lines."""
    yield from summary(capture)
    timed, several, hidden = is_timed(capture.exchanges), len(capture.sessions) > 1, 0
    for session in capture.sessions:
        if (several or trees) and left > 0:
            yield from session_tree(session, reveal) if trees else [session_line(session)]
            left -= 1
        own = session.exchanges[: max(left, 0)]
        for exchange in own:
            yield text(exchange, reveal) if trees else line(exchange, reveal, timed, width)
        frames = () if capture.exchanges else session.frames[: max(left, 0)]
        yield from (frame_line(frame, reveal) for frame in frames)
        left -= len(own) + len(frames)
        hidden += len(session.exchanges) - len(own)
    yield from more(hidden)


def frame_line(frame: Frame, reveal: bool) -> str:
    """A frame that belongs to no exchange in one line; its bytes only if all may be seen."""
    told = to_hex(frame.data[:24]) if reveal else _count(len(frame.data), "byte")
    return escape(
        f"       {frame.sender:6}  {cut(frame_note(frame, reveal) or frame.kind, 44):44}  {told}"
    )


def more(count: int, what: str = "exchange") -> list[str]:
    """A last line that says how many there are that are not shown."""
    return [f"  ... {_count(count, f'more {what}')}"] if count > 0 else []


def session_line(session: Session) -> str:
    """A session in one line."""
    count = _count(len(session.exchanges), "exchange")
    return f"session {session.index}: {describe_card(session.atr)}, clock {session.clock}, {count}"


def session_tree(session: Session, reveal: bool) -> Iterator[str]:
    """A session in one line, and the ATR or ATS that opened it as a tree."""
    yield session_line(session)
    for frame in session.frames:
        if frame.kind in ("atr", "ats"):
            tree = shown_node(activation_node(frame.kind, frame.data), reveal)
            yield from (f"      {row}" for row in tree_rows(tree))


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def summary(capture: Capture) -> Iterator[str]:
    """The first lines of every print: what it is, how it ended and why, what was wrong."""
    exchanges, sessions = capture.exchanges, capture.sessions
    counts = f"{_count(len(exchanges), 'exchange')} in {_count(len(sessions), 'session')}"
    yield escape(cut(f"{capture.path}: {capture.format}, {counts}", MAX_TEXT))
    cards = Counter(s.atr for s in sessions if s.atr)
    for atr, count in cards.most_common(3):
        told = f"{describe_card(atr)}, {'ATS' if atr[0] == len(atr) else 'ATR'} {to_hex(atr[:40])}"
        yield marked("  card:  ", told + (f", in {count} sessions" if count > 1 else ""))
    yield from more(len(cards) - 3, "card")
    for clock in dict.fromkeys(s.clock for s in sessions):
        yield f"  clock: {clock} ({MEANING[clock]})"
    yield from _acts(capture, transactions(capture))
    yield from _wrongs(capture)
    if any(map(_is_unsure, exchanges)):
        yield _UNSURE
    yield ""


def _acts(capture: Capture, found: Sequence[Transaction]) -> Iterator[str]:
    groups = alike(found)
    for group in groups[:10]:
        times = f"{len(group)} x " if len(group) > 1 else ""
        yield marked("  => ", times + headline_of(group))
    yield from more(len(groups) - 10, "outcome")
    if found:
        return
    if capture.exchanges:
        names = dict.fromkeys(
            aid_name(aid) or aid for e in capture.exchanges if (aid := e.context.aid)
        )
        told = f"; selected: {', '.join(list(names)[:8])}" if names else ""
        yield marked("  => ", f"no payment in this capture{told}")
    elif frames := sum(len(session.frames) for session in capture.sessions):
        yield f"  => no commands and answers (APDUs) in this capture, only {_count(frames, 'frame')} of layers below"


def _wrongs(capture: Capture) -> Iterator[str]:
    problems, exchanges, coverage = capture.problems, capture.exchanges, capture.coverage
    for problem in problems[:5]:
        yield marked("  !! ", f"{problem.kind}: {problem.detail} ({problem.place})")
    yield from more(len(problems) - 5, "problem")
    if 2 * coverage.used < coverage.total - coverage.skipped.get(
        "log text", 0
    ):  # a log says much else, and may
        skipped = "".join(f", {size} {kind}" for kind, size in coverage.skipped.items())
        told = f"only {coverage.used} of {coverage.total} bytes were used; skipped: {skipped[2:] or 'none'}"
        yield marked("  !! ", told)
    mute, alone = (
        sum(e.response is None for e in exchanges),
        sum(e.command is None for e in exchanges),
    )
    bare = sum(e.response is not None and e.response.sw is None for e in exchanges)
    lacks = (
        (mute, "command", "an answer"),
        (alone, "answer", "a command"),
        (bare, "answer", "a status word"),
    )
    if parts := [
        f"{_count(number, half)} without {missing}" for number, half, missing in lacks if number
    ]:
        yield f"  !! {', '.join(parts)}"


def marked(head: str, what: str) -> str:
    """A line of escaped text behind its mark."""
    return head + escape(cut(what, MAX_TEXT))


def folded(row: str, width: int = WIDTH) -> list[str]:
    """A line as several that fit, all but the first hanging under what stands behind its mark."""
    if len(row) <= width:
        return [row]
    mark = _MARK.match(row)
    indent = mark.end() if mark else len(row) - len(row.lstrip()) + 4
    return textwrap.wrap(row, width, subsequent_indent=" " * indent, break_on_hyphens=False)


def fold(rows: Iterable[str]) -> str:
    return "\n".join(part for row in rows for part in folded(row))


def tree_rows(view: Shown) -> Iterator[str]:
    """The nodes of a half, indented, each with its tag, name, value, text and remarks; at most a thousand."""
    stack = [(0, view.node)]
    count = 0
    while stack:
        depth, node = stack.pop()
        count += 1
        if count > MAX_NODES:
            yield "..."
            return
        yield "  " * min(depth, MAX_INDENT) + escape(node_line(view, node))
        if not in_one_line(node):
            stack.extend((depth + 1, child) for child in node.children[MAX_NODES::-1])


def in_one_line(node: Node) -> bool:
    """Whether a part of a value says all about its own parts in its text."""
    return bool(node.children and not node.tag and node.text)


def node_line(view: Shown, node: Node) -> str:
    """One node in one line: tag, name, value, what it means, remarks."""
    mark = " (from memory)" if node.fact.checked == "memory" else ""
    words = [f"{node.tag} {node.name}{mark}".strip()]
    shown_hex = view.value_hex_of(node)
    meaning = view.text_of(node)
    divided = bool(node.children) and not in_one_line(node)
    if not divided and shown_hex:
        words.append(cut(shown_hex, 64))
    if meaning and meaning != shown_hex and not divided:
        words.append(f"= {cut(meaning, MAX_TEXT)}")
    words += [f"({node.note})"] * bool(node.note) + [f"!! {node.error}"] * bool(node.error)
    return "  ".join(words)


def brief(node: Node) -> str:
    """The repr of a node: what it is and where, nothing of what is in it."""
    what = escape(f"{node.tag} {node.name}".strip())
    return f"Node({what}, {node.start}..{node.stop}, {_count(len(node.children), 'part')})"


class Hits(list[Hit]):
    """A list of places that prints one line each."""

    def __init__(self, hits: Iterable[Hit], reveal: bool) -> None:
        super().__init__(hits)
        self.reveal = reveal

    def __str__(self) -> str:
        found = [hit_line(hit, self.reveal) for hit in self[:MAX_ROWS]]
        return "\n".join(found + more(len(self) - MAX_ROWS, "place")) or "nothing found"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return lines_html(str(self).split("\n"))


def lines_html(rows: Iterable[str]) -> str:
    """Lines for HTML, folded where the page ends, each hanging under its beginning."""
    folded = "".join(f"<div>{escape(row, 'html') or '<br>'}</div>" for row in rows)
    return f'<div style="{FOLDED}">{folded}</div>' if folded else ""


def hit_line(hit: Hit, reveal: bool) -> str:
    """Where something was found, and what stands there."""
    view = next((view for view in shown(hit.exchange, reveal) if view.side == hit.side), None)
    place = f"{hit.start}..{hit.stop}"
    where = f"{hit.exchange.index:>5}  {cut(name(hit.exchange), 24):24}  {hit.side:8}  {place:10}"
    if view is None:
        return escape(where.rstrip())
    same = (n for path, n in view.node.walk() if (path, n.start) == (hit.path, hit.start))
    node = next(same, None) if hit.node else None
    what = node_line(view, node) if node else view.hex[2 * hit.start : 2 * hit.stop]
    return escape(
        f"{where}  {hit.path}  {cut(what, MAX_TEXT)}"
        if hit.path
        else f"{where}  {cut(what, MAX_TEXT)}"
    )
