# SPDX-License-Identifier: MIT
"""Strings of data objects: BER-TLV, a field 55 with its length in front, data object lists, lists of tags."""

from __future__ import annotations

from collections.abc import Iterator

from ..core import tlv
from ..core.codec import to_hex
from ..core.escape import counted
from ..core.facts import Facts, facts
from ..core.model import Constant, Fact, Node, record
from ..core.values import fits
from .model import FITS, LIKELY, SURE, Caller, Reading, refuse
from .paste import Pasted
from .terms import Terms, chosen, with_remarks

FIELD_55 = ("9F26", "9F36", "95", "9F10", "82", "9F37")
LEAST_OF_FIELD_55 = 3  # of these tags: then the objects are those of an authorisation message
MOST_TAGS = 64  # in a list without values
MOST_ASKED = 255  # bytes that a list asks for: they go into one command
MOST_RIVALS = 4  # applications that are named where several know the same tags
_LONG_LIST = 5  # entries
_LEAST_CUT = 4  # bytes of a single object that is cut
_SHORT = 5  # bytes: a single object as short as this occurs by chance
_STATUS_LIKE = "90"  # the tag that a status word 9000 looks like


@record
class Objects:
    """Bytes as BER-TLV: their outermost rows, and how well they fit."""

    rows: list[tlv.Row]
    outer: list[tlv.Row]
    recognised: int
    damage: str
    terms: Terms


def objects_of(data: bytes, given: Caller) -> Objects:
    """Bytes as BER-TLV, in the terms of the application that knows them best."""
    rows = tlv.scan(data)
    outer = [row for row in rows if row[1] == 0 and row[0]]
    values = [(row[0], data[row[3] : row[4]]) for row in outer]
    terms = chosen(given, values, data)
    recognised = sum(terms.facts.find(tag).known for tag, _ in values)
    return Objects(rows, outer, recognised, tlv.damage(rows, terms.facts), terms)


def read_tlv(paste: Pasted, caller: Caller) -> Reading:
    """BER-TLV with or without an outer template."""
    if not paste.digits:
        raise refuse(f"not hex: {paste.fault}")
    return _tlv(paste.data, caller, paste.is_odd)


def _tlv(data: bytes, caller: Caller, is_odd: bool = False, source: str = "") -> Reading:
    objects = objects_of(data, caller)
    if not objects.outer:
        raise refuse(f"{to_hex(data[:2])} begins no data object")
    damage = objects.damage
    if is_odd:
        damage = damage or "half a byte at the end"
    strength, reason = _strength(objects, len(data), damage)
    _refuse_what_only_begins(objects, len(data), damage)
    nodes = with_remarks(tlv.tree(data, objects.rows, objects.terms.facts))
    if not damage and any(map(_breaks_its_layout, nodes)):
        strength, reason = FITS, "tiles exactly, but a value does not fit the layout of its tag"
    remarks: tuple[str, ...] = ()
    if damage:
        remarks = (f"damaged: {damage}",)
    title = _title(objects) + source
    return Reading("tlv", title, strength, reason, nodes, remarks)


def _breaks_its_layout(node: Node) -> bool:
    """Whether a value has other bytes than its row says."""
    return node.fact.layout is not None and any(child.error for child in node.children)


def _refuse_what_only_begins(objects: Objects, size: int, damage: str) -> None:
    """Bytes of which less than half are known objects are no TLV that is cut."""
    if not damage:
        return
    facts = objects.terms.facts
    explained = _explained(objects.rows, facts)
    first = objects.outer[0]
    if len(objects.outer) == 1 and facts.find(first[0]).known and size >= _LEAST_CUT:
        explained = max(explained, _cut_value(first, size))
    if 2 * explained < size:
        raise refuse(damage)


def _explained(rows: list[tlv.Row], facts: Facts) -> int:
    """The bytes in known outermost objects that are whole, or cut with a usual length or a known part that is whole."""
    explained = 0
    cut_row: tlv.Row | None = None  # a known object in which no part was whole yet
    for row in rows:
        tag, depth, start, _, stop, error = row
        if depth == 0 and tag:
            fact = facts.find(tag)
            declared = _declared(error)
            has_usual_length = declared is not None and fits(fact, declared)
            cut_row = None
            if fact.known and (not error or has_usual_length):
                explained += stop - start
            elif fact.known:
                cut_row = row
        elif cut_row and depth == 1 and not error and facts.find(tag, cut_row[0]).known:
            explained += cut_row[4] - cut_row[2]
            cut_row = None
    return explained


def _cut_value(row: tlv.Row, size: int) -> int:
    """The size of a single object that is cut, where more than half of its value is there."""
    declared = _declared(row[5])
    if declared is None or row[4] != size:
        return 0
    if 2 * (row[4] - row[3]) <= declared:
        return 0
    return size


def _declared(error: str) -> int | None:
    """The length that an object declares that is cut."""
    number, words, _ = error.partition(" bytes declared")
    if not words or not number.isdigit():
        return None
    return int(number)


def _strength(objects: Objects, size: int, damage: str) -> tuple[int, str]:
    count = len(objects.outer)
    if damage:
        reason = "its beginning is known data objects"
        if objects.recognised == count > 1:
            return LIKELY, reason
        return FITS, reason
    if all(row[3] == row[4] for row in objects.outer):
        raise refuse("all its objects would be empty")
    if any(not row[0] for row in objects.rows if row[1] == 0 and row[4] < size):
        return FITS, "tiles exactly, but with padding between objects"
    if objects.outer[-1][0] == _STATUS_LIKE and objects.outer[-1][3] == objects.outer[-1][4]:
        return FITS, "tiles exactly, if 9000 at the end is no status word"
    return _strength_of_whole(objects, size)


def _strength_of_whole(objects: Objects, size: int) -> tuple[int, str]:
    """How well objects that tile exactly are known."""
    facts = objects.terms.facts
    count = len(objects.outer)
    fitting = sum(fits(facts.find(row[0]), row[4] - row[3]) for row in objects.outer)
    if objects.terms.rivals and objects.recognised == count:
        return _strength_among(objects.terms.rivals)
    if objects.recognised == count and fitting == count:
        is_short = count == 1 and size < _SHORT and len(objects.outer[0][0]) == 2
        return (LIKELY if is_short else SURE), "tiles exactly, and every tag is known"
    if objects.recognised == count:
        return (
            LIKELY,
            f"tiles exactly with known tags; {counted(count - fitting, 'length')} unusual",
        )
    if 2 * objects.recognised >= count:
        unknown = counted(count - objects.recognised, "tag")
        return (SURE if objects.recognised > 3 else LIKELY), f"tiles exactly; {unknown} unknown"
    if objects.recognised or count > 1:
        return FITS, "tiles exactly, but most tags are unknown"
    raise refuse("one object with an unknown tag, as any bytes may be")


def _strength_among(rivals: tuple[str, ...]) -> tuple[int, str]:
    others = ", ".join(rivals[:MOST_RIVALS])
    return FITS, f"tiles exactly, but these know its tags by other names: {others}"


def _title(objects: Objects) -> str:
    count = counted(len(objects.outer), "data object")
    title = f"BER-TLV, {count}"
    tags = {row[0] for row in objects.outer}
    if len(tags.intersection(FIELD_55)) >= LEAST_OF_FIELD_55:
        title += ", as in field 55 of ISO 8583"
    if objects.terms.words:
        title += f", in the terms of {objects.terms.words}"
    return title


def tlv_of(data: bytes, caller: Caller, source: str = "") -> Reading:
    """BER-TLV that was written in another form than hex."""
    return _tlv(data, caller, source=source)


def tlv_nodes(data: bytes, *files: str) -> tuple[tuple[Node, ...], str]:
    """Bytes as BER-TLV under the rows of these data files, and what is damaged."""
    rows = tlv.scan(data)
    in_force = facts(*files)
    return with_remarks(tlv.tree(data, rows, in_force)), tlv.damage(rows, in_force)


# A field 55 with its length


@record
class _Form:
    """One way to write the length: its name, its bytes in front, and what it says; -1 where it says nothing."""

    name: str
    size: int
    length: int


def read_field_55(paste: Pasted, caller: Caller) -> Reading:
    """A field 55 with its length in front, in binary, BCD or decimal digits."""
    if not paste.digits:
        raise refuse(f"not hex: {paste.fault}")
    for head, data, form in _splits(paste.digits):
        objects = objects_of(data, caller)
        if objects.damage or not objects.outer or not objects.recognised:
            continue
        rest = _tlv(data, caller)
        fact = Fact("", "length of the field", Constant(f"{form}: {len(data)} bytes"), "ISO 8583")
        length = Node(fact, head, 0, 0, len(head))
        title = rest.title.replace("BER-TLV, ", "field 55 with its length in front, ", 1)
        title = title.replace(", as in field 55 of ISO 8583", "")
        reason = f"the length in front is right, and the rest {rest.reason}"
        return Reading("de55", title, rest.strength, reason, (length, *rest.nodes), rest.remarks)
    raise refuse("no length in front that fits data objects behind it")


def _splits(digits: str) -> Iterator[tuple[bytes, bytes, str]]:
    """The length, the data and the form, for each form in which the length is right."""
    if len(digits) % 2:
        yield from _text_splits(digits)
        return
    data = bytes.fromhex(digits)
    for form in _forms(data):
        if form.length == len(data) - form.size > 0:
            yield data[: form.size], data[form.size :], form.name
    yield from _text_splits(digits)


def _forms(data: bytes) -> Iterator[_Form]:
    for size in (1, 2):
        head = data[:size]
        yield _Form(f"binary, {counted(size, 'byte')}", size, int.from_bytes(head))
        digits = to_hex(head)
        if digits.isdecimal():
            yield _Form(f"BCD, {counted(size, 'byte')}", size, int(digits))
    for size in (2, 3, 4):
        head = data[:size]
        if head.isdigit():
            yield _Form(f"{size} digits in ASCII", size, int(head))


def _text_splits(digits: str) -> Iterator[tuple[bytes, bytes, str]]:
    """Three or four decimal digits in front of hex count its bytes or its digits."""
    for size in (3, 4):
        head, rest = digits[:size], digits[size:]
        if not head.isdecimal() or len(rest) % 2 or not rest:
            continue
        for unit, count in (("bytes", len(rest) // 2), ("hex digits", len(rest))):
            if int(head) == count:
                form = f"{size} decimal digits that count {unit}"
                yield head.encode(), bytes.fromhex(rest), form


# Lists of tags and lengths


def read_dol(paste: Pasted, caller: Caller) -> Reading:
    """A data object list: tags and lengths without values (EMV Book 3, 5.4)."""
    if not paste.digits:
        raise refuse(f"not hex: {paste.fault}")
    if paste.is_odd:
        raise refuse("half a byte at the end")
    data = paste.data
    rows = tlv.dol_rows(data)
    if rows[-1][4]:
        raise refuse(rows[-1][4])
    if len(rows) > MOST_ASKED:
        raise refuse(f"{len(rows)} entries are no list")
    terms = chosen(caller, [(tag, bytes(length)) for tag, length, *_ in rows])
    facts = terms.facts
    fitting = 0
    for tag, length, *_ in rows:
        fact = facts.find(tag)
        fitting += fact.known and length > 0 and fits(fact, length)
    total = sum(length for _, length, *_ in rows)
    title = (
        f"data object list (DOL), {counted(len(rows), 'entry')}, {counted(total, 'byte')} in all"
    )
    if total > MOST_ASKED:
        raise refuse(f"the lengths of a list would ask for {counted(total, 'byte')}")
    strength, reason = _dol_strength(len(rows), fitting)
    list_fact = Fact("", "list", opens="dol")
    return Reading(
        "dol", title, strength, reason, tlv.open_value(list_fact, data, 0, len(data), facts)
    )


def _dol_strength(count: int, fitting: int) -> tuple[int, str]:
    if fitting == count and count > 1:
        return SURE, "every entry is a known tag with its usual length"
    if fitting == count:
        return LIKELY, "a known tag with its usual length"
    reason = f"{fitting} of {count} entries are known tags with their usual length"
    if 3 * fitting < 2 * count:
        raise refuse(reason)
    return (LIKELY if count >= _LONG_LIST else FITS), reason


def read_tag_names(paste: Pasted, caller: Caller) -> Reading:
    """Tags alone, one behind the other, as in a list of tags to sign."""
    if not paste.digits or paste.is_odd:
        raise refuse("no whole bytes of hex")
    data = paste.data
    tags = [tag for tag, _, _ in tlv.tag_list(data, 0, len(data))]
    if len(tags) > MOST_TAGS:
        raise refuse(f"{len(tags)} tags are no list of tags")
    terms = chosen(caller, [(tag, b"") for tag in tags])
    unknown = [tag for tag in tags if not terms.facts.find(tag).known]
    if unknown:
        raise refuse(f"{unknown[0]} is no known tag")
    fact = Fact("", "list", opens="tags")
    nodes = tlv.open_value(fact, data, 0, len(data), terms.facts)
    strength = FITS
    if len(tags) > 2:
        strength = LIKELY
    title = f"tags without values, {counted(len(tags), 'tag')}"
    return Reading("tagnames", title, strength, "every tag is known", nodes)
