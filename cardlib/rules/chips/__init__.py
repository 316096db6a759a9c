# SPDX-License-Identifier: MIT
"""Rules about chips with commands of their own: MIFARE, NTAG, iCLASS, vicinity tags, memory cards, transport cards."""

from __future__ import annotations

from ..engine import Rule
from . import access, ciphers, classic_keys, keys, transit, use

THEMES = (ciphers, classic_keys, keys, access, use, transit)
RULES: tuple[Rule, ...] = tuple(
    entry for theme in THEMES for entry in vars(theme).values() if isinstance(entry, Rule)
)
