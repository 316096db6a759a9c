# SPDX-License-Identifier: MIT
"""The command line of cardlib corpus: many captures as one dataset, and a question in SQL to it."""

from __future__ import annotations

import argparse

from ..core.errors import CardlibError
from ..core.escape import escape
from ..corpus.corpus import corpus
from ..corpus.tasks import Limits
from .output import out

_USUAL = Limits()


def add(parser: argparse.ArgumentParser) -> None:
    """The options of `cardlib corpus`."""
    parser.add_argument(
        "files", nargs="+", metavar="FOLDER", help="a folder, a pattern, a file, a dataset"
    )
    parser.add_argument("-o", "--out", metavar="DATASET", help="the folder of the dataset")
    parser.add_argument("--sql", metavar="QUESTION", help='"select ... from exchanges"')
    parser.add_argument(
        "--reveal", action="store_true", help="keep what is hidden: PAN, PIN, names"
    )
    add_engine(parser)
    parser.set_defaults(run=run)


def add_engine(parser: argparse.ArgumentParser) -> None:
    """The options about who reads captures, and what a file may take."""
    parser.add_argument("--jobs", type=int, metavar="N", help="processes, as many as processors")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster: tcp://host:8786")
    parser.add_argument(
        "--seconds", type=float, default=_USUAL.seconds, metavar="S", help="that a file may take"
    )
    parser.add_argument(
        "--memory", type=int, default=_USUAL.mebibytes, metavar="MIB", help="that a file may take"
    )


def limits_of(options: argparse.Namespace) -> Limits:
    """What a file may take; CardlibError where one of the options about the engine makes no sense."""
    if options.jobs is not None and options.jobs < 1:
        raise CardlibError("--jobs is 1 or more")
    if not options.seconds > 0 or options.memory <= 0:
        raise CardlibError("--seconds and --memory are more than 0")
    return Limits(options.seconds, options.memory)


def run(options: argparse.Namespace) -> int:
    """Make the dataset, say what is in it, and answer the question; 1 if a file could not be read."""
    limits = limits_of(options)
    where = options.files[0] if len(options.files) == 1 else options.files
    dataset = corpus(
        where,
        options.scheduler,
        options.out,
        options.jobs,
        options.reveal,
        limits.seconds,
        limits.mebibytes,
    )
    out([*dataset.lines(), f"dataset: {escape(str(dataset.folder))}"])
    if options.sql:
        answer = dataset.sql(options.sql)
        out(answer.to_string(index=False).split("\n"))
    return int(dataset.left_out > 0)
