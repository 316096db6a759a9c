# SPDX-License-Identifier: MIT
"""Six investigations without a known answer beside them: `hint("wedge")`, `verdict("wedge", culprit=..., ...)`."""

from .engine import CASES, NAMES, Case, Score, Truth, hint, judged, made, opened, verdict, write

__all__ = [
    "CASES",
    "NAMES",
    "Case",
    "Score",
    "Truth",
    "hint",
    "judged",
    "made",
    "opened",
    "verdict",
    "write",
]
