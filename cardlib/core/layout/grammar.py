# SPDX-License-Identifier: MIT
"""From the text of a layout to its fields. Every fault is listed, with its line and what may stand there."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from .conditions import GIVEN, parse_condition
from .field import Block, Condition, Field, Opener, Size, Switch
from .kinds import KINDS, Kind
from .lines import Line, read_lines
from .marks import Marks, read_marks
from .meaning import split_format
from .near import near
from .place import Place
from .reading import NOTHING, Reading
from .sizes import parse_size
from .sources import Sources
from .words import has_odd_bits, layout_name, needed_fields, opener_of, special_word

DEEPEST = 15  # levels of fields; a group of bits may be one more
REST = Size("rest")
ARGUMENTS = dict.fromkeys(KINDS, ("", "open")) | {"bitmap": ("", "first"), "reversed": ("",)}

_ROW = re.compile(r"^([0-9A-F]+(?:\.[2-9])?(?:/[0-9A-F]+(?:\.[2-9])?)*) +(\S.*)")


@dataclass(slots=True)
class Compiler(Sources):
    """Compiles one layout: blocks of fields, switches, lists of objects.

    compiled: rows of other layouts, by all that their compilation depends on.
    """

    compiled: dict[tuple[object, ...], dict[str, Field]] = field(default_factory=dict)

    def record(self, text: str) -> Block:
        """The fields of a record."""
        lines = read_lines(text, self.faults)
        place = Place(dict.fromkeys(GIVEN), Marks(), outer=True)
        place.above.update(dict.fromkeys(needed_fields(lines)))
        block = self.block(lines, place)
        self._whole_bytes(lines, place)
        return block

    def objects(self, text: str, kind: Kind) -> dict[str, Field]:
        """The rows of a list of objects, by tag."""
        return self.rows(read_lines(text, self.faults), kind, Place(dict.fromkeys(GIVEN), Marks()))

    # Fields and switches

    def block(self, lines: list[Line], place: Place) -> Block:
        """The fields of a record, of a field with parts or of a branch, in order."""
        items: list[Field | Switch] = []
        for group in self._statements(lines):
            line = group[0]
            if place.full:
                self.fault(line, "the field above takes everything: nothing can stand behind it")
                place.full = False
            word = special_word(line)
            if word == "when":
                items.append(self.switch(group, place))
            elif word == "like":
                items.extend(self._like(line, place))
            elif word == "needs":
                self.fault(line, "`needs` stands in the first line of a layout")
            else:
                items.extend(self._field(line, place))
        return tuple(items)

    def _whole_bytes(self, lines: list[Line], place: Place) -> None:
        """The fields of something that has whole bytes end on a byte."""
        if lines and place.offset:
            self.fault(
                lines[-1], f"the bit fields end {8 - place.offset} bits before a byte is whole"
            )

    def _statements(self, lines: list[Line]) -> list[list[Line]]:
        """The lines in order, with the branches of a switch together."""
        groups: list[list[Line]] = []
        for line in lines:
            if special_word(line) != "else":
                groups.append([line])
            elif groups and special_word(groups[-1][0]) == "when" and groups[-1][-1].name != "else":
                groups[-1].append(line)
            else:
                self.fault(line, "`else` follows the lines of a `when`")
        return groups

    def switch(self, lines: list[Line], place: Place) -> Switch:
        """Branches that exclude each other: names in them may be equal."""
        branches = []
        places = []
        for line in lines:
            condition = self._condition(line, place)
            branch_place = replace(
                place, names=set(place.names), uncertain=set(place.uncertain), depth=place.depth + 1
            )
            if not line.children:
                self.fault(line, "a branch without lines under it")
            branches.append((condition, self._branch(line, branch_place)))
            places.append(branch_place)
        if lines[-1].name != "else":
            places.append(replace(place))
        for branch_place in places:
            place.names |= branch_place.names
            place.uncertain |= branch_place.uncertain
        offsets = {branch_place.offset for branch_place in places}
        place.offset = offsets.pop() if len(offsets) == 1 else None
        place.full = all(branch_place.full for branch_place in places)
        return Switch(tuple(branches), tuple(layout_name(line) for line in lines))

    def _branch(self, line: Line, place: Place) -> Block:
        if place.depth > DEEPEST:
            self.fault(line, f"nested deeper than {DEEPEST} levels")
            return ()
        return self.block(line.children, place)

    def _condition(self, line: Line, place: Place) -> Condition | None:
        text = line.name.removeprefix("else").strip()
        if not text:
            return None
        if not text.startswith("when "):
            self.fault(line, "a branch begins with `when`, `else when` or `else`")
            return None
        condition = self.attempt(line, None, parse_condition, text[5:].strip())
        if condition is None or not condition.name:
            return condition
        if condition.name not in place.above:
            self.fault(
                line,
                f"no field {condition.name!r} stands above; {near(condition.name, place.above)}",
            )
            return condition
        self.spoken.add(condition.name)
        known = place.above[condition.name]
        if known and known.size.kind == "fixed" and not known.size.repeated:
            digits = (known.size.bits + 3) // 4
            if any(each.digits != digits for each in condition.patterns):
                self.fault(line, f"{condition.name} has {digits} hex digits")
        return condition

    def _like(self, line: Line, place: Place) -> Block:
        """The lines of another layout, as if they stood here."""
        name = line.name.removeprefix("like ").strip()
        text = self.other_text(line, name, place)
        if text is None:
            return ()
        chain = place.chain
        place.chain = (*chain, name)
        block = self.inside(line, name, lambda lines: self.block(lines, place), text)
        place.chain = chain
        return block

    def _use(self, line: Line, name: str, place: Place) -> Block:
        """The fields of another layout; of those above, it sees the ones that it says it needs."""
        text = self.other_text(line, name, place)
        if text is None:
            return ()

        def compile_lines(lines: list[Line]) -> Block:
            above = place.above
            needed = needed_fields(lines)
            for missing in needed:
                if missing not in above:
                    self.fault(line, f"{name} needs {missing}, and no such field stands above")
            visible = (*GIVEN, *needed)
            place.above = {
                field_name: known for field_name, known in above.items() if field_name in visible
            }
            block = self.block(lines, place)
            above.update(place.above)
            place.above = above
            return block

        place.chain = (*place.chain, name)
        return self.inside(line, name, compile_lines, text)

    # One field

    def _field(self, line: Line, place: Place) -> Block:
        """The field of a line, or nothing where its size or opener is wrong."""
        if len(line.columns) < 2:
            self.fault(line, "a field has a name and a size, parted by two spaces or more")
            return ()
        size = self.attempt(line, None, parse_size, line.columns[1], place.above)
        if size is None:
            return ()
        wrong = place.add_name(line.name, size)
        if wrong:
            self.fault(line, wrong)
        self._spoken(size)
        if (
            size.kind == "fixed"
            and size.bits % 8 == 0
            and "b" not in line.columns[1]
            and place.offset
        ):
            self.fault(
                line, f"the bit fields above end {8 - place.offset} bits before a byte is whole"
            )
            place.offset = 0
        compiled = self.field(line, "", size, place)
        place.above[line.name] = compiled
        place.full = size.takes_all or place.full
        self.needs_whole |= size.kind == "rest" and size.bits > 0 and place.outer
        return (compiled,)

    def _spoken(self, size: Size) -> None:
        self.spoken.update(name for name in (size.name, size.times_name) if name)

    def field(self, line: Line, tag: str, size: Size, place: Place) -> Field:
        """A field or an object: its marks, its format or what opens it, its parts."""
        marks = place.marks
        if line.marks:
            marks = self.attempt(line, place.marks, read_marks, line.marks, place.marks)
        if marks.sensitive:
            self.secrets.add(marks.sensitive)
        format_text, list_name = self.attempt(line, ("", ""), split_format, line.columns[2:])
        opener = opener_of(format_text, line)
        if opener == "value":
            return self._value(line, tag, format_text, list_name, marks, size, place)
        if line.values is not None or list_name:
            self.fault(line, "a field with parts has no names of values")
        if marks.check:
            self.fault(line, "a check stands at a field that is one value")
        return self._container(line, tag, format_text, marks, size, place)

    def _value(
        self,
        line: Line,
        tag: str,
        format_text: str,
        list_name: str,
        marks: Marks,
        size: Size,
        place: Place,
    ) -> Field:
        """A field that is one value."""
        if line.children:
            self.fault(
                line.children[0], f"nothing stands under a field that has a format: {format_text}"
            )
        reading = Reading(
            self.format(line, format_text, list_name, size), sized=size.kind in ("fixed", "counted")
        )
        check = None
        if marks.check:
            check = self.check(line, marks, place)
        place.pass_field(size, "value", None)
        return Field(
            self.fact(tag, line.name, reading, marks, "none"),
            size,
            reading,
            check=check,
            check_name=marks.check,
        )

    def _container(
        self, line: Line, tag: str, format_text: str, marks: Marks, size: Size, place: Place
    ) -> Field:
        """A field that is cut into parts or objects."""
        opener = opener_of(format_text, line)
        inner = place.inside(marks, size)
        parts: Block = ()
        objects: dict[str, Field] = {}
        word, _, argument = format_text.partition(":")
        if argument not in ARGUMENTS.get(word, (argument,)):
            self.fault(
                line,
                f"{word} has no argument {argument!r}; there are: {', '.join(filter(None, ARGUMENTS[word]))}",
            )
        if inner.depth > DEEPEST:
            self.fault(line, f"nested deeper than {DEEPEST} levels")
        elif opener == "objects":
            objects = self.rows(line.children, KINDS[word], inner)
        elif word == "use":
            parts = self._use(line, argument.strip(), inner)
        else:
            parts = self.block(line.children, inner)
        self._parts_fit(line, opener, size, inner)
        place.pass_field(size, opener, inner)
        reading = Reading(NOTHING)
        fact = self.fact(tag, line.name, reading, marks, "parts")
        kind = KINDS.get(word)
        return Field(
            fact,
            size,
            reading,
            opener,
            parts,
            kind,
            objects,
            argument == "open",
            argument != "first",
        )

    def _parts_fit(self, line: Line, opener: Opener, size: Size, inner: Place) -> None:
        """The size of a field goes with what is in it."""
        if opener in ("bitmap", "reversed") and not line.children:
            self.fault(line, f"a field that is {opener} needs lines under it")
        elif size.kind == "parts" and opener != "parts":
            self.fault(line, f"what is opened as {line.columns[2]} needs a size or ..")
        elif opener == "bitmap" and size.kind != "fixed":
            self.fault(line, "a bitmap has a size in bits or bytes")
        elif opener != "bitmap" and size.kind != "parts" and not has_odd_bits(size):
            self._whole_bytes([line], inner)

    # Lists of objects

    def rows(self, lines: list[Line], kind: Kind, place: Place) -> dict[str, Field]:
        """Rows by the tag under which they are found."""
        table: dict[str, Field] = {}
        for line in lines:
            if special_word(line) == "like":
                others = self._like_rows(line, kind, place)
            elif special_word(line):
                self.fault(
                    line, "a list of objects has no branches: its lines begin with a tag in hex"
                )
                others = {}
            else:
                others = self._row(line, kind, place)
            for tag in others.keys() & table.keys():
                self.fault(line, f"a second row of the tag {tag}")
            table.update(others)
            self._numbered_in_turn(line, others, table)
        return table

    def _numbered_in_turn(
        self, line: Line, others: dict[str, Field], table: dict[str, Field]
    ) -> None:
        """A row of the third object of a tag stands behind one of the second."""
        for key in others:
            tag, _, number = key.partition(".")
            if number and int(number) > 2 and f"{tag}.{int(number) - 1}" not in table:
                self.fault(line, f"{key} stands behind a row of {tag}.{int(number) - 1}")

    def _like_rows(self, line: Line, kind: Kind, place: Place) -> dict[str, Field]:
        """The rows of another layout; those that were compiled without a fault are kept for the next time."""
        name = line.name.removeprefix("like ").strip()
        text = self.other_text(line, name, place)
        if text is None:
            return {}
        chain = place.chain
        key = (name, kind.name, place.marks, place.depth, place.repeated, chain)
        if key not in self.compiled:
            place.chain = (*chain, name)
            faults = len(self.faults)
            table = self.inside(line, name, lambda lines: self.rows(lines, kind, place), text)
            place.chain = chain
            if len(self.faults) > faults:
                return table
            self.compiled[key] = table
        table = self.compiled[key]
        place.above.update((row.name, row) for row in table.values())
        return table

    def _row(self, line: Line, kind: Kind, place: Place) -> dict[str, Field]:
        match = _ROW.fullmatch(line.name)
        if not match:
            self.fault(
                line, "a line of a list of objects begins with a tag in hex and a name, like 4F AID"
            )
            return {}
        tags = match[1].split("/")
        for tag in tags:
            if not kind.tags.fullmatch(tag.partition(".")[0]):
                self.fault(line, f"{tag} is no tag of a list of the kind {kind.name}")
        size = REST
        if len(line.columns) > 1:
            size = self.attempt(line, REST, parse_size, line.columns[1], ())
        if size.kind in ("parts", "counted", "until") or (size.kind == "rest" and size.bits):
            self.fault(
                line,
                "an object takes all of its value, or so many bytes, or parts of so many bytes again",
            )
            size = REST
        named = replace(line, columns=(match[2], *line.columns[1:]))
        tag = tags[0].partition(".")[0]
        row = self.field(named, tag, size, replace(place, offset=0))
        row = replace(row, reading=replace(row.reading, head=kind.head))
        place.above[row.name] = row
        return dict.fromkeys(tags, row)
