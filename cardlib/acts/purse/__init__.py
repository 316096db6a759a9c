# SPDX-License-Identifier: MIT
"""What happened with an electronic purse: loads, purchases, rides, with their balances and MACs (PBOC 2.0 Part 2)."""

from __future__ import annotations

from .act import purse_act

__all__ = ["purse_act"]
