# SPDX-License-Identifier: MIT
"""The command line of cardlib find: every place in a line, as it is found."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from ..core.escape import escape
from ..core.model import Exchange
from ..road.search import find_in
from ..share.masking import revealed
from ..show.hits import NOTHING, hit_line
from .captures import Input, add_options, inputs
from .output import out


def add(parser: argparse.ArgumentParser) -> None:
    """The options of `cardlib find`."""
    parser.add_argument("what", metavar="TAG|NAME|HEX", help="9F26, cryptogram, A000000003")
    add_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the places in each capture; 1 if there is none in any."""
    code = 1
    for capture in inputs(options.files):
        if len(options.files) > 1:
            out([escape(f"{capture.path}:")])
        count = 0
        for row in _places(options, capture):
            out([row])
            sys.stdout.flush()
            count += 1
        if count:
            code = 0
        else:
            out([NOTHING])
    return code


def _places(options: argparse.Namespace, capture: Input) -> Iterator[str]:
    """A line for each place; the capture is read in bounded memory."""
    reveal = revealed(capture.path, options.reveal)

    def exchanges() -> Iterator[Exchange]:
        items = capture.items(options)
        return (item for item in items if isinstance(item, Exchange))

    for hit in find_in(exchanges, options.what):
        yield hit_line(hit, reveal)
