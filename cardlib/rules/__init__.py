# SPDX-License-Identifier: MIT
"""Security rules, one file a theme; RULES is the order in which they are applied and printed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import ModuleType

from ..core.model import Capture, Finding
from ..road.meaning import with_views
from ..road.sources import Source
from . import (
    chips,
    engine,
    identity,
    integrity,
    judgement,
    management,
    payment_codes,
    protocol,
    purse,
    telecom,
    token_keys,
    tokens,
)
from .emv import (
    authentication,
    cardholder,
    contactless,
    cryptogram,
    decisions,
    keys,
    series,
    unionpay,
)
from .emv.payment import Payment, given, payment_rule, series_rule
from .emv.payment import PaymentCase as Case
from .emv.payment import PaymentGiven as Given
from .emv.payment import capture_rule as rule
from .engine import Result, Rule

__all__ = [
    "RULES",
    "Case",
    "Given",
    "Payment",
    "Result",
    "Rule",
    "check",
    "given",
    "payment_rule",
    "rule",
    "series_rule",
]

THEMES = (
    integrity,
    authentication,
    cardholder,
    contactless,
    cryptogram,
    decisions,
    keys,
    series,
    unionpay,
    purse,
    chips,
    payment_codes,
    tokens,
    token_keys,
    identity,
    telecom,
    management,
    protocol,
)


def rules_of(theme: ModuleType) -> list[Rule]:
    """The rules of a theme in the order of its file; a theme of several files lists them as RULES."""
    listed = getattr(theme, "RULES", None) or vars(theme).values()
    return [value for value in listed if isinstance(value, Rule)]


RULES: tuple[Rule, ...] = tuple(entry for theme in THEMES for entry in rules_of(theme))


@with_views
def check(
    source: Source | Sequence[Capture],
    rules: Iterable[Rule],
    given: Given = Given(),  # noqa: B008 - never changed
    watch: judgement.Watch = judgement.unwatched,
) -> list[Finding]:
    """Apply rules to a capture, or to several; each rule says at least once what it concluded, or why it could not.

    `watch` is handed what the rules look at, and how many that are; it passes them on.
    """
    cases = tuple(Case(part, given) for part in engine.sources(source))
    return judgement.findings(rules, cases, watch)
