# SPDX-License-Identifier: MIT
"""What happened with a SIM: authentications, and their values computed again."""

from __future__ import annotations

from .act import sim_act

__all__ = ["sim_act"]
