# SPDX-License-Identifier: MIT
"""Judge from its parse tree whether a regular expression may take more than linear time.

A pattern becomes an automaton with one state a character that it reads (Glushkov's construction), and
an edge for each way from one character to the next. Matching by trying is then as slow as the automaton
has ways to read the same text (Weideman and others, "Analyzing matching time behavior of backtracking
regular expression matchers by using ambiguity of NFA", 2016):

- exponential: two ways from a state back to itself read the same text;
- polynomial: a text leads from one loop to itself, to a second loop, and around the second.

A search begins anywhere, so it is a first loop that reads everything. States from which the match cannot
fail are left out: no other way is tried once they are reached.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from re import _compiler as compiler  # type: ignore[attr-defined]
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT)
READS_ONE = (op.LITERAL, op.NOT_LITERAL, op.ANY, op.IN, op.CATEGORY)
COPIES = 16  # so many characters in a row are written out
FEW = 3  # a repeat of so many is written out, a longer one stands as a loop
MANY = 2  # ways from state to state: more than one is enough to know
EXTRA = "\u2003\uff10中\udc80"
State = int


@dataclass
class Fragment:
    """A part of the automaton, with its ways in and out.

    `empty` counts the ways to read nothing; `free`: one of these is always open. `sure` are the states from
    which the end of the part can be reached without reading on and without a condition. `is_end`: it asks for the end
    of the text.
    """

    empty: int = 0
    free: bool = False
    is_end: bool = False
    first: Counter[State] = field(default_factory=Counter)
    last: Counter[State] = field(default_factory=Counter)
    sure: set[State] = field(default_factory=set)


def nothing() -> Fragment:
    return Fragment(empty=1, free=True)


def condition() -> Fragment:
    return Fragment(empty=1, free=False)


def either(parts: Iterable[Fragment]) -> Fragment:
    joined = Fragment()
    for part in parts:
        joined.empty = min(joined.empty + part.empty, MANY)
        joined.free = joined.free or part.free
        joined.first.update(part.first)
        joined.last.update(part.last)
        joined.sure |= part.sure
    return joined


class Automaton:
    """The states of a pattern: which characters each reads, and what may follow."""

    def __init__(self, pattern: re.Pattern[Any], call: str) -> None:
        self.is_bytes = isinstance(pattern.pattern, bytes)
        self.tree = parser.parse(pattern.pattern, pattern.flags)
        self.alphabet = alphabet(self.tree, self.is_bytes)
        self.everything = (1 << len(self.alphabet)) - 1
        self.reads: list[int] = []
        self.ways: list[Counter[State]] = []  # by any edge
        self.endless: list[
            Counter[State]
        ] = []  # without the edges back of repeats that have an upper limit
        self.dropped: set[State] = set()
        whole = self.sequence(self.tree, pattern.flags)
        self.start = self.state(self.everything if call == "search" else 0)
        self.connect(Counter({self.start: 1}), whole.first)
        if call == "search":
            self.connect(Counter({self.start: 1}), Counter({self.start: 1}))
        if call == "fullmatch":
            whole.sure = self.swallowing(whole.sure)
            whole.free = False
        self.dropped |= whole.sure
        if whole.free:
            self.dropped.add(self.start)
        self.drop()

    def state(self, reads: int) -> State:
        self.reads.append(reads)
        self.ways.append(Counter())
        self.endless.append(Counter())
        return len(self.reads) - 1

    def connect(
        self, before: Counter[State], after: Counter[State], is_endless: bool = True
    ) -> None:
        for left, ways_left in before.items():
            for right, ways_right in after.items():
                self.ways[left][right] += ways_left * ways_right
                if is_endless:
                    self.endless[left][right] += ways_left * ways_right

    def swallowing(self, states: set[State]) -> set[State]:
        """The states that read all that may come up to the end: text is given line by line, so `.` does."""
        line = self.everything & ~(1 << self.alphabet.index("\n"))
        return {
            state
            for state in states
            if self.ways[state][state] and self.reads[state] & line == line
        }

    def drop(self) -> None:
        """Take out the states that end all trying, and those that are only reached through them."""
        reached: set[State] = set()
        waiting = [self.start]
        while waiting:
            state = waiting.pop()
            if state in reached or state in self.dropped:
                continue
            reached.add(state)
            waiting += self.ways[state]
        for table in (self.ways, self.endless):
            for state, following in enumerate(table):
                kept = {after: count for after, count in following.items() if after in reached}
                table[state] = Counter(kept if state in reached else {})

    def sequence(self, items: Any, flags: int) -> Fragment:
        joined = nothing()
        for kind, value in items:
            joined = self.chain(joined, self.part(kind, value, flags))
        return joined

    def chain(self, before: Fragment, after: Fragment) -> Fragment:
        self.connect(before.last, after.first)
        joined = Fragment(
            empty=min(before.empty * after.empty, MANY), free=before.free and after.free
        )
        joined.first.update(before.first)
        joined.last.update(after.last)
        for _ in range(before.empty):
            joined.first.update(after.first)
        for _ in range(after.empty):
            joined.last.update(before.last)
        joined.sure = set(after.sure)
        if after.free:
            joined.sure |= before.sure
        if after.is_end:
            joined.sure |= self.swallowing(before.sure)
        return joined

    def part(self, kind: Any, value: Any, flags: int) -> Fragment:
        if kind in READS_ONE:
            return self.one(self.characters(kind, value, flags))
        if kind is op.BRANCH:
            return either([self.sequence(branch, flags) for branch in value[1]])
        if kind is op.SUBPATTERN:
            return self.sequence(value[3], (flags | value[1]) & ~value[2])
        if kind is op.ATOMIC_GROUP:
            return self.sequence(value, flags)
        if kind in REPEATS:
            return self.repeat(*value, flags)
        if kind in (op.ASSERT, op.ASSERT_NOT):
            return self.look(*value, flags)
        if kind is op.AT:
            return self.anchor(value)
        if kind is op.GROUPREF:
            return either([nothing(), self.one(self.everything)])
        raise ValueError(f"a part of patterns that is not known here: {kind}")

    def one(self, reads: int) -> Fragment:
        state = self.state(reads)
        return Fragment(first=Counter({state: 1}), last=Counter({state: 1}), sure={state})

    def characters(self, kind: Any, value: Any, flags: int) -> int:
        """The characters that one item reads, a bit each: asked of the engine itself."""
        item = parser.SubPattern(self.tree.state, [(kind, value)])
        reader = compiler.compile(item, flags & ~re.DEBUG)
        reads = 0
        for place, character in enumerate(self.alphabet):
            text = character.encode("latin-1") if self.is_bytes else character
            if reader.match(text):
                reads |= 1 << place
        return reads

    def repeat(self, least: int, most: Any, items: Any, flags: int) -> Fragment:
        is_endless = most is op.MAXREPEAT
        copies = min(least, COPIES)
        joined = nothing()
        for _ in range(max(copies - 1, 0)):
            joined = self.chain(joined, self.sequence(items, flags))
        if not is_endless and most - copies <= FEW:
            return self.chain(
                joined, self.written_out(min(copies, 1), most - max(copies - 1, 0), items, flags)
            )
        loop = self.sequence(items, flags)
        self.connect(loop.last, loop.first, is_endless)
        if copies == 0:
            loop = either([loop, nothing()])
            loop.empty = 1
        return self.chain(joined, loop)

    def written_out(self, least: int, most: int, items: Any, flags: int) -> Fragment:
        joined = nothing()
        for number in range(most, 0, -1):
            joined = self.chain(self.sequence(items, flags), joined)
            if number > least:
                joined = either([joined, nothing()])
                joined.empty = 1
        return joined

    def look(self, direction: int, items: Any, flags: int) -> Fragment:
        """What is looked at ahead is read, and leads nowhere; behind has a fixed length."""
        if direction < 0:
            return condition()
        ahead = self.sequence(items, flags)
        self.dropped |= ahead.sure
        return Fragment(empty=1, free=False, first=ahead.first)

    def anchor(self, where: Any) -> Fragment:
        """Before a beginning nothing was read, so it hangs on no state: what a search reads cannot lead there."""
        if where in (op.AT_BEGINNING, op.AT_BEGINNING_STRING):
            begin = self.state(0)
            return Fragment(first=Counter({begin: 1}), last=Counter({begin: 1}))
        return Fragment(empty=1, is_end=where in (op.AT_END, op.AT_END_STRING))


def alphabet(tree: Any, is_bytes: bool) -> str:
    """The characters that are told apart: Latin-1, some beyond, and all that the pattern names."""
    latin = "".join(map(chr, range(256)))
    if is_bytes:
        return latin
    named = {chr(code) for code in literals(tree)} | set(EXTRA)
    return latin + "".join(sorted(named - set(latin)))


def literals(items: Any) -> Iterator[int]:
    for item in items:
        if isinstance(item, tuple | list | parser.SubPattern):
            yield from literals(item)
        elif type(item) is int and 0 <= item < 0x110000:
            yield item


def circles(ways: list[Counter[State]]) -> dict[State, frozenset[State]]:
    """The states of each loop: those that lead to one another."""
    ahead = [reach(ways, state) for state in range(len(ways))]
    found = {}
    for state, states in enumerate(ahead):
        if state in states:
            found[state] = frozenset(other for other in states if state in ahead[other])
    return found


def reach(ways: list[Counter[State]], begin: State) -> set[State]:
    reached: set[State] = set()
    waiting = list(ways[begin])
    while waiting:
        state = waiting.pop()
        if state not in reached:
            reached.add(state)
            waiting += ways[state]
    return reached


def is_exponential(automaton: Automaton) -> bool:
    """Whether two ways around a loop read the same text."""
    for states in set(circles(automaton.ways).values()):
        for state in states:
            if any(
                count >= MANY for after, count in automaton.ways[state].items() if after in states
            ):
                return True
        if parts_and_meets(automaton, states):
            return True
    return False


def parts_and_meets(automaton: Automaton, states: frozenset[State]) -> bool:
    number = {
        pair: place
        for place, pair in enumerate((left, right) for left in states for right in states)
    }
    ways: list[Counter[State]] = [Counter() for _ in number]
    for (left, right), place in number.items():
        for after in automaton.ways[left]:
            for other in automaton.ways[right]:
                if automaton.reads[after] & automaton.reads[other] and (after, other) in number:
                    ways[place][number[after, other]] = 1
    begin = next(iter(states))
    ahead = reach(ways, number[begin, begin])
    pairs = list(number)
    apart = [place for place in ahead if pairs[place][0] != pairs[place][1]]
    return any(number[begin, begin] in reach(ways, place) for place in apart)


def is_polynomial(automaton: Automaton) -> bool:
    """Whether one text leads around a loop, from it to a second one, and around that."""
    loops = circles(automaton.endless)
    for begin, first in loops.items():
        ahead = reach(automaton.ways, begin)
        for end, second in loops.items():
            if end != begin and end in ahead and lead_on(automaton, begin, first, end, second):
                return True
    return False


def lead_on(
    automaton: Automaton,
    begin: State,
    first: frozenset[State],
    end: State,
    second: frozenset[State],
) -> bool:
    """Whether the three ways begin-begin, begin-end and end-end can be read off one text."""
    ways, reads = automaton.ways, automaton.reads
    seen: set[tuple[State, State, State]] = set()
    waiting = [(begin, begin, end)]
    while waiting:
        around, between, behind = waiting.pop()
        for next_between in ways[between]:
            for next_around in first.intersection(automaton.endless[around]):
                common = reads[next_between] & reads[next_around]
                if not common:
                    continue
                for next_behind in second.intersection(automaton.endless[behind]):
                    triple = (next_around, next_between, next_behind)
                    if common & reads[next_behind] and triple not in seen:
                        seen.add(triple)
                        waiting.append(triple)
        if (begin, end, end) in seen:
            return True
    return False


def verdict(pattern: re.Pattern[Any], call: str) -> str:
    """`linear`, `polynomial` or `exponential`, for a pattern and the way it is called: search, match or fullmatch."""
    automaton = Automaton(pattern, call)
    if is_exponential(automaton):
        return "exponential"
    return "polynomial" if is_polynomial(automaton) else "linear"
