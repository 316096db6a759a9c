# SPDX-License-Identifier: MIT
"""Pictures of time: data and an optional Axes in, Axes out; colour-blind-safe, with a sentence of alternative text.

Colours are those of Okabe and Ito, and every class of thing has a hatch too. No figure is shown and no setting changed.
"""

from __future__ import annotations

from .groups import populations
from .image import Picture, picture
from .payments import phase_shares
from .style import STYLES, kind_of
from .times import latency, timeline

__all__ = [
    "STYLES",
    "Picture",
    "kind_of",
    "latency",
    "phase_shares",
    "picture",
    "populations",
    "timeline",
]
