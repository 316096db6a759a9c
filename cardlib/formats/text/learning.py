# SPDX-License-Identifier: MIT
"""What stands around the halves of a log: counted over the file, and asked when it is read again."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from ...core.model import record
from . import chance, costs
from .fields import Field
from .hints import NO_HINTS, Hints
from .not_bytes import ends_in_status_word, is_status_word
from .repeats import plain_twins, repeated, without_unfounded
from .search import best_roles
from .states import Context

ROLE_GROUPS = "CAKN"
_GROUP_OF = {
    "C": "C",
    "A": "A",
    "K": "K",
    "S": "K",
    "F": "K",
    "P": "K",
    "N": "N",
    "D": "N",
}
_ROUNDS = 6
_WORD = re.compile(r"[^\W\d_]{2,}")
_LAST_WORDS = 3
_LEAST_PURITY = 0.6
_MOST_COST = 5.0
_HEAVY = 5.0  # the weight of words and arrows where bytes say little
_CLEARLY = 40.0  # bits, more than one exchange shows
_TOLD = 20.0  # what a caller's hint is worth
_FADES = 5
_MANY = 60  # fields that show at the first reading whether they are a dialogue

Counts = dict[str, dict[str, int]]


@record
class Reading:
    """The fields of a text, the role of each, and what the surroundings of each role were."""

    fields: Sequence[Field]
    roles: str
    cost: float
    counts: Counts


def features(field: Field) -> list[str]:
    """The surroundings of a field, from the whole text in front of it to its words.

    Fields of one byte and those that may be a status word have features of their own: one mark often
    stands before answers and before status words.
    """
    size = ""
    if field.size == 1:
        size = "#1"
    elif is_status_word(field):
        size = "#2"
    text = field.pre
    kind = "="
    if field.is_bare:
        text = field.label
        kind = "above="
        if not text:
            text = f"bare {field.gap}"
    found_words = _WORD.findall(text.lower())
    general = [f"{kind}{text}|{field.place}"]
    if found_words:
        general.append(f"last {' '.join(found_words[-_LAST_WORDS:])}")
        general += [f"word {word}" for word in dict.fromkeys(found_words)]
    elif text.strip():
        general.append(f"signs {text.strip()}|{field.place}")
    if not size:
        return general
    return [name + size for name in general] + general


def read(fields: Sequence[Field], hints: Hints, counts: Counts | None = None) -> Reading:
    """The best dialogue: read, count what surroundings went with each role, and read again.

    Where the bytes say little (commands that nobody knows, no templates), words and arrows weigh more.
    """
    if hints or counts:
        return _best(fields, hints, counts)
    return _first(tuple(fields))


@lru_cache(maxsize=4)
def _first(fields: tuple[Field, ...]) -> Reading:
    """The reading of the beginning of a file: recognition and the reader both ask for it."""
    return _best(list(fields), NO_HINTS, None)


def _best(fields: Sequence[Field], hints: Hints, counts: Counts | None) -> Reading:
    reading = _read(fields, hints, counts, 1.0)
    if not (hints or counts) and is_hopeless(fields, reading.roles):
        return reading
    commands = [
        field.data
        for field, role in zip(fields, reading.roles, strict=True)
        if role == "C" and field.data is not None
    ]
    sound = sum(costs.is_sound_command(data) for data in commands)
    if 2 * sound > len(commands):
        return reading
    by_words = _read(fields, hints, counts, _HEAVY)
    shown = chance.bits(fields, reading.roles)
    if shown > chance.bits(fields, by_words.roles) + _CLEARLY:
        return reading  # the words mean the opposite
    return by_words


def _read(fields: Sequence[Field], hints: Hints, counts: Counts | None, weight: float) -> Reading:
    doubled = repeated(fields)
    twins = plain_twins(fields)
    names = [features(field) for field in fields]
    learned: Counts = counts or {}
    roles = ""
    new_roles = ""
    cost = 0.0
    for _ in range(_ROUNDS):
        surroundings = _Surroundings(fields, names, learned, hints, roles, weight)
        context = Context(fields, doubled, twins, surroundings.cost, _no_answer(fields))
        new_roles, cost = best_roles(context)
        if new_roles == roles:
            break
        if not (roles or hints or counts) and is_hopeless(fields, new_roles):
            break
        founded = without_unfounded(fields, new_roles, doubled)
        if founded != doubled:
            doubled = founded  # and what was learned from that reading is wrong
            roles = ""
            learned = counts or {}
            continue
        roles = new_roles
        learned = counted(names, roles, counts)
        if len(fields) < 3:
            break
    return Reading(fields, _first_answers_first(fields, new_roles, learned), cost, learned)


def _first_answers_first(fields: Sequence[Field], roles: str, counts: Counts) -> str:
    """The roles, where of several answers to a command the first counts: the others lost their commands."""
    ordered = list(roles)
    for index, role in enumerate(roles):
        goes_on = roles[index + 1 : index + 2] in tuple("KSF")
        if role != "A" or goes_on:
            continue
        place = index
        while place > 0 and ordered[place - 1] == "N":
            if not _is_like_answer(fields[place - 1], fields[place], counts):
                break
            ordered[place - 1 : place + 1] = ["A", "N"]
            place -= 1
    return "".join(ordered)


def _is_like_answer(field: Field, answer: Field, counts: Counts) -> bool:
    """Whether a field has the mark of the answer below it, and this mark means answers elsewhere."""
    if field.pre != answer.pre or field.place or answer.place or not field.pre.strip():
        return False
    if field.kind != answer.kind or not ends_in_status_word(field):
        return False
    of_mark = counts.get(features(field)[0].partition("#")[0], {})
    return of_mark.get("A", 0) > of_mark.get("N", 0)


def is_hopeless(fields: Sequence[Field], roles: str) -> bool:
    """Whether a reading of many fields shows less than chance does: learning from it is in vain."""
    if len(fields) < _MANY or chance.has_only_arrows(fields):
        return False
    return chance.bits(fields, roles) < 0


def _no_answer(fields: Sequence[Field]) -> float:
    """What a command without answer costs: little in a file that has no answers."""
    for field in fields:
        if field.data is None or ends_in_status_word(field):
            return costs.NO_ANSWER
    return costs.NO_ANSWERS_AT_ALL


def counted(names: Sequence[Sequence[str]], roles: str, before: Counts | None = None) -> Counts:
    """How often each feature went with each group of roles."""
    counts: Counts = {}
    if before:
        counts = {name: dict(of_name) for name, of_name in before.items()}
    for of_field, role in zip(names, roles, strict=True):
        group = _GROUP_OF.get(role)
        if group is None:
            continue
        for name in of_field:
            of_name = counts.setdefault(name, {})
            of_name[group] = of_name.get(group, 0) + 1
    return counts


class _Surroundings:
    """What it costs to give a field a role, by what stands around it."""

    def __init__(
        self,
        fields: Sequence[Field],
        names: Sequence[Sequence[str]],
        counts: Counts,
        hints: Hints,
        roles: str,
        weight: float,
    ) -> None:
        self.weight = weight  # of words and arrows
        self.fields = fields
        self.names = names
        self.counts = counts
        self.hints = hints
        self.roles = roles
        self.known: dict[int, Mapping[str, float]] = {}

    def cost(self, index: int, group: str) -> float:
        """The cost of a group of roles."""
        by_group = self.known.get(index)
        if by_group is None:
            by_group = self._costs(index)
            self.known[index] = by_group
        return by_group[group]

    def _costs(self, index: int) -> Mapping[str, float]:
        field = self.fields[index]
        prior = _prior(field, self.weight)
        hinted = _hinted(field, self.hints)
        if hinted:
            return hinted
        own_group = ""
        if self.roles:
            own_group = _GROUP_OF.get(self.roles[index], "")
        best = self._purest(index, own_group)
        if best is None:
            return prior
        of_name, total = best
        weight = 0.6 + min(1.0, total / 10)
        fading = 1 / (1 + total / _FADES)
        learned = {}
        for group in ROLE_GROUPS:
            share = (of_name.get(group, 0) + 0.3) / (total + 1.2)
            cost = min(_MOST_COST, -math.log(share)) * weight
            learned[group] = cost + prior[group] * fading
        if field.data is not None and field.kind == "number":  # stays cheap, whatever was learned
            learned["N"] = min(learned["N"], 1.0)
        if self._only_beside(index):
            for group in "CAK":
                learned[group] += costs.NEVER_A_HALF
        return learned

    def _only_beside(self, index: int) -> bool:
        """Whether all other fields with the same text in front are no part of the dialogue."""
        if self.fields[index].is_bare:
            return False
        of_text = dict(self.counts.get(self.names[index][0], {}))
        group = _GROUP_OF.get(self.roles[index], "") if self.roles else ""
        if group in of_text:
            of_text[group] -= 1
        return of_text.get("N", 0) > 1 and sum(of_text.values()) == of_text["N"]

    def _purest(self, index: int, own_group: str) -> tuple[Mapping[str, int], int] | None:
        """The counts of the feature that says most, without the field itself."""
        best: tuple[Mapping[str, int], int] | None = None
        best_share = _LEAST_PURITY
        for name in self.names[index]:
            of_name = self.counts.get(name)
            if not of_name:
                continue
            # What is rare must not justify itself.
            if own_group in of_name and of_name[own_group] * 2 <= sum(of_name.values()):
                of_name = dict(of_name)
                of_name[own_group] -= 1
            total = sum(of_name.values())
            if total == 0:
                continue
            share = (max(of_name.values()) + 0.3) / (total + 1.2)
            if share > best_share:
                best_share = share
                best = (of_name, total)
        return best


def _prior(field: Field, weight: float) -> Mapping[str, float]:
    """What words and arrows suggest."""
    suggested = field.direction
    if not suggested:
        return {"C": costs.NO_WORD, "A": costs.NO_WORD, "K": 0.0, "N": 0.0}
    other = costs.OTHER_WORD * weight
    by_group = {"C": other, "A": other, "K": 0.0, "N": 0.0}
    if weight > 1:
        by_group |= {"K": other / 2, "N": other / 2}
    by_group[suggested] = 0.0
    return by_group


def _hinted(field: Field, hints: Hints) -> Mapping[str, float] | None:
    """What the caller says about lines with a text."""
    text = field.label + field.pre
    for role, other, hint_texts in (("C", "A", hints.to_card), ("A", "C", hints.from_card)):
        if any(hint in text for hint in hint_texts):
            return {role: 0.0, other: _TOLD, "K": 1.0, "N": 2.0}
    return None
