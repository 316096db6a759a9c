# SPDX-License-Identifier: MIT
"""What the reader of hex pairs must know of texts that hold no exchange."""

from .card_reports import SCAN_SIGN, CardReports
from .memory_dumps import is_memory_dump

__all__ = ["SCAN_SIGN", "CardReports", "is_memory_dump"]
