# SPDX-License-Identifier: MIT
"""The command line of cardlib find: every place in a line, as it is found."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator

from ..core.escape import escape
from ..core.model import Capture, Exchange
from ..core.where.terms import AllOf
from ..road.meaning import with_views
from ..road.search import Hit
from ..share.ours import revealed
from ..show.hits import NOTHING, hit_line
from ..show.search import find, find_in
from ..show.where import Filter
from . import decode as cli_decode
from . import selection as cli_selection
from .captures import LARGE, Input, add_options, inputs
from .output import out
from .selection import Selection, selection_of

NOTHING_SHOWN = f"{NOTHING}; what is hidden is not searched (--reveal)"


def add(parser: argparse.ArgumentParser) -> None:
    """The options of `cardlib find`."""
    parser.add_argument("what", metavar="TAG|NAME|HEX", help="9F26, cryptogram, A000000003")
    add_options(parser)
    cli_selection.add(parser)
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
    if not is_found and revealed(capture.path, options.reveal):
        out([NOTHING])
    elif not is_found:
        out([NOTHING_SHOWN])
    return is_found


def _places(options: argparse.Namespace, capture: Input) -> Iterator[str]:
    """A line for each place; a large capture is read in bounded memory."""
    reveal = revealed(capture.path, options.reveal)
    selection = selection_of(options)
    needs_all = selection is not None and selection.needs_all
    if capture.is_large(LARGE) and not needs_all:
        hits: Iterable[Hit] = find_in(
            lambda: _exchanges(options, capture, reveal), options.what, reveal
        )
    else:
        hits = _hits(options.what, capture.load(options), selection, reveal)
    for hit in hits:
        yield hit_line(hit, reveal)


def _hits(what: str, capture: Capture, selection: Selection | None, reveal: bool) -> Iterable[Hit]:
    """What is found in the exchanges of a capture that are chosen."""
    if selection is None:
        return find(capture, what, reveal)
    chosen = selection.numbers_in(selection.filter(capture, reveal), capture)
    return find(capture, what, reveal, lambda exchange: exchange.index in chosen)


def _exchanges(options: argparse.Namespace, capture: Input, reveal: bool) -> Iterator[Exchange]:
    """The exchanges that are chosen, as they are read; a secret of any is hidden in those that follow."""
    selection = selection_of(options) or Selection(AllOf())
    filter = Filter(selection.expression, reveal)
    count = 0
    for item in capture.items(options):
        if isinstance(item, Exchange) and filter.matches(item):
            yield item
            count += 1
            if count >= selection.most:
                return
