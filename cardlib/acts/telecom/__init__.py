# SPDX-License-Identifier: MIT
"""What SIMs and eSIMs did: toolkit sessions, secured packets, profile downloads."""

from __future__ import annotations

from .act import toolkit_act
from .download import download_act

__all__ = ["download_act", "toolkit_act"]
