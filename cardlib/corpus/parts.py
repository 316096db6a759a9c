# SPDX-License-Identifier: MIT
"""The dataset on disk: a folder a table, in it a Parquet file a part, which appears whole or not at all.

A part is named by a hash of its files as they were and of how they were read. The part of the table `files` is
written last: a part without it does not count, and is made again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from ..core.errors import CardlibError
from ..core.model import record
from ..share.files import DRAFT, PRIVATE, growing, public_mode, write_file
from .needed import needed
from .rows import COLUMNS, Rows

SCHEMA = 1  # raised when a column changes its meaning
SUFFIX = ".parquet"
HEAD = "dataset.json"
FILES = (
    *("file", "size", "changed", "status", "detail", "format"),
    *("sessions", "exchanges", "acts", "findings", "problems"),
)
TABLES = {"files": FILES, **COLUMNS}
_MOST_ROWS = 50_000  # of a table that are held before they are written
_COMPRESSION = "zstd"

_BINARY = {"command", "response", "value"}
_LONG = {"size", "start_ns", "end_ns", "duration_ns", "unit"}
_INTEGERS = {
    *("session", "exchange", "channel", "lc", "le", "act", "first_exchange", "last_exchange"),
    *("sessions", "exchanges", "acts", "findings", "problems", "count", "start", "end"),
}
_FREE_TEXT = {"changed", "text", "detail", "headline", "subject"}
"""Text that hardly ever comes twice; every other text is a category."""


def schema_of(table: str) -> Any:
    """The columns of a table with their types: bytes as binary, times as int64 nanoseconds, names as categories."""
    pa = needed("pyarrow")
    return pa.schema([(column, _type_of(column, pa)) for column in TABLES[table]])


def _type_of(column: str, pa: Any) -> Any:
    if column in _BINARY:
        return pa.binary()
    if column in _LONG:
        return pa.int64()
    if column in _INTEGERS:
        return pa.int32()
    if column == "gap":
        return pa.bool_()
    if column in _FREE_TEXT or column.endswith("_shown"):
        return pa.string()
    return pa.dictionary(pa.int32(), pa.string())


@record
class Place:
    """A dataset: its folder, and whether it shows what is secret."""

    folder: Path
    reveal: bool = False

    def part(self, table: str, key: str) -> Path:
        """The file of one part of a table."""
        return self.folder / table / f"{key}{SUFFIX}"

    def keys(self) -> set[str]:
        """The parts that count."""
        return {file.stem for file in (self.folder / "files").glob(f"*{SUFFIX}")}

    def files(self, table: str) -> list[str]:
        """The files of a table that count, in the order of their names."""
        return [str(self.part(table, key)) for key in sorted(self.keys())]

    def begin(self, settings: dict[str, Any]) -> None:
        """Make the folders, or take those that are there; CardlibError where they hold something else."""
        head = self.folder / HEAD
        if self.folder.exists() and not self.folder.is_dir():
            raise CardlibError("is a file: a dataset is a folder", str(self.folder))
        if self.folder.exists() and not head.exists() and any(self.folder.iterdir()):
            raise CardlibError("is a folder with other things in it", str(self.folder))
        if head.exists():
            self._agree(head, settings)
        for table in TABLES:
            (self.folder / table).mkdir(parents=True, exist_ok=True)
        text = json.dumps(settings, indent=1, sort_keys=True) + "\n"
        write_file(head, lambda file: file.write(text), (), self.mode)

    def _agree(self, head: Path, settings: dict[str, Any]) -> None:
        """CardlibError where a dataset that hides would be mixed with one that shows."""
        before = settings_of(self.folder)
        if before.get("reveal") != settings.get("reveal"):
            how = "shows what is secret" if before.get("reveal") else "is masked"
            raise CardlibError(f"the dataset there {how}: name another folder", str(head.parent))

    @property
    def mode(self) -> int:
        """Who may read the files: only the owner where they show what is secret."""
        return PRIVATE if self.reveal else public_mode()

    def keep_only(self, keys: Iterable[str]) -> None:
        """Take away parts of files that are no more, or were changed, and what a killed run left."""
        wanted = set(keys)
        tables = ["files", *(table for table in TABLES if table != "files")]
        for table in tables:
            for file in (self.folder / table).iterdir():
                if file.name.startswith(DRAFT) or file.stem not in wanted:
                    file.unlink(missing_ok=True)

    def clear(self, key: str) -> None:
        """Take away what a process that died has left of a part."""
        for draft in self.folder.glob(f"*/{DRAFT}{key}-*"):
            draft.unlink(missing_ok=True)

    def publish(self, key: str, rows: list[tuple[Any, ...]]) -> None:
        """Write the part of `files`: from now on the part counts."""
        with part_writer(self, key, ("files",)) as writer:
            writer.add({"files": rows})


@contextmanager
def part_writer(place: Place, key: str, tables: Iterable[str]) -> Iterator[PartWriter]:
    """Write one part of some tables; all of them appear when the block ends well, else none."""
    pq = needed("pyarrow.parquet")
    with ExitStack() as drafts, ExitStack() as opened:
        writers = {}
        for table in tables:
            handle = drafts.enter_context(growing(place.part(table, key), place.mode, f"{key}-"))
            file = opened.enter_context(os.fdopen(handle, "wb", closefd=False))
            writer = pq.ParquetWriter(file, schema_of(table), compression=_COMPRESSION)
            writers[table] = opened.enter_context(writer)
        part = PartWriter(writers)
        yield part
        part.flush()


class PartWriter:
    """Rows of some tables, each on their way into its file."""

    def __init__(self, writers: dict[str, Any]) -> None:
        self._writers = writers
        self._rows: Rows = {table: [] for table in writers}

    def add(self, rows: Rows) -> None:
        """Rows of some tables; those that are held are written when they are many."""
        for table, more in rows.items():
            held = self._rows[table]
            held.extend(more)
            if len(held) > _MOST_ROWS:
                self._write(table)

    def flush(self) -> None:
        """Write all that is held."""
        for table in self._rows:
            self._write(table)

    def _write(self, table: str) -> None:
        pa = needed("pyarrow")
        held = self._rows[table]
        if not held:
            return
        schema = schema_of(table)
        columns = list(zip(*held, strict=True))
        arrays = [pa.array(cells, field.type) for cells, field in zip(columns, schema, strict=True)]
        self._writers[table].write_table(pa.table(arrays, schema=schema))
        held.clear()


def settings_of(folder: Path) -> dict[str, Any]:
    """How a dataset was made; CardlibError where this is none."""
    try:
        settings: dict[str, Any] = json.loads((folder / HEAD).read_text("utf-8"))
    except (OSError, ValueError):
        raise CardlibError(f"no dataset there: no {HEAD} that can be read", str(folder)) from None
    if not isinstance(settings, dict) or settings.get("schema") != SCHEMA:
        raise CardlibError(f"a dataset of another form; this library writes {SCHEMA}", str(folder))
    return settings


def is_dataset(folder: str | os.PathLike[str]) -> bool:
    """Whether a dataset stands there."""
    return (Path(folder) / HEAD).is_file()
