# SPDX-License-Identifier: MIT
"""The files of the card as the capture shows them: what was selected, read and written, by path."""

from __future__ import annotations

from collections.abc import Iterable

from ...apps.application import title_of
from ...core.model import Context, Exchange
from ..card_files import MAX_FILES, Path, Use, uses
from .chunk import Data, Say, plain

MAX_USES = 400  # of a file


def files_chunk(exchanges: Iterable[Exchange], say: Say) -> Data:
    """A tree in the order of paths: rows {path, name, uses: [[exchange, what, record, offset]], more}.

    `what` is as in `Use`.
    """
    rows: dict[Path, Data] = {}
    cut_off = 0
    for exchange in exchanges:
        for use in uses(exchange):
            _name_root(rows, use.path, exchange.context, say)
            if use.path not in rows and len(rows) >= MAX_FILES:
                cut_off += 1
                continue
            row = rows.setdefault(use.path, _row(use.path))
            row["name"] = row["name"] or plain(say(use.name))
            _add_use(row, use)
    return {"files": [rows[path] for path in sorted(rows)], "more": cut_off}


def _row(path: Path) -> Data:
    """A file that has no name and was not used yet."""
    return {"path": [plain(part) for part in path], "name": "", "uses": []}


def _name_root(rows: dict[Path, Data], path: Path, context: Context, say: Say) -> None:
    """The application above a file has a row of its own, with its name where that is known."""
    root = path[:1]
    row = rows.setdefault(root, _row(root))
    if not row["name"] and context.aid == path[0]:
        row["name"] = plain(say(title_of(context)))


def _add_use(row: Data, use: Use) -> None:
    if len(row["uses"]) < MAX_USES:
        row["uses"].append([use.exchange.index, use.what, use.record, use.offset])
    else:
        row["more"] = row.get("more", 0) + 1
