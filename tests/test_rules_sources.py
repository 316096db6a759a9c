# SPDX-License-Identifier: MIT
"""Every source is cited in full: who, what, where, when."""

from __future__ import annotations

import re

from cardlib.rules import RULES, sources

CITED = {key: text for key, text in vars(sources).items() if key.isupper()}


def test_literature_has_a_year_and_is_used() -> None:
    for key, text in CITED.items():
        assert key.startswith("BOOK") or re.search(r"\b(19|20)\d\d\b", text), key
        assert any(text in rule.source for rule in RULES), f"{key} is cited by no rule"
