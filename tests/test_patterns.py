# SPDX-License-Identifier: MIT
"""No regular expression of the library takes more than linear time, whatever text it is given."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from regex_growth import verdict

import cardlib
from cardlib.core import escape
from cardlib.core.patterns import LazyPattern
from cardlib.formats import FORMATS, otherwise
from cardlib.formats.text import chance, cutting, damage, dump_rows, prefixes, runs
from cardlib.formats.textformat import TextFormat

Pattern = re.Pattern[Any]


@cache
def modules() -> list[ModuleType]:
    """Every module of the library."""
    names = [module.name for module in pkgutil.walk_packages(cardlib.__path__, "cardlib.")]
    return [importlib.import_module(name) for name in names]


def eager(pattern: Any) -> Pattern:
    """A pattern, compiled where it was not yet."""
    if isinstance(pattern, LazyPattern):
        return pattern.compiled()
    return pattern


def held(thing: object, seen: dict[int, object]) -> Iterator[Pattern]:
    """The patterns in a value of a module: in tables, in records, in records of tables."""
    if id(thing) in seen or isinstance(thing, str | bytes | int | float):
        return
    seen[id(thing)] = thing
    if isinstance(thing, re.Pattern):
        yield thing
    elif isinstance(thing, LazyPattern):
        yield eager(thing)
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
    source = file.read_text("utf-8")
    if not re.search(r"^ *import re\b", source, re.M):
        return
    for node in ast.walk(ast.parse(source)):
        is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if is_call and isinstance(node.func.value, ast.Name) and node.func.value.id == "re":  # type: ignore[attr-defined]
            first = node.args[0] if node.args else None  # type: ignore[attr-defined]
            if isinstance(first, ast.Constant) and node.func.attr != "escape":  # type: ignore[attr-defined]
                yield re.compile(first.value)


@cache
def patterns() -> dict[str, Pattern]:
    """Every pattern of the library, once."""
    seen: dict[int, object] = {}
    found = [
        one
        for module in modules()
        for value in list(vars(module).values())
        for one in held(value, seen)
    ]
    found += [one for module in modules() for one in written(Path(module.__file__ or ""))]
    return {f"{one.pattern!r}{one.flags}": one for one in found}


@cache
def matched() -> set[Pattern]:
    """The patterns of which the library calls `match` alone."""
    lazy = [escape._FORMULA, cutting._REMARK_LINE, damage.SIGN_THEN_HEX, damage._TOKEN]
    lazy += [dump_rows._OFFSET, runs._LETTERS_ONLY]
    lazy += [pattern for _, pattern in prefixes.TOKENS]
    lazy += [kind.sign for kind in otherwise.KINDS]
    return {eager(pattern) for pattern in lazy}


@cache
def matched_whole() -> set[Pattern]:
    """The patterns of which the library calls `fullmatch` alone."""
    values = [*FORMATS, *(value for module in modules() for value in vars(module).values())]
    tables = [table for table in values if isinstance(table, TextFormat)]
    lazy = [rule.pattern for table in tables for rule in table.rules]
    lazy += [kind.line for kind in otherwise.KINDS]
    lazy += [damage._ODD_BETWEEN, chance.ARROW]
    return {eager(pattern) for pattern in lazy}


PARTS = 8  # tests that judge them
# A match that begins behind the start of a token is cut off by what stands before it, and one that cannot go to
# the end of its bytes ends at the byte before: the judge knows neither, so the engine shows it.
SHOWN = (eager(runs._RUN), eager(runs._LONG), eager(damage._TOKEN_BEFORE))
SLOWING = (
    "00 ",
    "00",
    "00:",
    "00, ",
    "00h ",
    "0x00, ",
    "0x0, ",
    "00.",
    "XX ",
    "00 .. ..",
    "[0,",
    "b'a",
    "\\x00",
    "0O ",
)

BAD = [  # the pattern, how it is called, what is repeated to slow it down
    (r"(?:a|a)+b", "match", "a", "exponential"),
    (r"(a+)+b", "match", "a", "exponential"),
    (r"(\w+\s?)*$", "match", "a", "exponential"),
    (r"(?:ab|a|b)*c", "match", "ab", "exponential"),
    (r"(?:a{0,300}){0,300}b", "match", "a", "exponential"),
    (r"a*a*a*b", "match", "a", "polynomial"),
    (r"\s*:?\s*x", "match", " ", "polynomial"),
    (r"(?=a*a*b)a", "match", "a", "polynomial"),
    (r"a*(?:b?a)*c", "match", "a", "polynomial"),
    (r"[^x]*x", "search", "a", "polynomial"),
    (r"(?:^|;)\s*;*x", "search", ";", "polynomial"),
]
TRIED = (r"(?:a|a)+b", r"(a+)+b", r"(\w+\s?)*$", r"a*a*a*b", r"[^x]*x")  # with the engine itself
GOOD = [  # as the bad ones, but for what makes them slow
    (r"(?:a|b)+c", "match"),
    (r"(a+b)+c", "match"),
    (r"(\w+\s)*$", "match"),
    (r"(?:ab|a)*c", "match"),
    (r"a*b*a*", "match"),
    (r"\s*:\s*x", "match"),
    (r"\s*:?\s*(.*)", "match"),
    (r"(?=a*b)a", "match"),
    (r"[^x]*x", "match"),
    (r"^[^x]*x", "search"),
    (r"x[^x]*y", "search"),
    (r"\[.*", "search"),
    (r"\[.*$", "search"),
]
# The child grows its text until the processor time that it may use is over.
CHILD = """
import re, sys
text, call, unit = sys.argv[1:]
size = 20.0
while size < 30_000_000:
    getattr(re.compile(text), call)(unit * int(size / len(unit)) + "!")
    size *= 1.2
"""


def test_all_patterns_are_found() -> None:
    assert len(patterns()) > 150
    values = [value for module in modules() for value in vars(module).values()]
    in_modules = {eager(value) for value in values if isinstance(value, re.Pattern | LazyPattern)}
    assert in_modules <= set(patterns().values())


@pytest.mark.parametrize(("text", "call", "unit", "growth"), BAD)
def test_a_pattern_that_is_not_linear_is_seen(text: str, call: str, unit: str, growth: str) -> None:
    assert verdict(re.compile(text), call) == growth


@pytest.mark.parametrize(("text", "call"), GOOD)
def test_a_linear_pattern_is_not_blamed(text: str, call: str) -> None:
    assert verdict(re.compile(text), call) == "linear"


def one_second() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (1, 2))


def tried(text: str, call: str, unit: str) -> Any:
    """One of each growth in every run, the others in the long one: each takes a second."""
    is_quick = text in (r"(a+)+b", r"[^x]*x")
    return pytest.param(text, call, unit, marks=[] if is_quick else [pytest.mark.long])


@pytest.mark.parametrize(
    ("text", "call", "unit"), [tried(*row[:3]) for row in BAD if row[0] in TRIED]
)
def test_the_engine_does_not_get_to_the_end_of_a_bad_pattern(
    text: str, call: str, unit: str
) -> None:
    """At 30 million characters a square is 10^15 steps: no machine does them in a second."""
    arguments = [sys.executable, "-I", "-c", CHILD, text, call, unit]
    child = subprocess.run(arguments, preexec_fn=one_second, check=False)
    assert child.returncode in (-signal.SIGXCPU, -signal.SIGKILL)


# Looks for all matches in long lines, with what spoils them at their end.
SEARCHES = """
import re, sys
pattern, length = re.compile(sys.argv[1], int(sys.argv[2])), int(sys.argv[3])
for unit in sys.argv[4:]:
    for tail in ("", "z", "!", "0", ":0z", " .."):
        for line in (unit * (length // len(unit)) + tail, (unit * 7 + tail) * (length // 50)):
            for match in pattern.finditer(line):
                pass
"""


def twenty_seconds() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (20, 25))


def searched(pattern: Pattern, length: int) -> int:
    """How a child ends that looks for a pattern in all the lines."""
    arguments = [
        sys.executable,
        "-I",
        "-c",
        SEARCHES,
        pattern.pattern,
        str(pattern.flags),
        str(length),
        *SLOWING,
    ]
    return subprocess.run(arguments, preexec_fn=twenty_seconds, check=False).returncode


@pytest.mark.parametrize("length", [80_000, pytest.param(400_000, marks=pytest.mark.long)])
@pytest.mark.parametrize("pattern", SHOWN, ids=["bytes", "long rows", "digits before bytes"])
def test_the_engine_gets_to_the_end_of_long_lines(pattern: Pattern, length: int) -> None:
    """At 80,000 characters a square is 6 * 10^9 steps, of 168 lines: no machine does them in twenty seconds."""
    assert searched(pattern, length) == 0


@pytest.mark.long
def test_a_square_does_not_get_to_the_end_of_long_lines() -> None:
    """Twenty seconds of the processor are what this takes."""
    assert searched(re.compile(r"[^x]*x"), 80_000) in (-signal.SIGXCPU, -signal.SIGKILL)


def calls(pattern: Pattern) -> list[str]:
    """How the library calls a pattern; where that is not known, what costs most."""
    if pattern in matched():
        return ["match"]
    if pattern in matched_whole():
        return ["fullmatch"]
    return ["search", "fullmatch"]


def slow_calls(pattern: Pattern) -> dict[str, str]:
    """How the library calls a pattern that then takes more than linear time: the call, and its growth."""
    growths = {call: verdict(pattern, call) for call in calls(pattern)}
    return {call: growth for call, growth in growths.items() if growth != "linear"}


@pytest.mark.parametrize("part", range(PARTS))
def test_the_patterns_of_the_library_are_linear(part: int) -> None:
    """But for those that the engine shows, above."""
    judged = [name for name, pattern in patterns().items() if pattern not in SHOWN][part::PARTS]
    assert len(judged) > 20
    slow = {name: slow_calls(patterns()[name]) for name in judged}
    assert {name: growth for name, growth in slow.items() if growth} == {}


def test_what_the_engine_shows_is_searched_for() -> None:
    assert not matched().intersection(SHOWN) | matched_whole().intersection(SHOWN)
