# SPDX-License-Identifier: MIT
"""How much work a call is: counted, so it is the same on every machine."""

from __future__ import annotations

import cProfile
import sys
from collections.abc import Callable, Sequence
from typing import Any


def events(call: Callable[..., Any], *arguments: Any) -> int:
    """How often functions are called and return meanwhile, those written in C included."""
    before = sys.getprofile()
    profile = cProfile.Profile(subcalls=False)
    profile.enable()
    try:
        call(*arguments)
    finally:
        profile.disable()
        sys.setprofile(before)
    return 2 * sum(entry.callcount for entry in profile.getstats())


def is_even(work: Sequence[int]) -> bool:
    """Whether twice as much to do was at most twice the work; some more where a buffer begins."""
    half, whole = work
    return whole <= 2.1 * half + 1000
