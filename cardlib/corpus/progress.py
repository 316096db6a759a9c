# SPDX-License-Identifier: MIT
"""A bar for captures that are read: files, exchanges, failures; by tqdm where that is installed."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from .build import Progress


@contextmanager
def bar(total: int, shows: bool | None) -> Iterator[Progress]:
    """What is told of progress moves a bar; by default on a terminal only."""
    if shows is None:
        shows = sys.stderr.isatty()
    if not shows or not importlib.util.find_spec("tqdm"):
        yield _silent
        return
    tqdm = importlib.import_module("tqdm.auto").tqdm
    failures = exchanges = 0
    with tqdm(total=total, unit=" files", leave=False, delay=1) as meter:

        def moved(files: int, failed: int, more: int) -> None:
            nonlocal failures, exchanges
            failures += failed
            exchanges += more
            meter.set_postfix_str(f"{exchanges} exchanges, {failures} not read", refresh=False)
            meter.update(files)

        yield moved


def _silent(files: int, failed: int, exchanges: int) -> None:
    """Show nothing."""
