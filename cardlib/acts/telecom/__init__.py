# SPDX-License-Identifier: MIT
"""What happened with a SIM: authentications, and their values computed again."""

from __future__ import annotations

from .act import telecom_act

__all__ = ["telecom_act"]
