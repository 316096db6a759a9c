# SPDX-License-Identifier: MIT
"""The filter language: `sw != 9000 and command == "GENERATE AC"`, from its text to a yes or no for each row.

It knows fields, values and operators, and nothing of captures: a row is whatever gives the values of a field.
The grammar, with all its cases, is tests/where_cases.toml, which the explorer's other implementation runs, too.
"""

from __future__ import annotations

from .grammar import parse as parse
from .terms import Expression as Expression
from .terms import Row as Row
