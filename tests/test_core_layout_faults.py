# SPDX-License-Identifier: MIT
"""Faults planted in layouts: each is found without any bytes, with its line and what may stand there."""

from __future__ import annotations

import pytest

from cardlib.core.errors import DictionaryError, LayoutError
from cardlib.core.layout import compile_layout

OTHERS = {
    "pair": "first  1\nsecond  1",
    "rows": "4F AID\n50 label  ..  latin1",
    "needy": "needs kind, DCS\ntext  ..  latin1",
    "broken": "first  1\nsecond  1  mony",
    "circle": "a  -  use:circle back",
    "circle back": "a  -  use:circle",
    "one": "a  -  use:two",
    "two": "a  -  use:three",
    "three": "a  -  use:four",
    "four": "a  1",
}
LISTS = {"states": {"00": "off", "01": "on"}}

# name of the fault, layout, kind, number of the line, what is said
FAULTS = [
    ("format", "balance  4  mony", "record", 1, "no format 'mony'; near: money"),
    (
        "argument of a format",
        "balance  4  money:EURO",
        "record",
        1,
        "'EURO' is neither a number of decimal places",
    ),
    ("argument of a date", "day  2  days:yesterday", "record", 1, "Invalid isoformat string"),
    (
        "argument where none goes",
        "day  3  date:EU",
        "record",
        1,
        "the format date takes no argument",
    ),
    (
        "argument of a list",
        "objects  ..  ber:opne",
        "record",
        1,
        "ber has no argument 'opne'; there are: open",
    ),
    ("size of a format", "day  5  date", "record", 1, "a date has 3 or 4 or 6 or 8 bytes"),
    ("mark", "name  4  !nmae", "record", 1, "no mark !nmae; near: name"),
    ("check", "LRC  1  !check=lcr", "record", 1, "no check 'lcr'; near: lrc"),
    (
        "check in a repetition",
        "a  -*\n  b  1\n  c  1  !check=xor",
        "record",
        3,
        "the field is repeated",
    ),
    ("layout to use", "a  2  use:piar", "record", 1, "no layout 'piar'; near: pair"),
    ("layout to be like", "like rws", "record", 1, "no layout 'rws'; near: rows"),
    ("list of names", "a  1  @state", "record", 1, "no list of names @state; near: states"),
    (
        "length above",
        "text  =length\nlength  1  int",
        "record",
        1,
        "no field 'length' stands above",
    ),
    (
        "count above",
        "text  1*=count",
        "record",
        1,
        "no field 'count' stands above that could say how often",
    ),
    (
        "condition above",
        "when knid = 01\n  a  1\nkind  1",
        "record",
        1,
        "no field 'knid' stands above",
    ),
    (
        "digits of a condition",
        "kind  1\nwhen kind = 1\n  a  1",
        "record",
        2,
        "kind has 2 hex digits",
    ),
    (
        "form of a condition",
        "kind  1\nwhen kind is 01\n  a  1",
        "record",
        2,
        "a condition is like: when NAME = 01 02",
    ),
    (
        "pattern",
        "kind  1\nwhen kind = 0G\n  a  1",
        "record",
        2,
        "'0G' is not hex, with . for any half byte",
    ),
    ("number of bytes", "when length = 2A\n  a  1", "record", 1, "'2A' is not a number of bytes"),
    ("mask", "kind  1\nwhen kind & 0G\n  a  1", "record", 2, "'0G' is not hex digits"),
    (
        "else without when",
        "kind  1\nelse\n  a  1",
        "record",
        2,
        "`else` follows the lines of a `when`",
    ),
    (
        "second else",
        "when length = 1\n  a  1\nelse\n  b  1\nelse\n  c  1",
        "record",
        5,
        "`else` follows",
    ),
    (
        "branch without lines",
        "kind  1\nwhen kind = 01\nrest  ..",
        "record",
        2,
        "a branch without lines under it",
    ),
    ("tag", "4F AID\nAID  5", "ber", 2, "begins with a tag in hex and a name, like 4F AID"),
    ("tag of the kind", "5F AID", "ber", 1, "5F is no tag of a list of the kind ber"),
    ("third tag", "30 a\n30.3 c", "der", 2, "30.3 stands behind a row of 30.2"),
    ("second tag", "4F AID\n4F other", "ber", 2, "a second row of the tag 4F"),
    ("branch in a list", "4F AID\nwhen length = 1", "ber", 2, "a list of objects has no branches"),
    (
        "fields among rows",
        "objects  ..  ber\n  like pair",
        "record",
        2,
        "in pair, line 1: a line of a list of objects",
    ),
    ("size of an object", "4F AID  ..-2", "ber", 1, "an object takes all of its value"),
    ("behind everything", "a  ..\nb  1", "record", 2, "the field above takes everything"),
    ("behind a repetition", "a  2*\nb  1", "record", 2, "the field above takes everything"),
    (
        "name twice",
        "a  1\na  1",
        "record",
        2,
        "a second field 'a'; twice may stand reserved, rfu, padding, separator",
    ),
    (
        "name that may be empty",
        "padding  ..-2\npadding  2",
        "record",
        2,
        "behind one that may be empty",
    ),
    (
        "name of what is left",
        "further bytes  2",
        "record",
        1,
        "is the name of bytes that no line explains",
    ),
    (
        "digits of a value",
        "a  1  {0 no, 1 yes}",
        "record",
        1,
        "the value 0 has 1 hex digits, the field 2",
    ),
    ("value not hex", "a  1  {0x plain}", "record", 1, "the value '0x' is not upper-case hex"),
    ("value without a name", "a  1  {00}", "record", 1, "'00' is not a value and its name"),
    ("value twice", "a  1  {00 a, 00 b}", "record", 1, "the value 00 has two names"),
    (
        "bit behind the field",
        "a  1  flags  {9 high}",
        "record",
        1,
        "bit 9 lies behind the field of 8 bits",
    ),
    ("bit", "a  1  flags  {b1 high}", "record", 1, "'b1' is not a bit, like 8"),
    ("flags without names", "a  1  flags", "record", 1, "flags needs the names of its bits"),
    (
        "bits before a byte",
        "a  3b\nb  1",
        "record",
        2,
        "the bit fields above end 5 bits before a byte is whole",
    ),
    (
        "bits at the end",
        "a  1\nb  3b",
        "record",
        2,
        "the bit fields end 5 bits before a byte is whole",
    ),
    (
        "bits in a field",
        "a  1\n  b  3b\nc  1",
        "record",
        1,
        "the bit fields end 5 bits before a byte is whole",
    ),
    (
        "lines under a format",
        "a  1  int\n  b  1",
        "record",
        2,
        "nothing stands under a field that has a format: int",
    ),
    ("size missing", "a\nb  1", "record", 1, "a field has a name and a size, parted by two spaces"),
    ("size", "a  four", "record", 1, "no size 'four'; a size is like 4, 14b, .."),
    ("size of nothing", "a  0", "record", 1, "a field has 1 to 1048576 bytes or bits"),
    ("size of parts", "a  -  int", "record", 1, "a field that is as long as its parts"),
    ("size of a list", "a  -  ber", "record", 1, "what is opened as ber needs a size"),
    (
        "size of a bitmap",
        "a  ..  bitmap\n  b  1",
        "record",
        1,
        "a bitmap has a size in bits or bytes",
    ),
    (
        "bitmap of nothing",
        "a  1  bitmap",
        "record",
        1,
        "a field that is bitmap needs lines under it",
    ),
    (
        "two formats",
        "a  1  int  le",
        "record",
        1,
        "a line has a name, a size, one format and one list of names",
    ),
    (
        "names of parts",
        "a  1  {00 no}\n  b  1",
        "record",
        1,
        "a field with parts has no names of values",
    ),
    (
        "check of parts",
        "a  1  !check=xor\n  b  1",
        "record",
        1,
        "a check stands at a field that is one value",
    ),
    ("brace", "a  1  {00 no", "record", 1, "a brace without its other half"),
    ("two braces", "a  1  {00 no} {01 yes}", "record", 1, "two lists of names"),
    ("indentation", "  a  1\nb  1", "record", 2, "indented less than the first line"),
    ("needs", "a  1\nneeds b", "record", 2, "`needs` stands in the first line of a layout"),
    (
        "needs not met",
        "kind  1\na  ..  use:needy",
        "record",
        2,
        "needy needs DCS, and no such field stands above",
    ),
    ("fault elsewhere", "a  2  use:broken", "record", 1, "in broken, line 2: no format 'mony'"),
    ("circle", "a  -  use:circle", "record", 1, "a circle: circle > circle back > circle"),
    (
        "chain",
        "a  -  use:one",
        "record",
        1,
        "more than 3 layouts in each other: one > two > three > four",
    ),
    (
        "nested too deep",
        "\n".join("  " * n + f"a{n}  .." for n in range(20)),
        "record",
        15,
        "nested deeper than 15",
    ),
    ("repetitions", "a  1*0", "record", 1, "a field is repeated 1 to 1048576 times"),
]


@pytest.mark.parametrize(
    ("text", "kind", "line", "said"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS]
)
def test_a_planted_fault_is_found(text: str, kind: str, line: int, said: str) -> None:
    with pytest.raises(LayoutError) as caught:
        compile_layout(text, kind=kind, names=LISTS, layouts=OTHERS)
    number, shown, reason = caught.value.faults[0]
    assert said in reason
    assert number == line
    assert shown == text.split("\n")[line - 1].strip()


def test_all_faults_are_listed_in_order() -> None:
    text = "a  1  mony\nb  ..  # a remark\n\nc  1  !secret {0 no}\nd  four"
    with pytest.raises(LayoutError) as caught:
        compile_layout(text)
    assert [number for number, _, _ in caught.value.faults] == [1, 4, 4, 4, 5]
    assert "5: no size 'four'" in str(caught.value)
    assert "\n    d  four" in str(caught.value)
    assert isinstance(caught.value, DictionaryError)


def test_a_kind_that_there_is_not() -> None:
    with pytest.raises(ValueError, match="no kind 'tlv'; there are: record, ber"):
        compile_layout("4F AID", kind="tlv")


def test_a_shared_list_may_have_more_bits_than_the_field() -> None:
    names = {"services": {"1": "first", "9": "ninth"}}
    (node,) = compile_layout("a  1  flags  @services", names=names).parse(b"\x01")
    assert node.text == "first"


def test_a_mapping_that_is_filled_late_is_used() -> None:
    """A mapping that is empty so far is false in Python: it must not be thrown away."""

    class Late(dict[str, str]):
        def __bool__(self) -> bool:
            return False

    layout = compile_layout("a  2  use:pair", layouts=Late(OTHERS))
    assert [node.name for node in layout.parse(b"\1\2")[0].children] == ["first", "second"]
