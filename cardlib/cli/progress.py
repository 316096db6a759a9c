# SPDX-License-Identifier: MIT
"""A bar for what takes longer than a second: items and bytes, on a terminal only, by tqdm where it is installed."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..core.model import Exchange, Session
from ..road.pipeline import Item


def watched(items: Iterable[Item], path: str) -> Iterator[Item]:
    """The items of a capture file, with a bar on stderr if that is a terminal."""
    if not sys.stderr.isatty() or not importlib.util.find_spec("tqdm"):
        yield from items
        return
    size = Path(path).stat().st_size if Path(path).is_file() else None
    bar = importlib.import_module("tqdm").tqdm(
        total=size, unit="B", unit_scale=True, leave=False, delay=1
    )
    with bar:
        for count, item in enumerate(items, 1):
            yield item
            if not count % 64 and not isinstance(item, Session):
                bar.set_postfix_str(f"{count} items", refresh=False)
                bar.update(
                    max((item.frames[-1] if isinstance(item, Exchange) else item).stop - bar.n, 0)
                )
