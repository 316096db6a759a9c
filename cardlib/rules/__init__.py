# SPDX-License-Identifier: MIT
"""Security rules, one file a theme; RULES is the order in which they are applied and printed."""

from __future__ import annotations

from . import integrity, keys, protocol
from .emv import authentication, cardholder, contactless, cryptogram, decisions, purse, series
from .engine import Case, Given, Payment, Result, Rule, check, payment_rule, rule, series_rule

__all__ = [
    "RULES",
    "Case",
    "Given",
    "Payment",
    "Result",
    "Rule",
    "check",
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
    purse,
    protocol,
)
RULES: tuple[Rule, ...] = tuple(
    found for theme in THEMES for found in vars(theme).values() if isinstance(found, Rule)
)
