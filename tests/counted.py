# SPDX-License-Identifier: MIT
"""How much work a call is: counted, so it is the same on every machine."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Sequence
from typing import Any


def events(call: Callable[..., Any], *arguments: Any) -> int:
    """How often functions are called and return meanwhile, those written in C included."""
    count = itertools.count()
    before = sys.getprofile()
    sys.setprofile(lambda *_: next(count) and None)
    try:
        call(*arguments)
    finally:
        sys.setprofile(before)
    return next(count)


def is_even(work: Sequence[int]) -> bool:
    """Whether twice as much to do was at most twice the work; some more where a buffer begins."""
    half, whole = work
    return whole <= 2.1 * half + 1000
