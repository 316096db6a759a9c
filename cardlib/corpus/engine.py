# SPDX-License-Identifier: MIT
"""Where tasks are done: in processes of this machine, or by the workers of a Dask cluster."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent import futures
from contextlib import contextmanager
from typing import Any

from ..core.errors import CardlibError
from ..core.version import VERSION
from .guard import Crew
from .needed import needed
from .tasks import FileRow, Task

Result = tuple[Task, list[FileRow] | None]  # None: not done, because the workers that tried it died

_crew = Crew()  # of a worker
_GOES_ON = "what is done stays: start again to go on"


def results_of(tasks: Sequence[Task], jobs: int | None, client: Any) -> Iterator[Result]:
    """Each task with the rows of its files, in the order in which they are done."""
    if client is None:
        yield from _done_here(tasks, jobs or os.cpu_count() or 1)
        return
    with _connected(client) as connection:
        yield from _done_there(tasks, connection)


def _done_here(tasks: Sequence[Task], jobs: int) -> Iterator[Result]:
    """Each thread waits for a process of its own."""
    pool = futures.ThreadPoolExecutor(jobs)
    crew = Crew()
    try:
        waiting = {pool.submit(crew.do, task): task for task in tasks}
        for future in futures.as_completed(waiting):
            yield waiting[future], future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        crew.end()


def work(message: dict[str, Any]) -> list[FileRow]:
    """What a worker of a cluster does: a task, if it has the library that the client has."""
    task = Task.from_json(message)
    if task.version != VERSION:
        raise CardlibError(f"the worker has cardlib {VERSION}, the client {task.version}")
    return _crew.do(task)


@contextmanager
def _connected(client: Any) -> Iterator[Any]:
    """A client of the cluster: the caller's, or one for this time only, of the scheduler at an address."""
    if not isinstance(client, str):
        yield client
        return
    distributed = needed("distributed")
    try:
        connection = distributed.Client(client, timeout="10s")
    except (OSError, ValueError) as fault:
        raise CardlibError(f"no scheduler there: {fault}", client) from None
    try:
        yield connection
    finally:
        connection.close(timeout=2)


def _done_there(tasks: Sequence[Task], client: Any) -> Iterator[Result]:
    """A worker that dies is replaced by another one; a cluster that goes away leaves what is done."""
    distributed = needed("distributed")
    workers = _equal_workers(client)
    waiting = {}
    for task in tasks:
        name = f"cardlib-{task.key}"
        future = client.submit(work, task.to_json(), key=name, workers=workers, pure=False)
        waiting[future] = task
    try:
        for future in distributed.as_completed(waiting):
            yield waiting[future], _rows_of(future)
    except (OSError, TimeoutError, futures.CancelledError) as fault:
        raise CardlibError(f"the cluster went away ({type(fault).__name__}): {_GOES_ON}") from None


def _rows_of(future: Any) -> list[FileRow] | None:
    if future.status in ("cancelled", "lost"):
        raise CardlibError(f"the cluster went away: {_GOES_ON}")
    try:
        rows: list[FileRow] = future.result()
    except needed("distributed").KilledWorker:
        return None
    return rows


def version_here() -> str:
    """The version that a worker has."""
    return VERSION


def _equal_workers(client: Any) -> list[str] | None:
    """The workers that may work: None for all; CardlibError where none has the same library."""
    answers = client.run(version_here, on_error="return")
    equal = [worker for worker, version in answers.items() if version == VERSION]
    if not equal:
        others = sorted({_told(version) for version in answers.values()}) or ["no worker at all"]
        raise CardlibError(f"no worker has cardlib {VERSION}: {', '.join(others)}")
    if len(equal) == len(answers):
        return None
    return equal


def _told(version: object) -> str:
    if isinstance(version, str):
        return f"cardlib {version}"
    return f"{type(version).__name__}: {version}"
