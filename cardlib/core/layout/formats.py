# SPDX-License-Identifier: MIT
"""The closed list of field formats, by name: a format is added here and nowhere else."""

from __future__ import annotations

import functools

from .format import Format, Table
from .numbers import NUMBERS
from .texts import TEXTS
from .times import TIMES

FORMATS: Table = NUMBERS | TEXTS | TIMES


@functools.cache
def format_named(name: str, argument: str = "") -> Format:
    """The format `name`, or `name:argument`; KeyError for another name, ValueError for an argument that is wrong."""
    entry = FORMATS[name]
    if isinstance(entry, Format):
        if argument:
            raise ValueError(f"the format {name} takes no argument")
        return entry
    return entry(argument)
