# SPDX-License-Identifier: MIT
"""A bar is shown on a terminal after a second, and nowhere else."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import cardlib
from cardlib.cli import progress

TEXT = "> 00B20100\n< 6A83\n" * 100


class Bar:
    """Stands for tqdm: remembers what it was told."""

    def __init__(self, **told: Any) -> None:
        self.told, self.n, self.said, self.closed = told, 0, "", False

    def set_postfix_str(self, text: str, refresh: bool) -> None:
        self.said = text

    def update(self, size: int) -> None:
        self.n += size

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True


def bars(
    monkeypatch: pytest.MonkeyPatch, terminal: bool = True, installed: bool = True
) -> list[Bar]:
    """The bars that will be made where stderr is, or is not, a terminal and tqdm is, or is not, installed."""
    made: list[Bar] = []

    def make(**told: Any) -> Bar:
        made.append(Bar(**told))
        return made[-1]

    stderr = SimpleNamespace(isatty=lambda: True) if terminal else io.StringIO()
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=stderr))
    found = SimpleNamespace(find_spec=lambda _: installed)
    tools = SimpleNamespace(util=found, import_module=lambda _: SimpleNamespace(tqdm=make))
    monkeypatch.setattr(progress, "importlib", tools)
    return made


def run(tmp_path: Path) -> int:
    file = tmp_path / "file"
    file.write_text(TEXT, "utf-8")
    return len(cardlib.read(file, watch=lambda items: progress.watched(items, str(file))).exchanges)


def test_bar_counts_items_and_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = bars(monkeypatch)
    assert run(tmp_path) == 100
    (bar,) = made
    # The 64th item is the 63rd exchange: the head of the session comes first. tqdm shows nothing for a second.
    assert (bar.told["total"], bar.n, bar.said, bar.closed) == (
        len(TEXT),
        63 * len(TEXT) // 100,
        "64 items",
        True,
    )
    assert bar.told["delay"] == 1


def test_bar_is_closed_after_an_interruption(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = bars(monkeypatch)
    (tmp_path / "file").write_text(TEXT, "utf-8")
    items = progress.watched(cardlib.stream(tmp_path / "file"), str(tmp_path / "file"))
    next(items)
    items.close()  # type: ignore[attr-defined]
    assert made[0].closed


@pytest.mark.parametrize(("terminal", "installed"), [(False, True), (True, False)])
def test_no_bar(
    terminal: bool, installed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = bars(monkeypatch, terminal, installed)
    assert (run(tmp_path), made) == (100, [])


def test_tqdm_takes_what_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    tqdm = pytest.importorskip("tqdm", reason="no tqdm (pip install tqdm)")
    monkeypatch.setattr(tqdm.std, "time", lambda: 0.0)
    monkeypatch.setattr(progress.sys.stderr, "isatty", lambda: True)
    assert run(tmp_path) == 100
    assert capsys.readouterr().err == ""  # it took less than a second
