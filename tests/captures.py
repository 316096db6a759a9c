# SPDX-License-Identifier: MIT
"""Files that many tests read, read once in each process: a capture does not change."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cardlib
from cardlib import Capture
from conftest import ROOT

TRACES = ROOT / "traces"


@cache
def capture_of(file: Path) -> Capture:
    """What is in a file."""
    return cardlib.read(file)


def trace(name: str) -> Capture:
    """A capture of this project, by its name; or any other, by its path."""
    return capture_of(TRACES / name)
