# SPDX-License-Identifier: MIT
"""Patterns that are compiled at their first use behave as those that are compiled at once."""

from __future__ import annotations

import re

import pytest

from cardlib.core.patterns import LazyPattern, lazy


def test_a_pattern_that_is_none_is_refused_at_its_first_use() -> None:
    pattern = lazy("(")
    with pytest.raises(re.error):
        pattern.match("(")


def test_nothing_is_compiled_before_the_first_use() -> None:
    pattern = lazy("a+")
    assert set(vars(pattern)) == {"_text", "_flags"}
    match = pattern.fullmatch("aa")
    assert match and match.re == re.compile("a+")
    assert set(vars(pattern)) == {"_text", "_flags", "fullmatch"}


def test_it_has_what_a_pattern_has() -> None:
    pattern, eager = lazy("(?P<x>A)|b", re.IGNORECASE), re.compile("(?P<x>A)|b", re.IGNORECASE)
    assert isinstance(pattern, LazyPattern) and pattern.compiled() == eager
    assert (pattern.pattern, pattern.flags, pattern.groups) == ("(?P<x>A)|b", eager.flags, 1)
    assert pattern.groupindex == {"x": 1}
    assert pattern.search("-a") and not pattern.match("-a") and not pattern.fullmatch("ab")
    assert pattern.sub("", "aBc") == "c"


def test_what_a_pattern_does_not_have_it_does_not_have() -> None:
    assert not hasattr(lazy("a"), "fits")
