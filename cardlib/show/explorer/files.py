# SPDX-License-Identifier: MIT
"""The files of the card as the capture shows them: what was selected, read and written, by path."""

from __future__ import annotations

from collections.abc import Iterable

from ...apps.application import title_of
from ...core.model import Context, Exchange
from ..card_files import MAX_FILES, Path, uses
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
            path = use.path
            _root_row(rows, path, exchange.context, say)
            row = rows.get(path)
            if row is None and len(rows) >= MAX_FILES:
                cut_off += 1
                continue
            if row is None:
                row = rows[path] = {"path": list(map(plain, path)), "name": "", "uses": []}
            row["name"] = row["name"] or plain(say(use.name))
            if len(row["uses"]) < MAX_USES:
                row["uses"].append([exchange.index, use.what, use.record, use.offset])
            else:
                row["more"] = row.get("more", 0) + 1
    return {"files": [rows[path] for path in sorted(rows)], "more": cut_off}


def _root_row(rows: dict[Path, Data], path: Path, context: Context, say: Say) -> None:
    """The application above a file has a row of its own, with its name where that is known."""
    row = rows.setdefault(path[:1], {"path": [plain(path[0])], "name": "", "uses": []})
    if not row["name"] and context.aid == path[0]:
        row["name"] = plain(say(title_of(context)))
