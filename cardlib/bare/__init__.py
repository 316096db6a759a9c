# SPDX-License-Identifier: MIT
"""Bare strings: one TLV, a field 55, an ATR, a track, a QR code, pasted without the dialogue around them.

`explain` says what a text is taken for, how sure that is and why, and reads it by the rows of the applications.
"""

from .explain import KINDS, explain, explain_if_sure
from .model import Explanation, Reading

__all__ = ["KINDS", "Explanation", "Reading", "explain", "explain_if_sure"]
