# SPDX-License-Identifier: MIT
"""BER-TLV and data object lists: one bounded, iterative scan to rows, rows + facts to Nodes (ISO/IEC 7816-4, 6.3).

A row is (tag, depth, start, body, stop, error). Rows of one template tile it: padding, the end-of-contents mark and
whatever cannot be parsed are rows with an empty tag. An error that begins with "note: " is a remark, not damage.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from .codec import to_hex
from .facts import Facts, unknown
from .model import Constant, Fact, Node, Share

Row = tuple[str, int, int, int, int, str]
Dol = tuple[tuple[str, int], ...]

MAX_DEPTH = 64
MAX_ROWS = 100_000
MAX_INNER = 8
_ONE = tuple(f"{first:02X}" for first in range(256))
_TWO = {a << 8 | b: f"{a:02X}{b:02X}" for a in range(0x1F, 0x100, 0x20) for b in range(128)}
NOTE = "note: "
CONTINUED = "continued"  # the note of a node that begins before the window
END = "note: end of contents"
LONG_TAG = "a tag of more than 4 bytes"
INDEFINITE = "note: indefinite length (not used by ISO/IEC 7816-4)"


def scan(buf: bytes, start: int = 0, stop: int | None = None) -> list[Row]:  # noqa: C901 - the hot loop, in one piece
    """Parse BER-TLV in `buf[start:stop]` to rows, outer before inner. Total: any bytes in, tiling rows out."""
    rows: list[Row] = []
    end = len(buf) if stop is None else min(stop, len(buf))
    levels: list[
        tuple[int, int]
    ] = []  # (end of the enclosing template, row of the indefinite one or -1)
    opened = -1
    depth = 0
    at = start
    bounded = end - start > MAX_ROWS  # a row takes at least one byte
    while True:
        if at >= end:
            if opened >= 0:
                _close(rows, opened, end)
            if not levels:
                return rows
            end, opened = levels.pop()
            depth -= 1
            continue
        first = buf[at]
        body = at + 2
        if first & 0x1F != 0x1F and first and body <= end and (length := buf[at + 1]) < 0x80:
            tag, error = _ONE[first], ""
        elif (
            first & 0x1F == 0x1F
            and (body := at + 3) <= end
            and (second := buf[at + 1]) < 0x80
            and (length := buf[at + 2]) < 0x80
        ):
            tag, error = _TWO[first << 8 | second], ""
        else:
            tag, body, length, error = _header(buf, at, end, opened >= 0)
            if error is END:
                end = body + length
        after = body + length if length >= 0 else end  # an indefinite one is closed later
        if after > end:
            error, after = f"{length} bytes declared, {end - body} here", end
        if bounded and len(rows) >= MAX_ROWS:
            return _give_up(rows, levels, depth, at, end, opened)
        if first & 0x20 and tag:
            if depth < MAX_DEPTH:
                rows.append((tag, depth, at, body, after, error))
                levels.append((end, opened))
                opened = len(rows) - 1 if length < 0 else -1
                end, at, depth = after, body, depth + 1
                continue
            error = f"nested deeper than {MAX_DEPTH}: not opened"
        rows.append((tag, depth, at, body, after, error))
        at = after


def _close(rows: list[Row], index: int, stop: int) -> None:
    """Give an object of indefinite length its end, which only now is known."""
    tag, depth, start, body, _, error = rows[index]
    _, last_depth, _, _, last_stop, last_error = rows[-1]
    if last_error is not END or last_stop != stop or last_depth != depth + 1:
        error = "no end of contents"
    rows[index] = (tag, depth, start, body, stop, error)


def _give_up(
    rows: list[Row], levels: list[tuple[int, int]], depth: int, at: int, end: int, opened: int
) -> list[Row]:
    """Cover what is left of every open template with one row each."""
    while True:
        if at < end:
            rows.append(("", depth, at, at, end, f"more than {MAX_ROWS} objects: not parsed"))
            at = end
        if opened >= 0:
            _close(rows, opened, end)
        if not levels:
            return rows
        end, opened = levels.pop()
        depth -= 1


def _header(buf: bytes, at: int, end: int, indefinite: bool) -> tuple[str, int, int, str]:
    """Tag, start of the value, length (-1: indefinite) and error, where the quick way does not apply."""
    first = buf[at]
    if indefinite and buf[at : min(at + 2, end)] == b"\0\0":
        return "", at, 2, END
    if first == 0 or buf[at : min(at + 2, end)] in (b"\xff", b"\xff\xff"):
        stop = at + 1
        while stop < end and buf[stop] == first:
            stop += 1
        return "", at, stop - at, "note: padding"
    body = _tag_end(buf, at, end)
    if body > at + 4:
        return "", at, end - at, LONG_TAG
    if body > end:
        return "", at, end - at, "a tag cut off"
    tag = to_hex(buf[at:body])
    length, body, error = _length(buf, body, end)
    if length == -1 and not first & 0x20:
        return "", at, end - at, f"indefinite length of the primitive tag {tag}"
    if length < -1:
        return "", at, end - at, f"{error} after tag {tag}"
    return tag, body, length, error


def _length(buf: bytes, at: int, end: int) -> tuple[int, int, str]:
    """Length (-1 indefinite, -2 unusable), position after it, and error (ISO/IEC 8825-1, 8.1.3)."""
    if at >= end:
        return -2, at, "no length"
    first = buf[at]
    if first < 0x80:
        return first, at + 1, ""
    if first == 0x80:
        return -1, at + 1, INDEFINITE
    size = first & 0x7F
    if size > 4:
        return -2, at, f"a length of {size} bytes"
    if at + 1 + size > end:
        return -2, at, "a length cut off"
    length = int.from_bytes(buf[at + 1 : at + 1 + size], "big")
    body = at + 1 + size
    if length < 0x80 or length < 1 << 8 * (size - 1):
        return length, body, "note: length in a longer form than needed"
    return length, body, ""


def first(buf: bytes, *tags: str) -> dict[str, bytes]:
    """The first complete value of each of these tags in `buf`; tags that are not there are left out."""
    values: dict[str, bytes] = {}
    possible = {tag for tag in tags if bytes.fromhex(tag) in buf}
    if not possible:
        return values
    for tag, _, _, body, stop, error in scan(buf):
        is_complete = not error or error.startswith(NOTE)
        if is_complete and tag in possible and tag not in values:
            values[tag] = buf[body:stop]
    return values


def damage(rows: Iterable[Row], facts: Facts) -> str:
    """What is broken first; what stands in an object whose row says that it is no template does not count."""
    closed_depth = MAX_DEPTH
    for tag, depth, _, _, _, error in rows:
        if depth > closed_depth:
            continue
        closed_depth = MAX_DEPTH
        if error and not error.startswith(NOTE):
            return f"{tag or 'bytes'}: {error}"
        if tag and facts.find(tag).opens != "template":
            closed_depth = depth
    return ""


def dol_rows(
    buf: bytes, start: int = 0, stop: int | None = None
) -> list[tuple[str, int, int, int, str]]:
    """A data object list as (tag, length asked for, start, stop, error); tag and length only (EMV Book 3, 5.4)."""
    rows: list[tuple[str, int, int, int, str]] = []
    at, end = start, len(buf) if stop is None else stop
    while at < end:
        body = _tag_end(buf, at, end)
        if body > at + 4:
            return [*rows, ("", 0, at, end, LONG_TAG)]
        if body >= end:
            return [*rows, ("", 0, at, end, "an entry cut off")]
        rows.append((to_hex(buf[at:body]), buf[body], at, body + 1, ""))
        at = body + 1
    return rows


def _tag_end(buf: bytes, at: int, end: int) -> int:
    """Where the tag that begins at `at` ends; past `end` if it is cut off (ISO/IEC 8825-1, 8.1.2)."""
    at += 1
    if buf[at - 1] & 0x1F == 0x1F:
        while at < end and buf[at] & 0x80:
            at += 1
        at += 1
    return at


def dol(buf: bytes) -> Dol:
    """The (tag, length) pairs that a data object list asks for."""
    return tuple((tag, length) for tag, length, _, _, error in dol_rows(buf) if not error)


PADDING = Fact("", "padding")
UNPARSED = Fact("", "not parsed", to_hex, known=False)
NOT_ASKED = Fact("", "not in the list", to_hex, known=False)
NO_ENTRY = Fact("", "not an entry", to_hex, known=False)


def tree(
    buf: bytes, rows: Sequence[Row], facts: Facts, parent: str = "", inner: int = 0
) -> tuple[Node, ...]:
    """Nodes of the outermost rows, with what they hold; `parent` is the template that encloses them all.

    `inner` counts the primitive objects around them whose values are templates themselves.
    """
    nodes: list[Node] = []
    # The open templates, with what stands before each.
    levels: list[tuple[Fact, Row, list[Node]]] = []
    closed, closed_depth = False, 0
    for row in rows:
        tag, depth, start, body, stop, error = row
        if closed and depth > closed_depth:
            continue
        closed = False
        while len(levels) > depth:
            nodes = _ended(buf, levels, nodes)
        if not tag:
            fact = PADDING if error.startswith(NOTE) else UNPARSED
            nodes.append(_node(fact, buf, row, ()))
            continue
        template = levels[-1][1][0] if levels else parent
        fact = facts.find(tag, template)
        if not fact.sent:
            fact = unknown(tag)
        if buf[start] & 0x20 and fact.opens == "template":
            levels.append((fact, row, nodes))
            nodes = []
            continue
        if buf[start] & 0x20:
            # Its row says that no template stands here: what the scan saw in it is passed over.
            closed, closed_depth = True, depth
        children = () if fact.opens == "none" else open_value(fact, buf, body, stop, facts, inner)
        if error:
            nodes.append(_node(fact, buf, row, children))
        else:
            nodes.append(Node(fact, buf, start, body, stop, children))
    while levels:
        nodes = _ended(buf, levels, nodes)
    return tuple(nodes)


def _ended(
    buf: bytes, levels: list[tuple[Fact, Row, list[Node]]], inside: list[Node]
) -> list[Node]:
    """The innermost open template becomes a node of those before it."""
    fact, row, nodes = levels.pop()
    nodes.append(_node(fact, buf, row, tuple(inside)))
    return nodes


def _node(fact: Fact, buf: bytes, row: Row, children: tuple[Node, ...]) -> Node:
    _, _, start, body, stop, error = row
    if error.startswith(NOTE):
        return Node(fact, buf, start, body, stop, children, error[len(NOTE) :])
    return Node(fact, buf, start, body, stop, children, "", error)


def open_value(
    fact: Fact, buf: bytes, start: int, stop: int, facts: Facts, inner: int = 0
) -> tuple[Node, ...]:
    """What stands inside a value: a template, a list, parts; nothing where it is not divided."""
    opens = fact.opens
    if opens == "none" or start >= stop:
        return ()
    if opens == "dol":
        return tuple(_entries(buf, start, stop, facts))
    if opens == "tags":
        return tuple(_tags(buf, start, stop, facts))
    if fact.layout:
        children: tuple[Node, ...] = fact.layout.parse(buf, start, stop)
        return children
    if opens == "template" and inner < MAX_INNER:
        return tree(buf, scan(buf, start, stop), facts, fact.tag, inner + 1)
    return ()


def value_node(
    fact: Fact, buf: bytes, start: int, stop: int, facts: Facts, error: str = ""
) -> Node:
    """A node whose value stands bare, without tag and length, as in a DOL-driven command or a fixed layout."""
    return Node(fact, buf, start, start, stop, open_value(fact, buf, start, stop, facts), "", error)


def named(
    name: str,
    text: str,
    ref: str,
    buf: bytes,
    start: int,
    stop: int,
    error: str = "",
    share: Share = "",
) -> Node:
    """A node without parts that no dictionary has: its name, text and source are said here."""
    fact = Fact("", name, Constant(text), ref, share=share)
    return Node(fact, buf, start, start, stop, (), "", error)


def dol_values(
    buf: bytes, start: int, stop: int, asked: Iterable[tuple[str, int]], facts: Facts
) -> tuple[Node, ...]:
    """Values that follow each other as a DOL asked for them, each named by it (EMV Book 3, 5.4)."""
    nodes, at = [], start
    for tag, length in asked:
        after = min(at + length, stop)
        error = ""
        if after - at != length:
            error = f"{length} bytes asked for, {after - at} here"
        nodes.append(value_node(facts.find(tag), buf, at, after, facts, error))
        at = after
    if at < stop:
        nodes.append(
            Node(NOT_ASKED, buf, at, at, stop, (), "", "more bytes than the list asked for")
        )
    return tuple(nodes)


def window(
    nodes: Iterable[Node], offset: int, raw: bytes, start: int, stop: int
) -> tuple[Node, ...]:
    """The nodes of a larger buffer as far as they lie in the part from `offset` that stands at `raw[start:stop]`.

    A node that begins before that part is seen from there on, and says so.
    """
    shift = start - offset
    seen = []
    for node in nodes:
        if node.derived:  # its bytes lie elsewhere, whole
            seen.append(node)
            continue
        first, last = max(node.start + shift, start), min(node.stop + shift, stop)
        if first >= last:
            continue
        if node.start + shift < start:
            seen.append(_clipped(node, offset, raw, start, stop, first, last))
            continue
        children = window(node.children, offset, raw, start, stop)
        body = node.body + shift
        seen.append(replace(node, buf=raw, start=first, body=body, stop=last, children=children))
    return tuple(seen)


def _clipped(
    node: Node, offset: int, raw: bytes, start: int, stop: int, first: int, last: int
) -> Node:
    """The end of a node whose beginning lies before the window: its value is hex here, its parts stand alone."""
    children = window(node.children, offset, raw, start, stop)
    fact = replace(node.fact, describe=to_hex, opens="none", layout=None)
    return Node(fact, raw, first, first, last, children, CONTINUED)


def _entries(buf: bytes, start: int, stop: int, facts: Facts) -> Iterator[Node]:
    """What a data object list asks for, one node an entry."""
    for tag, length, a, b, error in dol_rows(buf, start, stop):
        fact = NO_ENTRY
        if not error:
            size = "1 byte" if length == 1 else f"{length} bytes"
            fact = _listed(tag, size, facts)
        yield Node(fact, buf, a, a, b, (), "", error)


def tag_list(buf: bytes, start: int, stop: int) -> Iterator[tuple[str, int, int]]:
    """The tags of a list of tags alone, each with its start and stop; the last one may be cut off."""
    while start < stop:
        end = min(_tag_end(buf, start, stop), stop)
        yield to_hex(buf[start:end]), start, end
        start = end


def _tags(buf: bytes, start: int, stop: int, facts: Facts) -> Iterator[Node]:
    """The tags of a tag list, one node each."""
    for tag, at, end in tag_list(buf, start, stop):
        yield Node(_listed(tag, "", facts), buf, at, at, end)


@lru_cache(maxsize=4096)
def _listed(tag: str, text: str, facts: Facts) -> Fact:
    fact = facts.find(tag)
    return Fact("", f"{tag} {fact.name}", Constant(text), fact.ref, fact.checked)
