# SPDX-License-Identifier: MIT
"""What differs in every two captures is counted and folded away; where it repeats or falls, it is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from ..core.model import Fresh
from .contrasts import Contrast

# Kinds of secrets that say which card it is: where they differ, there are two cards.
CARD_NUMBERS = ("pan", "track", "card", "iccid", "imsi")


def is_one_run(contrasts: Sequence[Contrast]) -> bool:
    """Whether of the elements that must differ between two runs more are equal than not."""
    equal, unlike = set(), set()
    for contrast in contrasts:
        if contrast.kind == "repeated":
            equal.add(contrast.element)
        elif contrast.fresh_a is not None and contrast.fresh != "may repeat":
            unlike.add(contrast.element)
    return len(equal - unlike) > len(unlike)


def fold(contrasts: Sequence[Contrast]) -> tuple[list[Contrast], Counter[str]]:
    """What is shown, and how often what was folded: what is new and as long as the other, a counter that rises."""
    may_repeat: set[Fresh] = {"may repeat"}
    if any(_is_card_number(contrast) for contrast in contrasts):
        may_repeat.add("rises")  # counters of two cards say nothing
    repeated = _repeated(contrasts, may_repeat)
    shown: list[Contrast] = []
    hidden: Counter[str] = Counter()
    for number, contrast in enumerate(contrasts):
        if contrast.is_fresh and contrast.fresh in may_repeat:
            hidden[contrast.element] += contrast.kind != "repeated"
        elif number in repeated:
            shown.append(replace(contrast, kind="repeated"))
        elif _is_as_expected(contrast):
            hidden[contrast.element] += 1
        else:
            shown.append(contrast)
    return shown, +hidden  # without those that were counted 0 times


def _is_card_number(contrast: Contrast) -> bool:
    part = contrast.a or contrast.b
    return bool(part and part.node and part.node.fact.sensitive in CARD_NUMBERS)


def _repeated(contrasts: Sequence[Contrast], may_repeat: set[Fresh]) -> set[int]:
    """Which contrasts have a value in the second that was there before, or that stands for two of the first."""
    before = {(contrast.element, contrast.fresh_a) for contrast in contrasts}
    stood_for: dict[tuple[str, bytes], bytes] = {}
    numbers = set()
    for number, contrast in enumerate(contrasts):
        x, y = contrast.fresh_a, contrast.fresh_b
        if x is None or y is None or contrast.fresh in may_repeat:
            continue
        value = (contrast.element, y)
        if value in before or stood_for.setdefault(value, x) != x:
            numbers.add(number)
    return numbers


def _is_as_expected(contrast: Contrast) -> bool:
    """Whether a fresh value differs as it should: as long as the other, and a counter is higher."""
    x, y = contrast.fresh_a, contrast.fresh_b
    if x is None or y is None or len(x) != len(y):
        return False
    return contrast.fresh != "rises" or x <= y
