# SPDX-License-Identifier: MIT
"""In which line of a data file a row stands: nowhere, in a table of its own, behind an equals sign."""

from __future__ import annotations

import pytest

from cardlib.core.places import layout_line, line_of

FILE = '''# a comment about [9F27]
[meta]
title = "x"

[9F27]
name = "x"
[ "file 2F00" ]
name = "y"
layout = """
a  1
b  1
"""
['file sfi 01']
layout = "a  1"
["command 8050 p1=.1"]
name = "z"
objects = \'\'\'80 a  1
81 b  1\'\'\'
[DF01]
like = "9F27"
[DF02]
name = "w"
'''

ROWS = [
    ("no such row", 0),
    ("9F2", 0),
    ("F27", 0),
    ("", 0),
    ("(", 0),
    ("command 8050 p1=11", 0),  # a dot in a key is a dot
    ("meta", 2),
    ("9F27", 5),
    ("file 2F00", 7),
    ("file sfi 01", 13),
    ("command 8050 p1=.1", 15),
]


@pytest.mark.parametrize(("row", "line"), ROWS)
def test_the_line_of_a_row(row: str, line: int) -> None:
    assert line_of(FILE, row) == line


def test_a_row_that_is_no_table() -> None:
    assert line_of('[meta]\n\n"9F27" = 5', "9F27") == line_of("[meta]\n\n9F27 = 5", "9F27") == 3
    assert line_of("", "9F27") == 0


LAYOUTS = [
    ("no such row", 1, 0),
    ("9F27", 2, 5),  # no layout: the header
    ("DF01", 1, 19),  # the layout of another row
    ("file 2F00", 1, 10),
    ("file 2F00", 2, 11),
    ("file sfi 01", 1, 14),
    ("command 8050 p1=.1", 1, 17),
    ("command 8050 p1=.1", 2, 18),
]


@pytest.mark.parametrize(("row", "number", "line"), LAYOUTS)
def test_the_line_of_a_layout(row: str, number: int, line: int) -> None:
    assert layout_line(FILE, row, number) == line
