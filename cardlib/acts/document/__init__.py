# SPDX-License-Identifier: MIT
"""What happened with a travel document: how it was opened, what was read, what proves it (ICAO Doc 9303-10 and -11)."""

from __future__ import annotations

from .act import document_act

__all__ = ["document_act"]
