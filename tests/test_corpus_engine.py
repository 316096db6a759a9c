# SPDX-License-Identifier: MIT
"""The workers of a cluster: what they must have, and what happens when they, or the cluster, go away."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import pytest

from cardlib.core.errors import CardlibError
from cardlib.core.version import VERSION
from cardlib.corpus import engine
from cardlib.corpus.inputs import Input
from cardlib.corpus.tasks import READ, Task, file_row

distributed = pytest.importorskip("distributed")
ITEM = Input("a.log", "/a.log", 1, "")
TASKS = [Task(f"key{number}", (ITEM,), "/out", VERSION) for number in range(3)]
ROW = file_row(ITEM, READ, "")


class Promise:
    """What a cluster gives for a task: a result, or how it failed."""

    def __init__(self, outcome: Any, status: str = "finished") -> None:
        self.outcome, self.status = outcome, status

    def result(self) -> Any:
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome


class Cluster:
    """A client of a cluster whose workers have these versions and do what is prescribed."""

    def __init__(self, versions: dict[str, Any], *promises: Promise) -> None:
        self.versions, self.promises = versions, list(promises)
        self.workers: list[Any] = []

    def run(self, function: Callable[[], str], on_error: str) -> dict[str, Any]:
        assert (function(), on_error) == (VERSION, "return")
        return self.versions

    def submit(self, *_: Any, workers: Any, **__: Any) -> Promise:
        self.workers.append(workers)
        return self.promises.pop(0)


@pytest.fixture(autouse=True)
def in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Promises are kept in their order."""
    monkeypatch.setattr(distributed, "as_completed", lambda waiting: iter(list(waiting)))


def done(cluster: Cluster) -> list[Any]:
    return [rows for _, rows in engine.results_of(TASKS, None, cluster)]


def kept() -> Promise:
    return Promise([ROW])


@pytest.mark.parametrize(
    ("versions", "words"),
    [
        ({}, "no worker at all"),
        ({"a": "0.0.1"}, r"cardlib 0\.0\.1"),
        ({"a": ModuleNotFoundError("No module named 'cardlib'")}, "No module named 'cardlib'"),
    ],
)
def test_no_worker_has_this_library(versions: dict[str, Any], words: str) -> None:
    with pytest.raises(CardlibError, match=rf"no worker has cardlib {VERSION}.*: {words}|{words}"):
        done(Cluster(versions))


def test_a_worker_with_another_version_is_not_asked() -> None:
    cluster = Cluster({"a": VERSION, "b": "0.0.1"}, kept(), kept(), kept())
    assert done(cluster) == [[ROW]] * 3
    assert cluster.workers == [["a"]] * 3


def test_any_worker_is_asked_where_all_are_equal() -> None:
    cluster = Cluster({"a": VERSION, "b": VERSION}, kept(), kept(), kept())
    assert done(cluster) == [[ROW]] * 3
    assert cluster.workers == [None] * 3


def test_a_worker_of_another_version_that_comes_later_refuses() -> None:
    message = TASKS[0].to_json() | {"version": "0.0.1"}
    with pytest.raises(
        CardlibError, match=rf"the worker has cardlib {VERSION}, the client 0\.0\.1"
    ):
        engine.work(message)


def test_a_task_that_killed_its_workers_costs_no_other() -> None:
    killed = distributed.KilledWorker("key", None, 3)
    assert done(Cluster({"a": VERSION}, kept(), Promise(killed), kept())) == [[ROW], None, [ROW]]


@pytest.mark.parametrize(
    "gone",
    [
        Promise(None, "cancelled"),
        Promise(None, "lost"),
        Promise(futures.CancelledError()),
        Promise(OSError("closed")),
        Promise(TimeoutError()),
    ],
)
def test_a_cluster_that_goes_away_is_one_line(gone: Promise) -> None:
    cluster = Cluster({"a": VERSION}, kept(), gone, kept())
    results = engine.results_of(TASKS, None, cluster)
    assert next(results)[1] == [ROW]
    with pytest.raises(CardlibError, match=r"the cluster went away.*start again to go on"):
        next(results)


def test_nobody_at_an_address_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("Timed out trying to connect")

    monkeypatch.setattr(distributed, "Client", refuse)
    with pytest.raises(CardlibError, match="tcp://here:1: no scheduler there: Timed out"):
        list(engine.results_of(TASKS, None, "tcp://here:1"))


def test_a_client_of_an_address_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = []

    class Client(Cluster):
        def __init__(self, address: str, timeout: str) -> None:
            super().__init__({"a": VERSION}, kept(), kept(), kept())

        def close(self, timeout: float) -> None:
            closed.append(timeout)

    monkeypatch.setattr(distributed, "Client", Client)
    assert len(list(engine.results_of(TASKS, None, "tcp://here:1"))) == 3
    assert len(closed) == 1


@contextlib.contextmanager
def cluster() -> Iterator[Any]:
    """A scheduler and two workers, each a process, on this machine."""
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as own,
        distributed.Client(own) as client,
    ):
        yield client


@pytest.mark.long
def test_a_cluster_makes_the_same_rows_as_this_machine(tmp_path: Path) -> None:
    import cardlib
    from cardlib.corpus.parts import TABLES

    traces = str(Path(__file__).resolve().parent.parent / "traces" / "tap_*.jsonl")
    here = cardlib.corpus(traces, out=tmp_path / "here", jobs=2)
    with cluster() as client:
        there = cardlib.corpus(traces, client, out=tmp_path / "there")
    for table in TABLES:
        assert there.table(table).to_pylist() == here.table(table).to_pylist()
    assert here.table("files").num_rows >= 8
