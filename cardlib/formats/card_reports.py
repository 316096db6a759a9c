# SPDX-License-Identifier: MIT
"""Hex that is no exchange with a card: what pcsc_scan says about an ATR."""

from __future__ import annotations

import re

from .speech import may_be_said

SCAN_SIGN = re.compile(  # what pcsc_scan prints around an ATR
    r"\s{0,8}(?:Card state: |\+ TS = |Possibly identified card\b|PC/SC device scanner)"
)
_ANALYSIS_BEGINS = re.compile(r"\s{0,8}(?:\+ TS = |Possibly identified card\b)")
_STATUS_IN_ATR = re.compile(r" {4,12}SW: [0-9A-F]{4} \(")  # of the historical bytes
_ARROW_IN_ANALYSIS = re.compile(r"\s{0,8}T[A-D]\(\d\) = |.{0,80} = > |.{0,80} => \d")
# An ATR of the list, with dots or ranges for the digits that vary.
_KNOWN_CARD = re.compile(r" {0,8}3[BF] [0-9A-F .\[\]|()-]{1,300}$")


class CardReports:
    """Follows what pcsc_scan says about a card, down to a blank line or something else."""

    def __init__(self) -> None:
        self.is_inside = False

    def holds(self, text: str) -> bool:
        """Whether this line says something about an ATR."""
        if _ANALYSIS_BEGINS.match(text):
            self.is_inside = True
            return True
        if not self.is_inside or not text.strip():
            self.is_inside = False
            return False
        if _KNOWN_CARD.match(text) or _STATUS_IN_ATR.match(text) or _ARROW_IN_ANALYSIS.match(text):
            return True
        self.is_inside = not may_be_said(text)
        return self.is_inside
