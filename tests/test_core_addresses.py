# SPDX-License-Identifier: MIT
"""Keys of data files: wrong ones say what may stand there, right ones ask for what they write down."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardlib.core.addresses import Address, holds, parameters_of, parse_address
from cardlib.core.apdu import parse_command
from cardlib.core.errors import DictionaryError

NO_KEY = "the key is neither a tag in upper-case hex nor one of object, file, command"
WRONG = [
    ("", NO_KEY),
    (" ", NO_KEY),
    ("9f27", NO_KEY),
    ("9F", NO_KEY),  # a first byte alone
    ("9F2", NO_KEY),
    ("9F27/", NO_KEY),
    ("/9F27", NO_KEY),
    ("61//4F", NO_KEY),
    ("6F" + "/A5" * 9, NO_KEY),
    ("9F27 ", NO_KEY),
    ("9F27\n", NO_KEY),
    ("commands 80A8", NO_KEY),
    ("object", "behind 'object' stands a tag"),
    ("object 9f27", "behind 'object' stands a tag"),
    ("object 9F27 p1=00", "no condition 'p1' here; there may be: none"),
    ("command", "behind 'command' stands class and instruction"),
    ("command 80", "behind 'command' stands class and instruction"),
    ("command 80a8", "behind 'command' stands class and instruction"),
    ("command 80A8 00", "behind 'command' stands class and instruction"),
    ("command  80A8", "behind 'command' stands class and instruction"),
    ("command 80A8 p3=00", "no condition 'p3' here; there may be: cla, p1, p2, lc, data"),
    ("command 80A8 p1=", "'' is not hex of whole bytes"),
    ("command 80A8 p1=0", "'0' is not hex of whole bytes"),
    ("command 80A8 p1=0x", "'0x' is not hex of whole bytes"),
    ("command 80A8 p1=ff", "'ff' is not hex of whole bytes"),
    ("file ", "behind 'file' stands a path"),
    ("file MF//2FE2", "behind 'file' stands a path"),
    ("file " + "A/" * 9 + "A", "behind 'file' stands a path"),
    ("file sfi 5", "behind 'file' stands a path"),
    ("file sfi 05 record 1", "'1' is not hex of whole bytes"),
    ("file 2FE2 p1=00", "no condition 'p1' here; there may be: record"),
    ("status 8000", "behind 'status' stands a status word"),
    ("status 90", "behind 'status' stands a status word"),
    ("status 9X02", "behind 'status' stands a status word"),
    ("status 94X2", "behind 'status' stands a status word"),
    ("status 9402 ins=50", "no condition 'ins' here; there may be: none"),
    ("key 9", "behind 'key' stands a reference"),
    ("key 9A p1=00", "no condition 'p1' here; there may be: none"),
]


@pytest.mark.parametrize(("key", "reason"), WRONG)
def test_a_wrong_key(key: str, reason: str) -> None:
    with pytest.raises(DictionaryError) as caught:
        parse_address(key)
    assert caught.value.reason.startswith(reason)
    assert caught.value.row == key and "\n" not in caught.value.reason


RIGHT = [
    ("42", Address("object", "42")),
    ("9F27", Address("object", "9F27")),
    ("DF8129", Address("object", "DF8129")),
    ("5FC102", Address("object", "5FC102")),
    ("object 9F27", Address("object", "9F27")),
    ("61/4F", Address("object", "61/4F")),
    ("6F/A5/BF0C/61/4F", Address("object", "6F/A5/BF0C/61/4F")),
    ("command 80A8", Address("command", "80A8")),
    ("command 8050 p1=01", Address("command", "8050", (("p1", "01"),))),
    ("command 8050 p2=.1 p1=01", Address("command", "8050", (("p1", "01"), ("p2", ".1")))),
    ("command 80A8 data=83", Address("command", "80A8", (("data", "83"),))),
    ("answer 805C p1=03", Address("answer", "805C", (("p1", "03"),))),
    ("file 2FE2", Address("file", "2FE2")),
    ("file MF/7F20/6F07", Address("file", "MF/7F20/6F07")),
    ("file ADF.USIM/6F07", Address("file", "ADF.USIM/6F07")),
    ("file sfi 15", Address("file", "sfi 15")),
    ("file sfi 18 record 01", Address("file", "sfi 18", (("record", "01"),))),
    ("status 9402", Address("status", "9402")),
    ("status 91XX", Address("status", "91XX")),
    ("key 9A", Address("key", "9A")),
]


@pytest.mark.parametrize(("key", "address"), RIGHT)
def test_a_right_key(key: str, address: Address) -> None:
    assert parse_address(key) == address


@given(st.text(max_size=40) | st.from_regex(r"(command|file|status|key|answer|object) .{0,20}"))
def test_any_key(key: str) -> None:
    try:
        address = parse_address(key)
    except DictionaryError as error:
        assert error.row == key
    else:
        assert address.place and address.place in key


def test_the_address_that_asks_for_more_is_more_exact() -> None:
    keys = [
        "command 8050",
        "command 8050 p1=..",
        "command 8050 p1=.1",
        "command 8050 p1=01",
        "command 8050 data=0102",
        "command 8050 p1=.. p2=..",
    ]
    levels = [parse_address(key).exactness for key in keys]
    assert levels == sorted(set(levels))


HOLDS = [
    ("00B0000000", "p1=01", False),
    ("00B0010000", "p1=01", True),
    ("00B0110000", "p1=.1", True),
    ("00B0120000", "p1=.1", False),
    ("00B0010000", "p1=01 p2=01", False),
    ("00B0010100", "p1=01 p2=01", True),
    ("00B0010000", "data=00", False),  # Le is no data
    ("00D6000000", "lc=00", True),
    ("903203000000", "lc=00", True),  # Lc 00, then Le 00: the lengths disagree, and no data follows
    ("903203000000", "lc=01", False),
    ("903203000100", "lc=01", True),
    ("90320300000000", "lc=00", True),  # an extended Le
    ("00D600000283FF", "data=83", True),
    ("00D600000283FF", "data=83FF", True),
    ("00D600000283FF", "data=83FF00", False),
    ("00D600000283FF", "data=8.F.", True),
    ("00D600000283FF", "lc=02", True),
    ("0CD600000283FF", "cla=0C", True),
    ("00D600000283FF", "cla=0C", False),
]


@pytest.mark.parametrize(("command", "conditions", "expected"), HOLDS)
def test_conditions(command: str, conditions: str, expected: bool) -> None:
    address = parse_address(f"command 00B0 {conditions}")
    parameters = parameters_of(parse_command(bytes.fromhex(command)))
    assert holds(address.conditions, parameters) is expected


def test_a_condition_on_what_is_not_known_does_not_hold() -> None:
    assert not holds((("record", "01"),), {})
    assert not holds((("data", "83"),), {"data": ""})
    assert holds((), {})
