# SPDX-License-Identifier: MIT
"""Security rules, one file a theme; RULES is the order in which they are applied and printed."""

from __future__ import annotations

from .authentication import no_offline_authentication
from .cardholder import plaintext_pin
from .engine import Case, Result, Rule, check, rule
from .integrity import integrity

__all__ = ["RULES", "Case", "Result", "Rule", "check", "rule"]

RULES: tuple[Rule, ...] = (integrity, no_offline_authentication, plaintext_pin)
