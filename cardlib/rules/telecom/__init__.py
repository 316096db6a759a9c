# SPDX-License-Identifier: MIT
"""Rules about SIM and eSIM: codes, files, authentication, secured packets, the toolkit, profiles."""

from __future__ import annotations

from ..engine import Rule
from . import codes, esim, files, network, packets, toolkit

THEMES = (codes, files, network, packets, toolkit, esim)
RULES: tuple[Rule, ...] = tuple(
    entry for theme in THEMES for entry in vars(theme).values() if isinstance(entry, Rule)
)
