# SPDX-License-Identifier: MIT
"""A layout: how the bytes of a record are cut into fields, both ways."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from ..errors import BuildError, LayoutError
from ..model import Checked, Node, Sensitive, record
from .build import MOST_ATTEMPTS, Bits, Builder, WrongBranch
from .conditions import given_values
from .field import Block, Field, Switch, leftover
from .grammar import Compiler
from .kinds import KINDS, Kind
from .marks import strongest
from .pairs import Pair, as_pairs, is_broken
from .parse import Parser
from .piece import Piece, nodes_of
from .reading import Lookup

NO_NAMES: Mapping[str, Mapping[str, str]] = {}
NO_LAYOUTS: Mapping[str, str] = {}
RECORD = "record"


@record
class Layout:
    """What `compile_layout` gives; layouts of the same text are equal.

    needs_whole: a field takes the rest of the record less something, so that a record cut off reads wrong without
    an error: lay it on whole records only. marks: the kinds of secrets in it, the strongest first.
    """

    text: str = field(repr=False)
    fields: Block = field(compare=False, repr=False)
    kind: Kind | None = None
    objects: dict[str, Field] = field(default_factory=dict, compare=False, repr=False)
    opens: bool = False
    spoken: frozenset[str] = frozenset()
    marks: tuple[Sensitive, ...] = ()
    needs_whole: bool = False

    def parse(
        self,
        buf: bytes,
        start: int = 0,
        stop: int | None = None,
        given: Mapping[str, int | str] | None = None,
    ) -> tuple[Node, ...]:
        """Nodes that tile `buf[start:stop]`, whatever the bytes are.

        given: what the command says: p1, p2, cla, ins, app, record; numbers or hex.
        """
        end = len(buf) if stop is None else min(stop, len(buf))
        parser = self.parser(given)
        return nodes_of(self.pieces(parser, buf, start, max(start, end)))

    @property
    def alternatives(self) -> tuple[str, ...]:
        """The layouts of which a switch at the beginning takes one: branches that are `like NAME` alone."""
        return tuple(_alternatives(self.fields))

    def alternative(self, value: bytes) -> str:
        """The name of the layout that is taken for a value; empty where none of them is."""
        parser = self.parser()
        block = self.fields
        while block and isinstance(block[0], Switch):
            switch = block[0]
            place = parser.branch(switch, value, 0, 8 * len(value))
            if place is None:
                return ""
            if switch.names[place]:
                return switch.names[place]
            block = switch.branches[place][1]
        return ""

    def build(
        self, rows: Iterable[Sequence[Any]], given: Mapping[str, int | str] | None = None
    ) -> bytes:
        """The bytes of a record with these values, in this order; raises BuildError where there are none.

        rows: pairs as `values` gives them, or tuples of name and value; the value of a field with parts is rows again.

        For the values of any bytes, `build(values(parse(bytes)))` gives the bytes.
        """
        pairs = as_pairs(rows)
        data = self.write(pairs, given)
        if not any(is_broken(pair) for pair in pairs):
            for fault in faults(self.parse(data, given=given)):
                raise BuildError(
                    f"these values make a record that reads wrong: {fault.error}", place=fault.name
                )
        return data

    def write(self, pairs: Sequence[Pair], given: Mapping[str, int | str] | None = None) -> bytes:
        """The bytes of values, whether or not they read well."""
        choices: list[int] = []
        for _ in range(MOST_ATTEMPTS):
            builder = Builder(self.spoken, given_values(given or {}), choices)
            out = Bits()
            try:
                if self.kind is not None:
                    builder.objects(self.objects, self.kind, pairs, out)
                else:
                    builder.whole(self.fields, pairs, out)
                return out.value()
            except WrongBranch as wrong:
                choices = builder.next_choices(wrong.number)
            except BuildError:
                if not builder.undecided:
                    raise
                choices = builder.next_choices(builder.undecided[-1])
        raise BuildError(f"no branches found in {MOST_ATTEMPTS} attempts that fit the values")

    def parser(self, given: Mapping[str, int | str] | None = None) -> Parser:
        """A run that has not begun."""
        mark: Sensitive = ""
        if self.marks:
            mark = self.marks[0]
        return Parser(self.spoken, mark, given_values(given or {}))

    def pieces(self, parser: Parser, buf: bytes, start: int, stop: int) -> list[Piece]:
        """What a run gives, before it becomes nodes."""
        whole = Piece(leftover(""), buf, 8 * start, 8 * start, 8 * stop)
        if self.kind is not None:
            parser.objects(self.objects, self.kind, self.opens, whole, 0)
        else:
            at = parser.block(self.fields, buf, whole.body, whole.stop, whole.parts, 1)
            parser.left_over(buf, at, whole.stop, whole.parts)
        return whole.parts


def _alternatives(block: Block) -> Iterator[str]:
    """The names of layouts in the switch with which lines begin, and in the switches within it."""
    if not block or not isinstance(block[0], Switch):
        return
    switch = block[0]
    for name, (_, lines) in zip(switch.names, switch.branches, strict=True):
        if name:
            yield name
        else:
            yield from _alternatives(lines)


def faults(nodes: Sequence[Node]) -> Iterator[Node]:
    """The nodes with an error, parents first."""
    for node in nodes:
        if node.error:
            yield node
        yield from faults(node.children)


def compile_layout(
    text: str,
    *,
    kind: str = RECORD,
    names: Mapping[str, Mapping[str, str]] = NO_NAMES,
    layouts: Mapping[str, str] = NO_LAYOUTS,
    lookup: Lookup | None = None,
    ref: str = "",
    checked: Checked = "spec",
) -> Layout:
    """The layout that a text describes; raises LayoutError with everything that is wrong in it.

    kind: "record" for fields, else the kind of a list of objects: ber, comp, simple, ..., perhaps with ":open".
    names: lists of names for `@name`. layouts: texts for `use:` and `like`. lookup: codes of the shared tables
    countries, currencies and languages.
    """
    compiler = Compiler(names, layouts, lookup, ref, checked)
    kind_name, _, argument = kind.partition(":")
    fields: Block = ()
    objects: dict[str, Field] = {}
    if kind == RECORD:
        fields = compiler.record(text)
    elif kind_name in KINDS:
        objects = compiler.objects(text, KINDS[kind_name])
    else:
        raise ValueError(f"no kind {kind!r}; there are: record, {', '.join(KINDS)}")
    if compiler.faults:
        raise LayoutError(sorted(compiler.faults))
    first = strongest(compiler.secrets)
    others = sorted(compiler.secrets - {first})
    return Layout(
        text,
        fields,
        KINDS.get(kind_name),
        objects,
        argument == "open",
        frozenset(compiler.spoken),
        (first, *others) if first else (),
        compiler.needs_whole,
    )
