# SPDX-License-Identifier: MIT
"""A progress bar for what takes longer than a second: items and bytes.

It is shown on a terminal only, by tqdm where that is installed.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from ..core.model import Session
from ..road.opening import item_end
from ..road.pipeline import Item

T = TypeVar("T")
# Items between two updates of the bar.
STEP = 64


def watched(items: Iterable[Item], path: str) -> Iterator[Item]:
    """The items of a capture file, with a bar on stderr if that is a terminal."""
    if not sys.stderr.isatty() or not importlib.util.find_spec("tqdm"):
        yield from items
        return
    file = Path(path)
    size = None
    if file.is_file():
        size = file.stat().st_size
    tqdm = importlib.import_module("tqdm").tqdm
    bar = tqdm(total=size, unit="B", unit_scale=True, leave=False, delay=1)
    with bar:
        for count, item in enumerate(items, 1):
            yield item
            if count % STEP == 0 and not isinstance(item, Session):
                bar.set_postfix_str(f"{count} items", refresh=False)
                bar.update(max(item_end(item) - bar.n, 0))


def judged(targets: Iterable[T], count: int) -> Iterator[T]:
    """What rules look at, one after the other, with a bar on stderr if that is a terminal."""
    if not sys.stderr.isatty() or not importlib.util.find_spec("tqdm"):
        yield from targets
        return
    tqdm = importlib.import_module("tqdm").tqdm
    yield from tqdm(targets, total=count, unit=" judged", leave=False, delay=1)
