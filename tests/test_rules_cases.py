# SPDX-License-Identifier: MIT
"""The cases of all themes: each rule fails on one capture, shows the bytes, and passes on the other."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
from dialogue import fails_and_passes, judged, payment

from cardlib import Capture
from cardlib.rules import (
    chips,
    identity,
    management,
    payment_codes,
    purse,
    rules_of,
    telecom,
    token_keys,
    tokens,
)

# Files whose cases have another form (makers of captures, several captures, keys) and a test of their own.
OTHER_FORMS = {
    "test_rules_emv_keys",
    "test_rules_emv_series",
    "test_rules_identity",
    "test_rules_management",
    "test_rules_payment_codes",
}
OTHER_CARDS = (purse, chips, payment_codes, tokens, token_keys, identity, telecom, management)


def cases_of_all() -> dict[str, tuple[Capture, Capture, str]]:
    """By rule: a capture on which it fails, one on which it passes, and the bytes that the failure shows."""
    cases: dict[str, Any] = {}
    for file in sorted(Path(__file__).parent.glob("test_rules_*.py")):
        if file != Path(__file__) and file.stem not in OTHER_FORMS:
            module = importlib.import_module(file.stem)
            cases |= getattr(module, "CASES", {})
    return cases


CASES_OF_ALL = cases_of_all()


@pytest.mark.parametrize("rule", CASES_OF_ALL)
def test_fails_on_one_and_passes_on_the_other(rule: str) -> None:
    fails_and_passes(rule, *CASES_OF_ALL[rule])


@pytest.mark.parametrize("rule", [rule.id for theme in OTHER_CARDS for rule in rules_of(theme)])
def test_a_rule_about_other_cards_says_nothing_of_a_payment(rule: str) -> None:
    assert [finding.verdict for finding in judged(rule, payment())] == ["not-applicable"]
