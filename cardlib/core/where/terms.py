# SPDX-License-Identifier: MIT
"""An expression that was understood: a tree of terms, each of which says yes or no to a row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from ..model import record
from .kinds import DECODED, FIELDS, Number

Item = tuple[Any, Any]  # the first and the last value of a range; a single value twice


class Row(Protocol):
    """What a filter looks at: gives the values of a field, none where it has none."""

    def values(self, field: str) -> Iterable[Any]:
        """Numbers, texts, (tag, name), or (rule, severity, title, detail)."""


class Expression(Protocol):
    """A term, or several of them."""

    def matches(self, row: Row) -> bool:
        """Whether it is true of a row."""

    def fields(self) -> Iterator[str]:
        """The fields that it looks at."""


@record
class AllOf:
    """Every term is true; with none, of every row."""

    terms: tuple[Expression, ...] = ()

    def matches(self, row: Row) -> bool:
        return all(term.matches(row) for term in self.terms)

    def fields(self) -> Iterator[str]:
        for term in self.terms:
            yield from term.fields()


@record
class AnyOf:
    """At least one term is true."""

    terms: tuple[Expression, ...]

    def matches(self, row: Row) -> bool:
        return any(term.matches(row) for term in self.terms)

    def fields(self) -> Iterator[str]:
        for term in self.terms:
            yield from term.fields()


@record
class Not:
    """The term is false."""

    term: Expression

    def matches(self, row: Row) -> bool:
        return not self.term.matches(row)

    def fields(self) -> Iterator[str]:
        return self.term.fields()


@record
class Has:
    """A field has a value."""

    field: str

    def matches(self, row: Row) -> bool:
        return any(True for _ in row.values(self.field))

    def fields(self) -> Iterator[str]:
        yield self.field


@record
class Equal:
    """A value of a field is one of these, or in one of these ranges."""

    field: str
    items: tuple[Item, ...]

    def matches(self, row: Row) -> bool:
        values = row.values(self.field)
        return any(self._is_in(value, item) for value in values for item in self.items)

    def _is_in(self, value: Any, item: Item) -> bool:
        first, last = item
        if first is last:
            return FIELDS[self.field].equal(value, first)
        inside: bool = first.value <= value <= last.value
        return inside

    def fields(self) -> Iterator[str]:
        yield self.field


@record
class Part:
    """One of these is a part of a value of a field."""

    field: str
    parts: tuple[Any, ...]

    def matches(self, row: Row) -> bool:
        is_part = FIELDS[self.field].part
        return any(is_part(value, part) for value in row.values(self.field) for part in self.parts)

    def fields(self) -> Iterator[str]:
        yield self.field


@record
class Order:
    """The value of a field is below, at or above a number."""

    field: str
    operator: str
    number: Number

    def matches(self, row: Row) -> bool:
        return any(self._compare(value) for value in row.values(self.field))

    def _compare(self, value: int) -> bool:
        if value == self.number.value:
            return "=" in self.operator
        return (value < self.number.value) == self.operator.startswith("<")

    def fields(self) -> Iterator[str]:
        yield self.field


def cheap_first(terms: Sequence[Expression]) -> tuple[Expression, ...]:
    """Terms in an order in which those that need no decoding come first: the others are often not asked any more."""
    return tuple(sorted(terms, key=needs_decoding))


def needs_decoding(expression: Expression) -> bool:
    """Whether an expression looks at what stands in the bytes of an exchange, or may be hidden in them."""
    return any(field in DECODED for field in expression.fields())
