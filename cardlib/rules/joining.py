# SPDX-License-Identifier: MIT
"""By which values the captures belong together that a rule over several of them compares: a card, a number, a key.

So such a rule can be applied to thousands of captures: to those that share a value, not to all at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from .engine import Case, Rule

J = TypeVar("J", bound=Callable[..., Any])
Values = Callable[[Any], Iterable[bytes]]

_values: dict[Callable[..., Any], Values] = {}


def joined_by(values: Values) -> Callable[[J], J]:
    """Name the function that gives these values of one capture; it stands between the rule and its decorator."""

    def decorate(judge: J) -> J:
        _values[judge] = values
        return judge

    return decorate


def is_joined(rule: Rule) -> bool:
    """Whether a rule compares captures, and it is known which."""
    return rule.judge in _values


def joining(rule: Rule, case: Case) -> set[bytes]:
    """The values by which a capture belongs together with others; none where reading them breaks the rule."""
    try:
        return set(_values[rule.judge](case))
    except Exception:  # as in the engine: a rule that breaks costs its own verdict
        return set()
