# SPDX-License-Identifier: MIT
"""What happened with an electronic purse: loads, purchases, rides, with their balances and MACs (PBOC 2.0 Part 2)."""

from __future__ import annotations

from .act import PURSES, purse_act
from .rides import ride_statements

__all__ = ["PURSES", "purse_act", "ride_statements"]
