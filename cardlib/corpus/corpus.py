# SPDX-License-Identifier: MIT
"""A corpus: a dataset on disk and the questions that it answers, with pandas, Dask or SQL."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..core.errors import CardlibError
from ..core.escape import counted, escape
from ..show.lines import lines_html
from ..show.tables import nullable
from .build import build, plan
from .inputs import Where
from .needed import needed
from .parts import TABLES, Place, is_dataset, schema_of, settings_of
from .progress import bar
from .tasks import READ, Limits, left_out_lines

Columns = Sequence[str] | None
_OPENING = Limits()


def corpus(
    where: Where,
    client: Any = None,
    out: str | os.PathLike[str] | None = None,
    jobs: int | None = None,
    reveal: bool = False,
    seconds: float = _OPENING.seconds,
    mebibytes: int = _OPENING.mebibytes,
    progress: bool | None = None,
) -> Corpus:
    """Many captures as one dataset of six tables: made, gone on with where it was begun, or opened where it is whole.

    where: a folder, a pattern, a list of these, an address of fsspec, or the folder of a dataset, which is opened.
    client: a Dask client, or the address of its scheduler; else processes of this machine, `jobs` at once.
    out: the folder of the dataset, which a cluster shares; else one below the user's cache folder.
    reveal: show what is secret. seconds, mebibytes: what one file may take before it is left out.
    progress: show a bar; by default on a terminal. Raises CardlibError, with what is done by then kept.
    """
    if isinstance(where, str | os.PathLike) and is_dataset(where):
        return Corpus(Path(where))
    folder = Path(out) if out is not None else _cache_of(where, reveal)
    planned = plan(where, folder.resolve(), reveal, Limits(seconds, mebibytes))
    try:
        with bar(planned.files, progress) as moved:
            build(planned, jobs, client, moved)
    except OSError as fault:
        reason = fault.strerror or str(fault)
        raise CardlibError(f"the dataset cannot be written: {reason}", str(folder)) from None
    return Corpus(folder)


def _cache_of(where: Where, reveal: bool) -> Path:
    """A folder for what was asked, always the same one."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    places = [where] if isinstance(where, str | os.PathLike) else list(where)
    text = "\n".join([str(reveal), *(_absolute(place) for place in places)])
    return (
        cache / "cardlib" / hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    )


def _absolute(place: str | os.PathLike[str]) -> str:
    text = os.fspath(place)
    return text if "://" in text else str(Path(text).resolve())


class Corpus:
    """A dataset: its tables for pandas or Dask, or as one for SQL; prints what is in it and what could not be read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = settings_of(folder)
        self._place = Place(folder, bool(self.settings.get("reveal")))

    def files(self, columns: Columns = None) -> Any:
        """A pandas table, one row a file: "read", "unreadable" or "failed", why, and how much is in it."""
        return self._pandas("files", columns)

    def exchanges(self, columns: Columns = None, lazy: bool = False) -> Any:
        """One row an exchange; `lazy`: a dask.dataframe, for what is larger than the memory."""
        return self._frame("exchanges", columns, lazy)

    def elements(self, columns: Columns = None, lazy: bool = False) -> Any:
        """One row a data element, with its path and its bytes."""
        return self._frame("elements", columns, lazy)

    def acts(self, columns: Columns = None, lazy: bool = False) -> Any:
        """One row an act: a payment, a passport that was read, a SIM that started."""
        return self._frame("acts", columns, lazy)

    def findings(self, columns: Columns = None, lazy: bool = False) -> Any:
        """One row a piece of evidence of what a rule concluded about one capture."""
        return self._frame("findings", columns, lazy)

    def problems(self, columns: Columns = None, lazy: bool = False) -> Any:
        """One row a problem: damage, and what could not be read."""
        return self._frame("problems", columns, lazy)

    def table(self, name: str, columns: Columns = None) -> Any:
        """A table of pyarrow, without a copy for pandas."""
        self._known(name, columns)
        dataset = needed("pyarrow.dataset")
        files = self._place.files(name)
        return dataset.dataset(files, schema=schema_of(name), format="parquet").to_table(columns)

    def sql(self, question: str) -> Any:
        """The answer to a question in SQL over the six tables; needs DuckDB."""
        duckdb = needed("duckdb")
        with duckdb.connect() as connection:
            for name in TABLES:
                self._view(connection, name)
            try:
                answer = connection.sql(question).df()
            except (duckdb.Error, AttributeError) as fault:
                raise CardlibError(f"no answer: {escape(str(fault))}") from None
        return answer

    def _view(self, connection: Any, name: str) -> None:
        """Make the files of a table one that can be asked."""
        files = self._place.files(name)
        if files:
            connection.read_parquet(files).create_view(name)
        else:
            empty = schema_of(name).empty_table()
            connection.register(name, empty)

    def _frame(self, name: str, columns: Columns, lazy: bool) -> Any:
        if not lazy:
            return self._pandas(name, columns)
        self._known(name, columns)
        dataframe = needed("dask.dataframe")
        return dataframe.read_parquet(self._place.files(name), columns=columns)

    def _pandas(self, name: str, columns: Columns) -> Any:
        needed("pandas")
        return nullable(self.table(name, columns))

    @staticmethod
    def _known(name: str, columns: Columns) -> None:
        """CardlibError for a table or a column that no dataset has."""
        if name not in TABLES:
            raise CardlibError(f"no table {name}: there are {', '.join(TABLES)}")
        unknown = [column for column in columns or () if column not in TABLES[name]]
        if unknown:
            names = ", ".join(TABLES[name])
            raise CardlibError(f"no column {', '.join(unknown)} in {name}: there are {names}")

    @property
    def left_out(self) -> int:
        """How many files could not be read."""
        statuses = self.table("files", ["status"]).to_pylist()
        return sum(row["status"] != READ for row in statuses)

    def lines(self) -> list[str]:
        """What is in the dataset, and which files could not be read, a line each."""
        files = self.table("files").to_pylist()
        read = [row for row in files if row["status"] == READ]
        totals = {
            name: sum(row[name] for row in files) for name in ("exchanges", "acts", "problems")
        }
        counts = ", ".join(
            counted(number, name.removesuffix("s")) for name, number in totals.items()
        )
        how = "secrets shown" if self._place.reveal else "masked"
        rows = [f"{counted(len(read), 'capture')} read, {how}: {counts}"]
        left_out = [
            (row["status"], row["file"], row["detail"]) for row in files if row["status"] != READ
        ]
        return [*rows, *left_out_lines(left_out, " (.files() has all)")]

    def __str__(self) -> str:
        return "\n".join(self.lines())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return lines_html(self.lines())
