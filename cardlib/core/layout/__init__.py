# SPDX-License-Identifier: MIT
"""Layouts: the bytes of a record as a list of fields, one a line, read and written the same way (docs/layouts.md)."""

from .layout import Layout, compile_layout
from .lines import value_list
from .pairs import Pair, values

__all__ = ["Layout", "Pair", "compile_layout", "value_list", "values"]
