# SPDX-License-Identifier: MIT
"""The command line of bare strings: cardlib decode, and what `show` and `find` do with a file that holds one."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, TextIO

from ..bare import KINDS, Explanation, explain, explain_if_sure
from ..bare.explain import MAX_SURE_TEXT
from ..bare.paste import MAX_TEXT
from ..bare.pictures import MAX_FILE, is_picture, texts_in_picture
from ..core.codec import parse_hex, to_hex
from ..core.errors import CaptureError, CardlibError
from ..formats import BY_HINTS, recognise
from ..show.bare import explanation_json, explanation_lines, views
from ..show.hits import NOTHING
from ..show.json import dumps
from ..show.lines import MAX_ROWS, more
from ..show.trees import node_line
from .output import out

_BYTES_OF_A_CHARACTER = 4
_MAX_PATH = 200  # characters of a text that may be the name of a file


class BareString(CaptureError):
    """A file that is no dialogue but a bare string: `explanation` says what it is."""

    def __init__(self, explanation: Explanation, file: str) -> None:
        self.explanation = explanation
        readings = [part.readings[0] for part in explanation.parts or (explanation,)]
        titles = "; ".join(reading.title for reading in readings[:3])
        super().__init__(
            f"no dialogue but a bare string: {titles} (cardlib show explains it)", file
        )


def add(parser: argparse.ArgumentParser) -> None:
    """The options of `cardlib decode`."""
    parser.add_argument(
        "text", nargs="+", metavar="TEXT", help="what you would paste; - is standard input"
    )
    kinds = "|".join(KINDS)
    parser.add_argument(
        "--as",
        dest="kind",
        default="",
        metavar="KIND",
        help=f"what it is: {kinds}, a tag (9F10) or the name of a value (TVR)",
    )
    parser.add_argument("--aid", default="", metavar="AID", help="whose application it is")
    parser.add_argument(
        "--dictionary", action="append", default=[], metavar="FILE", help="your own tags, in TOML"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument(
        "--reveal", action="store_true", help="show what is hidden: PAN, PIN, names"
    )
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    text = " ".join(options.text)
    if options.text == ["-"]:
        data = sys.stdin.buffer.read(_BYTES_OF_A_CHARACTER * MAX_TEXT)
        text = data.decode("utf-8", "replace")
    if options.aid and not parse_hex(options.aid):
        raise CardlibError("--aid is an AID in hex, like A0000000031010")
    if _is_file(text):
        data = Path(text).read_bytes()[: MAX_FILE + 1]
        if is_picture(data):
            return _picture(data, options)
    explanation = explain(text, options.kind, options.aid, options.dictionary)
    if not explanation.fits and _is_file(text):
        raise CardlibError(f"{text} is a file: cardlib show {text}")
    return _print(explanation, options)


def _picture(data: bytes, options: argparse.Namespace) -> int:
    """What the codes in a picture are."""
    texts = texts_in_picture(data)
    if not texts:
        raise CardlibError("no code was found in the picture")
    results = []
    for text in texts:
        explanation = explain(text, options.kind, options.aid, options.dictionary)
        results.append(_print(explanation, options))
    return max(results)


def _is_file(text: str) -> bool:
    try:
        return len(text) < _MAX_PATH and Path(text).is_file()
    except (OSError, ValueError):
        return False


def _print(explanation: Explanation, options: argparse.Namespace, file: str = "") -> int:
    reveal = bool(options.reveal)
    if options.json:
        sys.stdout.write(dumps(explanation_json(explanation, reveal, file)) + "\n")
    else:
        target: TextIO = sys.stderr
        if explanation.fits:
            target = sys.stdout
        out(explanation_lines(explanation, reveal), target)
    if explanation.fits:
        return 0
    return 2


def show(bare: BareString, options: argparse.Namespace) -> int:
    """A file of a bare string for `cardlib show`."""
    return _print(bare.explanation, options, bare.file)


def find(bare: BareString, options: argparse.Namespace) -> int:
    """The data elements of a bare string that `cardlib find` looks for."""
    lines = list(_found(bare.explanation, options.what, bool(options.reveal)))
    out([*lines[:MAX_ROWS], *more(len(lines) - MAX_ROWS, "place")] or [NOTHING])
    return 0 if lines else 1


def _found(explanation: Explanation, what: str, reveal: bool) -> Iterable[str]:
    """A line for each data element with that tag or a part of that name."""
    tag = to_hex(parse_hex(what) or b"")
    part = what.strip().lower()
    for string in explanation.parts or (explanation,):
        for reading in string.readings:
            for view in views(reading, reveal):
                for node in [view.node, *(inner for _, inner in view.node.walk())]:
                    is_named = len(part) > 1 and part in node.name.lower()
                    if (tag and node.tag == tag) or (not tag and is_named):
                        yield node_line(view, node)


def refuse_bare(file: BinaryIO, path: str, options: argparse.Namespace) -> None:
    """Raise BareString for an open file that is surely no dialogue but a bare string.

    Only a file is asked that the reader of any lines of hex would read, or nobody.
    """
    if options.format or options.to_card or options.from_card:
        return
    head = file.read(MAX_SURE_TEXT + 1)
    file.seek(0)
    if len(head) > MAX_SURE_TEXT:
        return
    surest, _ = recognise(head)
    if surest not in (None, BY_HINTS):
        return
    explanation = explain_if_sure(head.decode("utf-8", "replace"), options.dictionary)
    if explanation is not None:
        raise BareString(explanation, path)
