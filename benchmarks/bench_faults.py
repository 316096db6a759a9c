# SPDX-License-Identifier: MIT
"""Thousands of captures to a dataset while processes are killed: after a second start the rows of a quiet run.

One capture in a hundred is cut. First two processes are timed beside one, once each (bench_corpus.py takes turns). Then
two captures come in, of which one swells in memory and one hangs; they are not in those times. In each round, a
scheduler and two workers of Dask are each a process of its own over TCP: one of them, or the client, is killed at a
random moment. Each round says who was killed and how many files there are after a second start; rows other than those
of the quiet run end the benchmark.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import harness
from bench_corpus import rows_of

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cardlib.corpus.corpus import Corpus, corpus
from cardlib.corpus.parts import TABLES
from traces.makers import shop

ROOT = Path(__file__).resolve().parent.parent
DIFFERENT = 100  # captures; the others are copies
SECONDS = 30.0  # that a capture may take: one of them hangs
HARMFUL = ("hangs", "swells")
VICTIMS = ("worker", "client", "scheduler")
PORT = 18_790
ADDRESS = f"tcp://127.0.0.1:{PORT}"
PATIENCE = 60.0  # seconds until a cluster must have its workers

# Put into each Python that reads: by its name, a file does what a hostile capture would like to do.
UNSOUND = """
import os, time
import cardlib.corpus.tasks as tasks
read = tasks.read
def unsound(place, **more):
    name = os.path.basename(place)
    if name.startswith("swells"):
        bytearray(1 << 44)
    if name.startswith("hangs"):
        time.sleep(1 << 20)
    return read(place, **more)
tasks.read = unsound
"""
CLIENT = "import sys, bench_faults; bench_faults.as_client(*sys.argv[1:])"


def prepare(folder: Path, count: int) -> Path:
    """The captures, none of them harmful yet, and the Python in which some can be."""
    captures = folder / "captures"
    captures.mkdir()
    (folder / "python").mkdir()
    (folder / "python" / "sitecustomize.py").write_text(UNSOUND, "utf-8")
    texts = [text for _, text in shop.day(min(count, DIFFERENT))]
    for number in range(count):
        name = f"tap-{number:05}.card.jsonl"
        (captures / name).write_text(texts[number % len(texts)], "utf-8")
    places = (str(folder / "python"), str(ROOT), str(ROOT / "benchmarks"))
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([*places, *filter(None, [before])])
    return captures


def add_harmful(captures: Path) -> None:
    """The captures that swell and hang."""
    for name in HARMFUL:
        (captures / f"{name}.card.jsonl").write_text(shop.tap(0), "utf-8")


def made(captures: Path, out: Path, jobs: int | None = None, client: str | None = None) -> Corpus:
    """The dataset of the captures, begun or gone on with."""
    return corpus(
        captures,
        client,
        out=out,
        jobs=jobs,
        seconds=SECONDS,
        progress=False,
    )


def as_client(captures: str, out: str) -> None:
    """What a client does that may be killed."""
    made(Path(captures), Path(out), client=ADDRESS)


def all_rows(dataset: Corpus) -> dict[str, list[str]]:
    """The rows of each table, sorted."""
    return {table: rows_of(dataset, table) for table in TABLES}


class Cluster:
    """A scheduler and two workers, each a process."""

    def __init__(self) -> None:
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", str(PORT))
        self.workers = [self._worker() for _ in range(2)]

    def _worker(self) -> subprocess.Popen[bytes]:
        return self._start("worker", ADDRESS, "--nthreads", "1", "--nworkers", "1", "--no-nanny")

    @staticmethod
    def _start(role: str, *words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "distributed.cli.dask_" + role, *words]
        return subprocess.Popen(
            [*command, "--dashboard-address", ":0"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,  # with what it starts, to be ended together
        )

    def wait(self) -> None:
        """Until both workers are there."""
        import distributed

        with distributed.Client(ADDRESS, timeout=PATIENCE) as client:
            client.wait_for_workers(2, timeout=PATIENCE)

    def kill(self, role: str) -> None:
        """Kill a process as `kill -9` does."""
        process = self.scheduler if role == "scheduler" else self.workers[0]
        process.kill()
        process.wait()

    def end(self) -> None:
        """End all processes; that of a killed worker may still hang in a capture."""
        for process in (*self.workers, self.scheduler):
            with contextlib.suppress(ProcessLookupError):  # none of its group is left
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    running = Cluster()
    try:
        running.wait()
        yield running
    finally:
        running.end()


def disturbed(captures: Path, out: Path, role: str, after: float) -> tuple[int, str]:
    """Kill somebody while a dataset is made; how many parts were whole then, and what the client said at its end."""
    with cluster() as running:
        command = [sys.executable, "-c", CLIENT, str(captures), str(out)]
        client = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        time.sleep(after)
        if role == "client":
            client.kill()
        else:
            running.kill(role)
        _, said = client.communicate()
    lines = said.strip().splitlines()
    return len(list((out / "files").glob("*.parquet"))), lines[-1] if lines else "nothing"


def rounds_of_kills(captures: Path, folder: Path, rounds: int, quiet: float) -> None:
    """As many rounds as are asked for; each says what happened. `quiet`: seconds without a kill."""
    dataset = made(captures, folder / "quiet", jobs=2)
    print(f"  {'; '.join(dataset.lines())}")
    expected = all_rows(dataset)
    chance = random.Random(0)
    for number in range(rounds):
        out = folder / f"round-{number}"
        role = VICTIMS[number % len(VICTIMS)]
        parts, said = disturbed(captures, out, role, chance.uniform(0.1, 0.9) * quiet)
        with cluster():
            rows = all_rows(made(captures, out, client=ADDRESS))
        print(f"  {role:9} killed with {parts:3} parts whole; the client said: {said[:90]}")
        for table in TABLES:
            assert rows[table] == expected[table], f"other rows in {table}"
        count = len(rows["files"])
        print(f"            after a second start: {count} files, equal rows", flush=True)
        shutil.rmtree(out)


def main() -> None:
    options = harness.options(__doc__ or "", count=5_000, rounds=10)
    harness.begin("Captures to a dataset, with processes killed", "pyarrow", "distributed")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        captures = prepare(folder, options.count)
        began = time.perf_counter()
        alone = made(captures, folder / "one", jobs=1)
        serial = time.perf_counter() - began
        began = time.perf_counter()
        both = made(captures, folder / "two", jobs=2)
        parallel = time.perf_counter() - began
        assert all_rows(alone) == all_rows(both)
        print(f"  equal rows by one process and by two; {'; '.join(both.lines())}")
        if not options.rounds:
            return
        ratio = serial / parallel
        print(f"  one process {serial:.1f} s, two {parallel:.1f} s: {ratio:.2f} times, aim 1.4")
        add_harmful(captures)
        rounds_of_kills(captures, folder, options.rounds, parallel)


if __name__ == "__main__":
    main()
