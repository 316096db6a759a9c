# SPDX-License-Identifier: MIT
"""No regular expression of the library takes more than linear time, whatever text it is given."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import pytest

import cardlib
from cardlib import escape
from cardlib.formats import FORMATS, hexpairs
from cardlib.formats.rules import TextFormat

SHORT, LONG = 6000, 100_000
SMALL = (18, 22, 26, 31, 37, 44, 53, 64, 77, 92)  # enough where time doubles with each character
FLOOR, LIMIT = 0.004, 3.0  # seconds below which nobody need look; growth at twice the length
MODULES = [importlib.import_module(one.name) for one in pkgutil.walk_packages(cardlib.__path__, "cardlib.")]
Pattern = re.Pattern[Any]


def held(thing: object, seen: dict[int, object]) -> Iterator[Pattern]:
    """The patterns in a value of a module: in tables, in records, in records of tables."""
    if id(thing) in seen or isinstance(thing, str | bytes | int | float):
        return
    seen[id(thing)] = thing
    if isinstance(thing, re.Pattern):
        yield thing
    elif isinstance(thing, dict):
        for value in thing.values():
            yield from held(value, seen)
    elif isinstance(thing, list | tuple | set | frozenset):
        for value in thing:
            yield from held(value, seen)
    elif type(thing).__module__.startswith("cardlib."):
        names = [*getattr(thing, "__slots__", ()), *getattr(thing, "__dict__", ())]
        for name in names:
            yield from held(getattr(thing, name, None), seen)


def written(file: Path) -> Iterator[Pattern]:
    """The patterns that stand in calls of `re`, in functions too."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if is_call and isinstance(node.func.value, ast.Name) and node.func.value.id == "re":  # type: ignore[attr-defined]
            first = node.args[0] if node.args else None  # type: ignore[attr-defined]
            if isinstance(first, ast.Constant) and node.func.attr != "escape":  # type: ignore[attr-defined]
                yield re.compile(first.value)


def patterns() -> dict[str, Pattern]:
    """Every pattern of the library, once."""
    seen: dict[int, object] = {}
    found = [one for module in MODULES for value in list(vars(module).values()) for one in held(value, seen)]
    found += [one for module in MODULES for one in written(Path(module.__file__ or ""))]
    return {f"{one.pattern!r}{one.flags}": one for one in found}


def example(items: Any) -> str:
    """A text that a parsed pattern matches, or nearly."""
    return "".join(_of(*item) for item in items)


def _of(kind: Any, value: Any) -> str:
    if kind in (op.LITERAL, op.NOT_LITERAL):
        return chr(value if kind is op.LITERAL else value ^ 1)
    if kind is op.ANY:
        return "a"
    if kind is op.IN:
        return _in(value)
    if kind is op.BRANCH:
        return example(value[1][0])
    if kind is op.SUBPATTERN:
        return example(value[3])
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        return example(value[2]) * max(value[0], 1)
    return ""


def _in(value: Any) -> str:
    kind, first = value[0]
    if kind is op.NEGATE:
        return "a" if value[1][1] != ord("a") else "b"
    if kind is op.CATEGORY:
        names = {op.CATEGORY_DIGIT: "7", op.CATEGORY_SPACE: " ", op.CATEGORY_WORD: "A", op.CATEGORY_NOT_SPACE: "A"}
        return names.get(first, "-")
    return chr(first[0] if kind is op.RANGE else first)


def evil(items: Any, before: str = "") -> Iterator[tuple[str, str]]:
    """What is written once and what is repeated behind it: each part of a pattern, and all up to it."""
    at = before
    for kind, value in items:
        one = _of(kind, value)
        yield at, one
        yield before, at[len(before) :] + one
        for inner in _inside(kind, value):
            yield from evil(inner, at)
        at += one


def _inside(kind: Any, value: Any) -> Iterator[Any]:
    if kind is op.BRANCH:
        yield from value[1]
    elif kind is op.SUBPATTERN:
        yield value[3]
    elif kind in (op.MAX_REPEAT, op.MIN_REPEAT):
        yield value[2]
    elif kind in (op.ASSERT, op.ASSERT_NOT):
        yield value[1]


def texts(one: Pattern) -> set[tuple[str, str]]:
    """Beginnings and what is repeated behind them, for one pattern."""
    usual = {("", unit) for unit in ("0", "A", "a", " ", "00 ", "\t", "a ", ": ", "[", "<", ">", "é")}
    return usual | {(head, unit) for head, unit in evil(parser.parse(one.pattern, one.flags)) if unit}


def took(call: Callable[[Any], object], text: Any) -> float:
    begin = time.thread_time()
    call(text)
    return time.thread_time() - begin


def growth(call: Callable[[Any], object], half: Any, whole: Any) -> float:
    few, many = (min(took(call, text) for _ in range(3)) for text in (half, whole))
    return many / few


def is_linear(one: Pattern, call: Callable[[Any], object], head: str, unit: str, longest: int = SHORT) -> bool:
    """Whether time grows with the length; where it is too short to tell, it does not matter."""

    def text(size: int) -> Any:
        whole = head + unit * (size // len(unit)) + "\0"
        return whole.encode("latin-1", "replace") if isinstance(one.pattern, bytes) else whole

    for size in (*SMALL, SHORT, longest):
        if took(call, text(size)) > FLOOR and all(growth(call, text(size // 2), text(size)) > LIMIT for _ in range(2)):
            return False
    return True


PATTERNS = patterns()
TABLES = [one for one in FORMATS if isinstance(one, TextFormat)]
# The library calls nothing else of these.
MATCHED = {escape._FORMULA, hexpairs._SKIPPED, hexpairs._LITERAL, *hexpairs._MARKS}
WHOLE = {rule.pattern for one in TABLES for rule in one.rules}


def test_all_patterns_are_found() -> None:
    assert len(PATTERNS) > 150
    assert {one for module in MODULES for one in vars(module).values() if isinstance(one, re.Pattern)} <= set(
        PATTERNS.values()
    )


@pytest.mark.parametrize("text", [r"(?:a|a)+b", r"a*a*a*b", r"[^x]*x"])
def test_a_pattern_that_is_not_linear_is_seen(text: str) -> None:
    one = re.compile(text)
    assert not all(is_linear(one, one.search, *row) for row in texts(one))


def slow(one: Pattern, longest: int) -> list[tuple[str, str]]:
    known = [one.match] if one in MATCHED else [one.fullmatch] if one in WHOLE else []
    calls = known or [one.search, one.fullmatch]
    rows = sorted(texts(one))
    some = rows if longest > SHORT else rows[:: len(rows) // 40 + 1]
    return [row for row in some for call in calls if not is_linear(one, call, *row, longest)]


@pytest.mark.parametrize("name", PATTERNS)
def test_time_grows_with_the_text(name: str) -> None:
    assert slow(PATTERNS[name], SHORT) == []


@pytest.mark.long
@pytest.mark.parametrize("name", PATTERNS)
def test_time_grows_with_a_long_text(name: str) -> None:
    assert slow(PATTERNS[name], LONG) == []
