# SPDX-License-Identifier: MIT
"""Records compare, hash and print like the dataclasses that they are, from the first call on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from cardlib.core.records import record


@record
class Point:
    x: int
    y: int = 0
    name: str = field(default="", compare=False)
    data: bytes = field(default=b"", repr=False)


@record
class Other:
    x: int
    y: int = 0
    name: str = ""
    data: bytes = b""


@record
class Named:
    x: int

    def __repr__(self) -> str:
        return "as it likes"


@record
class Empty:
    pass


@dataclass
class Holder:
    held: Any


def fresh() -> type[Any]:
    """A record whose methods nobody called yet."""

    @record
    class Fresh:
        x: int
        y: int = 0

    return Fresh


def test_another_type_is_not_equal() -> None:
    assert Point(1) != Other(1) and Point(1) != (1, 0, "", b"")
    assert Point(1).__eq__(Other(1)) is NotImplemented


def test_a_field_that_cannot_be_hashed() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(Point([]))  # type: ignore[arg-type]


def test_equal_by_the_fields_that_are_compared() -> None:
    assert Point(1, 2, "a") == Point(1, 2, "b")
    assert Point(1, 2) != Point(2, 1)
    assert Point(1, 2, data=b"\1") != Point(1, 2)


def test_hash_is_that_of_the_fields_that_are_compared() -> None:
    assert hash(Point(1, 2, "a", b"z")) == hash((1, 2, b"z"))
    assert len({Point(1, 2, "a"), Point(1, 2, "b"), Point(1, 3)}) == 2
    assert hash(Empty()) == hash(()) and Empty() == Empty()


def test_text_names_the_type_and_the_fields_that_are_shown() -> None:
    assert repr(Point(1, 2, "a", b"secret")) == "Point(x=1, y=2, name='a')"
    assert repr(Empty()) == "Empty()"
    assert repr(Named(1)) == "as it likes" and Named(1) == Named(1)


def test_text_of_what_holds_itself_ends() -> None:
    holder = Holder(None)
    holder.held = Point(holder)  # type: ignore[arg-type]
    assert repr(holder.held).count("Point") == 1


@pytest.mark.parametrize("first", [repr, hash, lambda value: value == value])
def test_whatever_is_asked_first_the_methods_are_compiled_once(first: Any) -> None:
    fresh_type = fresh()
    names = ("__eq__", "__hash__", "__repr__")
    before = [getattr(fresh_type, name) for name in names]
    first(fresh_type(1))
    after = [getattr(fresh_type, name) for name in names]
    assert all(old is not new for old, new in zip(before, after, strict=True))
    again = fresh_type(1, 2)
    assert (again, hash(again)) == (fresh_type(1, 2), hash((1, 2)))
    assert repr(again).endswith("Fresh(x=1, y=2)")
    assert [getattr(fresh_type, name) for name in names] == after


def test_nothing_is_put_beside_the_fields() -> None:
    with pytest.raises(AttributeError):
        Point(1).z = 2  # type: ignore[attr-defined]
    assert Point.__match_args__ == ("x", "y", "name", "data")
