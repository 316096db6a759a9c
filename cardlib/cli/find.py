# SPDX-License-Identifier: MIT
"""The command line of cardlib find: every place in a line, as it is found."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from ..core.escape import escape
from ..core.model import Exchange
from ..road.meaning import with_views
from ..road.search import find, find_in
from ..share.ours import revealed
from ..share.survey import survey_of
from ..show.hits import NOTHING, hit_line
from . import decode as cli_decode
from .captures import LARGE, Input, add_options, inputs
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
        try:
            is_found = _print_places(options, capture)
        except cli_decode.BareString as bare:
            is_found = cli_decode.find(bare, options) == 0
        if is_found:
            code = 0
    return code


@with_views
def _print_places(options: argparse.Namespace, capture: Input) -> bool:
    """Print each place as it is found; whether there is any."""
    is_found = False
    for row in _places(options, capture):
        out([row])
        sys.stdout.flush()
        is_found = True
    if not is_found:
        out([NOTHING])
    return is_found


def _places(options: argparse.Namespace, capture: Input) -> Iterator[str]:
    """A line for each place; a large capture is read in bounded memory."""
    reveal = revealed(capture.path, options.reveal)
    if capture.is_large(LARGE):
        hits = find_in(lambda: _exchanges(options, capture, reveal), options.what)
    else:
        hits = find(capture.load(options), options.what)
    for hit in hits:
        yield hit_line(hit, reveal)


def _exchanges(options: argparse.Namespace, capture: Input, reveal: bool) -> Iterator[Exchange]:
    """The exchanges of a capture as they are read; a secret of one is hidden in those that follow."""
    for item in capture.items(options):
        if isinstance(item, Exchange):
            if not reveal:
                survey_of(item)
            yield item
