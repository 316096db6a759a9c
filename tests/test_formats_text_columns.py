# SPDX-License-Identifier: MIT
"""What is taken out of the lines of a pasted log, and what must stay: traps first."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from regex_growth import verdict

from cardlib.formats.text.columns import COLUMN, STAMP, Cut, fresh, learn

S = 10**9
MS = 10**6
US = 1000
DAY = 86_400 * S


def cuts(text: str) -> list[Cut]:
    lines = text.strip("\n").split("\n")
    columns = learn(lines)
    return [columns.cut(line) for line in lines]


def drawn(text: str) -> list[str]:
    """The lines with ~ for stamps and _ for columns."""
    return [cut.text.replace(STAMP, "~").replace(COLUMN, "_") for cut in cuts(text)]


UNTOUCHED = {  # texts in which nothing may be taken
    "colon hex behind words": """
send 00:a4:04:00:07:a0:00:00:00:04:10:10
recv 6a:82
send 00:b2:01:0c:00
recv 6a:83
""",
    "colon hex that are times": """
12:34:56:07
10:20:30:40
11:22:33:44
""",
    "one time among colon hex": """
send 00:a4:04:00:07
12:34:56
recv 6a:82
""",
    "times as rows": """
send 00:a4:00:0c:03
12:34:56
send 00:a4:00:0c:03
12:34:57
send 00:a4:00:0c:03
12:34:58
""",
    "bytes of a date": """
20 24 11 30 12 00 00
90 00
20 24 12 01 12 00 00
90 00
""",
    "bytes of a date, joined": """
20241130120000
9000
20241201120000
9000
""",
    "bytes joined by dashes": """
00-A4-04-00-07
20-26-11-30-90-00
00-B2-01-0C-00
""",
    "offsets and a colon": """
0000: 00 a4 04 00 08 a0 00 00 06 47 2f 00 01 00
0010: 6a 82
0020: 00 b2 01 0c 00
""",
    "offsets and two blanks": """
00000000  00 a4 04 00 07 a0 00 00  00 03 10 10 00           ........ .....
00000010  42 43 90 00                                        BC..
00000020  42 43 90 00                                        BC..
""",
    "offsets of eight digits before joined bytes": """
00000000: 00A4040007A0000000031010
00000010: 6F108407A000000003101000
00000020: 6F108407A000000003101000
""",
    "decimal lists": """
Command: [0, -92, 4, 0, 7, -96, 0, 0, 0, 3, 16, 16, 0]
Response: [111, 16, -124, 7, -96, 0, 0, 0, 3, 16, 16, -91, 5, 80, 3, 65, 66, 67, -112, 0]
Command: [0, -78, 1, 12, 0]
Response: [106, -125]
""",
    "decimal bytes in a row": """
0 164 4 0 7 160 0 0 0 3 16 16
106 130
0 178 1 12 0
106 131
""",
    "bytes without leading zeros": """
write: 0 A4 4 0 7 A0 0 0 0 3 10 10 0
read: 6F 10 84 7 A0 0 0 0 3 10 10 A5 5 50 3 41 42 43 90 0
write: 0 B2 1 C 0
read: 6A 83
""",
    "a status word in front of all lines": """
9000 6F108407A0000000031010
9000 7081
9000 8E0101
""",
    "a status word of digits behind a label": """
SW 9000 >
SW 9000 >
SW 9000 >
""",
    "the front of a command on all lines": """
0084 0000 08
0084 0000 10
0084 0000 20
""",
    "a command of eight digits on all lines": """
00840000 08
00840000 10
00840000 18
""",
    "the same class byte": """
00 20 00 80 08
00 20 00 81 08
00 20 00 82 08
00 20 00 83 08
""",
    "groups of two bytes": """
8020 0080 0824
8020 0081 0824
8020 0082 0824
""",
    "groups of four bytes": """
16400080 00000000
16400081 00000010
16400082 00000020
""",
    "bytes that rise": """
10 00 00 00
11 00 00 00
14 00 00 00
17 00 00 00
""",
    "answers that begin with a year": """
> 00 B0 00 00 02
< 20 26 90 00
> 00 B0 00 02 02
< 20 27 90 00
""",
    "a balance of ten digits": """
> 00B0000005
< 17824534149000
> 00B0000005
< 17824534159000
""",
    "dots between bytes": """
00.40.04
90.00
00.41.04
""",
    "lengths in brackets": """
TX (13): 00 A4 04 00 07 A0 00 00 00 03 10 10 00
RX (20): 6F 10 84 07 A0 00 00 00 03 10 10 A5 05 50 03 41 42 43 90 00
TX (5): 00 B2 01 0C 00
RX (2): 6A 83
""",
    "an index of a word": """
resp[9000]
resp[9000]
resp[9000]
""",
    "a colon between halves": """
00A4040007A000000003101000: 6F108407A0000000031010A50550034142439000
00B2010C00: 6A83
00B2020C00: 6A83
""",
    "tags": """
5A 08 12 34 56 78 90 12 34 56
5F 24 03 26 11 30
5F 25 03 20 11 30
""",
    "nothing": "\n \n\t\n",
}


@pytest.mark.parametrize("name", UNTOUCHED)
def test_what_may_be_bytes_stays(name: str) -> None:
    lines = UNTOUCHED[name].strip("\n").split("\n")
    columns = learn(lines)
    assert [columns.cut(line) for line in lines] == [Cut(line, None, None) for line in lines]
    assert (columns.clock, columns.resolution_ns, columns.learned) == ("none", 0, ())


TAKEN = {  # text, what is left of it
    "time and comma": (
        """
12:00:00,80 A8 00 00 02 83 00 00
12:00:00,69 85
""",
        """
~~~~~~~~,80 A8 00 00 02 83 00 00
~~~~~~~~,69 85
""",
    ),
    "time and comma, a byte row of six digits": (
        """
12:00:00,80A8
12:00:01,123456
12:00:02,9000
""",
        """
~~~~~~~~,80A8
~~~~~~~~,123456
~~~~~~~~,9000
""",
    ),
    "epoch and comma": (
        """
1782453414,00 A4 04 00 07 A0 00 00 05 27 20 01
1782453414,6A 82
""",
        """
~~~~~~~~~~,00 A4 04 00 07 A0 00 00 05 27 20 01
~~~~~~~~~~,6A 82
""",
    ),
    "thread before joined bytes": (
        """
1234 00A4040007A0000000031010
1234 6A82
1234 00B2010C00
""",
        """
____ 00A4040007A0000000031010
____ 6A82
____ 00B2010C00
""",
    ),
    "pointers and offsets": (
        """
fido_pcsc_write: writing: buf=0x7ffc00001000, len=14
0000: 00 a4 04 00 08 a0 00 00 06 47 2f 00 01 00
fido_pcsc_read: reading: buf=0x55d000002000, len=2
0000: 6a 82
""",
        """
fido_pcsc_write: writing: buf=______________, len=14
0000: 00 a4 04 00 08 a0 00 00 06 47 2f 00 01 00
fido_pcsc_read: reading: buf=______________, len=2
0000: 6a 82
""",
    ),
    "handles": (
        """
0x0012fe40 > 00 A4 04 00
0x0012fe40 < 6A 82
0x0012fe40 > 00 B2 01 0C 00
""",
        """
__________ > 00 A4 04 00
__________ < 6A 82
__________ > 00 B2 01 0C 00
""",
    ),
    "identifiers of a session": (
        """
550e8400-e29b-41d4-a716-446655440000 > 00A40400
550e8400-e29b-41d4-a716-446655440000 < 6A82
""",
        """
____________________________________ > 00A40400
____________________________________ < 6A82
""",
    ),
    "addresses and versions": (
        """
192.168.1.20 tool 1.10.2 > 00A40400
192.168.1.20 tool 1.10.2 < 6A82
""",
        """
____________ tool ______ > 00A40400
____________ tool ______ < 6A82
""",
    ),
    "a counter before bytes": (
        """
1 00 A4 04 00
2 6A 82
3 00 B2 01 0C 00
4 6A 83
""",
        """
_ 00 A4 04 00
_ 6A 82
_ 00 B2 01 0C 00
_ 6A 83
""",
    ),
    "a counter of two digits before bytes": (
        """
08 00 A4 04 00
09 6A 82
10 00 B2 01 0C 00
11 6A 83
12 00 B2 02 0C 00
""",
        """
__ 00 A4 04 00
__ 6A 82
__ 00 B2 01 0C 00
__ 6A 83
__ 00 B2 02 0C 00
""",
    ),
    "a counter in brackets, rows below": (
        """
[1] 00 A4 04 00 07
[2] 6F 10 84 07
[3] 00 B2 01 0C 00
12 34
[4] 6A 83
[5] 00 B2 01 0C 00
""",
        """
[_] 00 A4 04 00 07
[_] 6F 10 84 07
[_] 00 B2 01 0C 00
12 34
[_] 6A 83
[_] 00 B2 01 0C 00
""",
    ),
    "a process in brackets": (
        """
Nov 30 12:00:00 host pcscd[2238]: > 00 A4 04 00
Nov 30 12:00:00 host pcscd[2238]: < 6A 82
""",
        """
~~~~~~~~~~~~~~~ host pcscd[____]: > 00 A4 04 00
~~~~~~~~~~~~~~~ host pcscd[____]: < 6A 82
""",
    ),
    "source lines": (
        """
reader-pcsc.c:28:transmit: 00 A4 04 00
reader-pcsc.c:93:transmit: 6A 82
""",
        """
reader-pcsc.c:__:transmit: 00 A4 04 00
reader-pcsc.c:__:transmit: 6A 82
""",
    ),
    "logger and line": (
        """
DEBUG [ykman.pcsc.send_and_receive:18] SEND: 00a40400
DEBUG [ykman.pcsc.send_and_receive:20] RECV: 6A82
""",
        """
DEBUG [ykman.pcsc.send_and_receive:__] SEND: 00a40400
DEBUG [ykman.pcsc.send_and_receive:__] RECV: 6A82
""",
    ),
    "ticks without a unit": (
        """
82691691: 00a4040007a000000003101000
82691735: 6f108407a0000000031010
82691737: 00b2010c00
""",
        """
________: 00a4040007a000000003101000
________: 6f108407a0000000031010
________: 00b2010c00
""",
    ),
    "two threads behind a stamp": (
        """
12:00:00.001 [5010] > 00A40400
12:00:00.002 [5010] < 6A82
12:00:00.003 [5011] > 00A40400
12:00:00.004 [5011] < 6A82
12:00:00.005 [5010] > 00B2010C00
12:00:00.006 [5010] < 6A83
""",
        """
~~~~~~~~~~~~ [____] > 00A40400
~~~~~~~~~~~~ [____] < 6A82
~~~~~~~~~~~~ [____] > 00A40400
~~~~~~~~~~~~ [____] < 6A82
~~~~~~~~~~~~ [____] > 00B2010C00
~~~~~~~~~~~~ [____] < 6A83
""",
    ),
    "a thread behind a stamp on two lines": (
        """
12:00:00.001 [5010] > 00A40400
12:00:00.002 [5010] < 6A82
""",
        """
~~~~~~~~~~~~ [____] > 00A40400
~~~~~~~~~~~~ [____] < 6A82
""",
    ),
    "a stamp behind the bytes": (
        """
> 00 A4 04 00 at 2026-11-30 12:00:00.001
< 6A 82 at 2026-11-30 12:00:00.002
""",
        """
> 00 A4 04 00 at ~~~~~~~~~~~~~~~~~~~~~~~
< 6A 82 at ~~~~~~~~~~~~~~~~~~~~~~~
""",
    ),
    "durations": (
        """
> 00 A4 04 00
< 6A 82 (12ms)
52 ms
< 90 00 (8301 usec)
""",
        """
> 00 A4 04 00
< 6A 82 (~~~~)
~~~~~
< 90 00 (~~~~~~~~~)
""",
    ),
}


@pytest.mark.parametrize("name", TAKEN)
def test_what_is_no_byte_is_taken(name: str) -> None:
    text, left = TAKEN[name]
    assert drawn(text) == left.strip("\n").split("\n")


NOON = 12 * 3600 * S
# 2026-11-30 is the day 20,787 since 1970: 56 years of 365 days, 14 leap days, 333 days.
D30 = (56 * 365 + 14 + 333) * DAY
CLOCKS = {  # lines of a log, the nanoseconds of each by hand, the resolution
    "ISO, point": (
        ["2026-11-30 12:00:00.007 > 00A4", "2026-11-30 12:00:01.25 < 6A82"],
        [D30 + NOON + 7 * MS, D30 + NOON + 1250 * MS],
        MS,
    ),
    "Python logging": (
        [
            "2026-11-30 12:00:00,123 DEBUG apdu: > 00 B2 01 0C 00",
            "2026-11-30 12:00:00,160 DEBUG apdu: < 6A 83",
        ],
        [D30 + NOON + 123 * MS, D30 + NOON + 160 * MS],
        MS,
    ),
    "Python logging, name and level behind dashes": (
        [
            "2026-11-30 12:00:00,123 - card.wire - DEBUG - Tx: 00B2010C00",
            "2026-11-30 12:00:00,160 - card.wire - DEBUG - Rx: 6A83",
        ],
        [D30 + NOON + 123 * MS, D30 + NOON + 160 * MS],
        MS,
    ),
    "Python logging, level first": (
        ["DEBUG 2026-11-30 12:00:00,123 wire 00B2010C00", "INFO 2026-11-30 12:00:00,160 wire 6A83"],
        [D30 + NOON + 123 * MS, D30 + NOON + 160 * MS],
        MS,
    ),
    "ISO with a zone": (
        ["2026-11-30T12:00:00+0200 SEND: 00a4", "2026-11-30T10:00:01Z RECV: 6a82"],
        [D30 + NOON - 7200 * S, D30 + NOON - 7199 * S],
        S,
    ),
    "ISO with a zone of half an hour": (
        ["2026-11-30T12:00:00.5-03:30 > 00a4", "2026-11-30T12:00:00.6-03:30 > 00a4"],
        [D30 + NOON + 12_600 * S + 5 * MS, D30 + NOON + 12_600 * S + 6 * MS],
        MS,
    ),
    "slashes as Go writes": (
        ["2026/11/30 12:00:00 > 00 A4 04 00", "2026/11/30 12:00:01 < 6A 82"],
        [D30 + NOON, D30 + NOON + S],
        S,
    ),
    "slashes as Go writes, microseconds": (
        ["2026/11/30 12:00:00.000045 main.go:42: > 00 A4 04 00", "2026/11/30 12:00:01.000000 x"],
        [D30 + NOON + 45 * US, D30 + NOON + S],
        US,
    ),
    "German date": (
        ["30.11.2026 12:00:00 > 00A4", "30.11.2026 12:00:01,500 < 6A82"],
        [D30 + NOON, D30 + NOON + 1500 * MS],
        MS,
    ),
    "afternoon": (
        ["11/30/2026 1:00:00 PM > 00A4", "11/30/2026 12:00:00 AM < 6A82"],
        [D30 + 13 * 3600 * S, D30],
        S,
    ),
    "day first": (["30/11/2026 12:00:00 > 00A4"], [D30 + NOON], S),
    "syslog": (
        ["Nov 30 12:00:00 host pcscd[12]: > 00A4", "Nov 30 12:00:02 host pcscd[12]: < 6A82"],
        [(2 * 365 + 334) * DAY + NOON, (2 * 365 + 334) * DAY + NOON + 2 * S],
        S,
    ),
    "journald in ISO": (
        ["2026-11-30T12:00:00+0000 host pcscd[2238]: 00A4", "2026-11-30T12:00:01+0000 h p[1]: 6A"],
        [D30 + NOON, D30 + NOON + S],
        S,
    ),
    "date of a mail": (["Mon, 30 Nov 2026 12:00:00 GMT > 00A4"], [D30 + NOON], S),
    "date of the shell": (["Mon Nov 30 12:00:00 UTC 2026 > 00A4"], [D30 + NOON], S),
    "web server": (["[30/Nov/2026:12:00:00 +0100] 00A4"], [D30 + NOON - 3600 * S], S),
    "java.util.logging": (["Nov 30, 2026 1:00:00 PM log: 00A4"], [D30 + 13 * 3600 * S], S),
    "compact ISO": (["20261130T120000Z > 00A4", "20261130T120001Z < 6A82"], [D30 + NOON, D30 + NOON + S], S),
    "compact date": (["20261130 12:00:00.001 > 00A4"], [D30 + NOON + MS], MS),
    "logcat, threadtime": (
        [
            "11-30 12:00:00.024 12345 12367 D EmvReader: --> 00A4",
            "11-30 12:00:00.061 12345 12367 D EmvReader: <-- 6A82",
        ],
        [(2 * 365 + 334) * DAY + NOON + 24 * MS, (2 * 365 + 334) * DAY + NOON + 61 * MS],
        MS,
    ),
    "Android Studio": (
        ["2026-11-30 12:00:00.123 1234-1234/com.example.pos D/EMV: CAPDU: 00 A4"],
        [D30 + NOON + 123 * MS],
        MS,
    ),
    "Android Studio of today": (
        ["2026-11-30 12:00:00.123  1234-1250  EMV  com.example.pos  D  CAPDU: 00 A4"],
        [D30 + NOON + 123 * MS],
        MS,
    ),
    "glog": (
        ["I1130 12:00:00.000123  1234 reader.cc:12] > 00A4"],
        [(2 * 365 + 334) * DAY + NOON + 123 * US],
        US,
    ),
    "log4j": (
        ["2026-11-30 12:00:00,123 [main] DEBUG c.e.Terminal - Sending 00A4"],
        [D30 + NOON + 123 * MS],
        MS,
    ),
    "log4j, time only": (
        ["12:00:00,123 [main] DEBUG c.e.Terminal - 00A4", "12:00:00,124 [main] DEBUG c.e.T - 6A82"],
        [NOON + 123 * MS, NOON + 124 * MS],
        MS,
    ),
    "env_logger": (
        ["[2026-11-30T12:00:00Z DEBUG card::tx] 00A4", "[2026-11-30T12:00:01Z DEBUG card] 6A82"],
        [D30 + NOON, D30 + NOON + S],
        S,
    ),
    ".NET": (
        ["2026-11-30 12:00:00.1234567 [DBG] 00A4", "2026-11-30 12:00:00.1234568 [DBG] 6A82"],
        [D30 + NOON + 123_456_700, D30 + NOON + 123_456_800],
        100,
    ),
    "time in brackets": (
        ["[12:00:00.789] > 00A4", "[12:00:00.790] < 6A82"],
        [NOON + 789 * MS, NOON + 790 * MS],
        MS,
    ),
    "time in brackets, no fraction": (
        ["[12:00:00] > 00A4", "[12:00:01] < 6A82"],
        [NOON, NOON + S],
        S,
    ),
    "colon before milliseconds": (
        ["12:00:00:789 > 00A4", "12:00:00:790 < 6A82"],
        [NOON + 789 * MS, NOON + 790 * MS],
        MS,
    ),
    "midnight": (
        ["23:59:59.999 > 00A4", "00:00:00.001 < 6A82", "00:00:02.000 > 00A4"],
        [DAY - MS, DAY + MS, DAY + 2 * S],
        MS,
    ),
    "back by a second": (
        ["12:00:01.000 > 00A4", "12:00:00.000 < 6A82"],
        [NOON + S, NOON],
        MS,
    ),
    "new year without a year": (
        ["Dec 31 23:59:59 h p[1]: > 00A4", "Jan  1 00:00:00 h p[1]: < 6A82"],
        [3 * 365 * DAY + DAY - S, 3 * 365 * DAY + DAY],
        S,
    ),
    "the date gets lost": (
        ["2026-11-30 23:59:59.000 > 00A4", "2026-11-30 23:59:59.100 < 6A82", "x 00:00:01.000 y"],
        [D30 + DAY - S, D30 + DAY - 900 * MS, D30 + DAY + S],
        MS,
    ),
    "milliseconds without zeros in front": (
        ["12:00:00.7 > 00A4", "12:00:00.42 < 6A82", "12:00:00.123 > 00B2"],
        [NOON + 7 * MS, NOON + 42 * MS, NOON + 123 * MS],
        MS,
    ),
    "fractions without zeros behind": (
        ["12:00:00.7 > 00A4", "12:00:00.042 < 6A82", "12:00:01.05 > 00B2"],
        [NOON + 700 * MS, NOON + 42 * MS, NOON + 1050 * MS],
        MS,
    ),
    "hundredths": (
        ["12:00:00.10 > 00A4", "12:00:00.42 < 6A82", "12:00:00.99 > 00B2"],
        [NOON + 100 * MS, NOON + 420 * MS, NOON + 990 * MS],
        10 * MS,
    ),
    "epoch, fraction": (
        ["1700000000.123 > 00 A4", "1700000000.155 < 6F 10"],
        [1_700_000_000_123 * MS, 1_700_000_000_155 * MS],
        MS,
    ),
    "epoch in milliseconds": (
        ["1700000000123 > 00 A4", "1700000000155 < 6F 10"],
        [1_700_000_000_123 * MS, 1_700_000_000_155 * MS],
        MS,
    ),
    "epoch in microseconds": (
        ["[1700000000123456] > 00 A4", "[1700000000123457] < 6F 10"],
        [1_700_000_000_123_456 * US, 1_700_000_000_123_457 * US],
        US,
    ),
    "epoch in nanoseconds": (
        ["1700000000123456789;TX;00A4", "1700000000123456999;RX;6A82"],
        [1_700_000_000_123_456_789, 1_700_000_000_123_456_999],
        1,
    ),
    "JSON lines": (
        [
            '{"time": "2026-11-30T12:00:00.123Z", "type": "send", "data": "00a4040007"}',
            '{"time": "2026-11-30T12:00:00.145Z", "type": "recv", "data": "6a82"}',
        ],
        [D30 + NOON + 123 * MS, D30 + NOON + 145 * MS],
        MS,
    ),
    "CSV, date and time apart": (
        ["2026-11-30;12:00:00.001;TX;00A4", "2026-11-30;12:00:00.002;RX;6A82"],
        [D30 + NOON + MS, D30 + NOON + 2 * MS],
        MS,
    ),
    "CSV, seconds": (
        ["time;direction;data", "0.001;TX;00A4", "0.032;RX;6A82", "0.040;TX;00B2"],
        [None, MS, 32 * MS, 40 * MS],
        MS,
    ),
    "CSV, milliseconds by the header": (
        ["time_ms,dir,data", "100000,TX,00A4", "100032,RX,6A82", "100040,TX,00B2"],
        [None, 100 * S, 100_032 * MS, 100_040 * MS],
        MS,
    ),
    "seconds of Wireshark": (
        ["1   0.000000 host → 1.2.1 USB 00", "2   0.001234 1.2.1 → host USB 6A", "3   0.002000 host USB 0"],
        [0, 1_234 * US, 2 * MS],
        US,
    ),
    "kernel": (
        ["[   12.345678] usb: 00A4", "[   12.345700] usb: 6A82"],
        [12_345_678 * US, 12_345_700 * US],
        US,
    ),
    "ESP-IDF": (
        ["I (12345) apdu: 00A4", "D (12399) apdu: 6A82"],
        [12_345 * MS, 12_399 * MS],
        MS,
    ),
    "Flipper": (
        ["82691691 [D][Reader] NFC transmit 13: 00a4", "82691735 [D][Reader] NFC response 20: 6f10"],
        [82_691_691 * MS, 82_691_735 * MS],
        MS,
    ),
    "nfcpy": (
        ["1104 ms [nfc.clf.transport] >>> 0000ff", "1105 ms [nfc.clf.transport] <<< 0000ff00ff00"],
        [1104 * MS, 1105 * MS],
        MS,
    ),
    "pcscd": (
        ["00000000 APDU: 00 A4", "00000123 SW: 90 00", "00012300 APDU: 00 B2", "00000045 SW: 6A 83"],
        [0, 123 * US, 12_423 * US, 12_468 * US],
        US,
    ),
    "pcscd with threads": (
        ["00000001 [140001234567890] APDU: 00 A4", "00000123 [140001234567890] SW: 90 00"],
        [US, 124 * US],
        US,
    ),
    "pcscd, more than 100 seconds": (
        ["00000001 APDU: 00 A4", "99999999 SW: 90 00", "00000045 APDU: 00 B2"],
        [US, None, None],
        US,
    ),
    "deltas": (
        ["+0.106063s > 00 A4", "+0.000063s < 6A 82"],
        [106_063 * US, 106_126 * US],
        US,
    ),
    "deltas in milliseconds": (
        ["+3 ms > 00 A4", "+12 ms < 6A 82", "+0 ms > 00 B2"],
        [3 * MS, 15 * MS, 15 * MS],
        MS,
    ),
    "a delta behind a time": (
        ["12:00:00.100 (+0.005) > 00 A4", "12:00:00.105 (+0.005) < 6A 82"],
        [NOON + 100 * MS, NOON + 105 * MS],
        MS,
    ),
    "ticks without a unit": (
        ["82691691: 00a404", "82691735: 6f10", "82691737: 00b2"],
        [None, None, None],
        0,
    ),
    "a counter": (["#1 > 00A4", "#2 < 6A82", "#3 > 00B2"], [None, None, None], 0),
    "PowerShell": (
        ["VERBOSE: 11/30/2026 12:00:00 PM > 00A4", "VERBOSE: 11/30/2026 12:00:01 PM < 6A82"],
        [D30 + NOON, D30 + NOON + S],
        S,
    ),
    "OpenSC": (
        ["\tP:8476; T:12860 2026-11-30 12:00:00.713 [pkcs15-init] reader-pcsc.c:284:pcsc_transmit:"],
        [D30 + NOON + 713 * MS],
        MS,
    ),
    "OpenSC without a date": (
        ["P:1; T:0x86 12:00:00.862 [pkcs15-tool] reader-pcsc.c:334:pcsc_transmit:", "6A 82 j."],
        [NOON + 862 * MS, None],
        MS,
    ),
    "Chinese": (
        ["12:00:00.123发送: 00A4", "12:00:00.456接收: 6A82"],
        [NOON + 123 * MS, NOON + 456 * MS],
        MS,
    ),
    "Chinese, brackets": (
        ["【2026-11-30 12:00:00】发送:00A4", "【2026-11-30 12:00:01】接收:6A82"],
        [D30 + NOON, D30 + NOON + S],
        S,
    ),
    "leap second": (["2016-12-31T23:59:60Z > 00A4"], [(17_166 + 1) * DAY], S),
}  # fmt: skip


@pytest.mark.parametrize("name", CLOCKS)
def test_the_time_of_each_line(name: str) -> None:
    lines, ticks, resolution = CLOCKS[name]
    columns = learn(lines)
    assert [columns.cut(line).ticks for line in lines] == ticks
    assert columns.resolution_ns == resolution
    assert columns.clock == ("host" if resolution else "none")


@pytest.mark.parametrize("name", CLOCKS)
def test_no_digit_of_a_time_is_left_in_front(name: str) -> None:
    lines, ticks, _ = CLOCKS[name]
    columns = learn(lines)
    for line, tick in zip(lines, ticks, strict=True):
        cut = columns.cut(line)
        assert len(cut.text) == len(line)
        assert tick is None or STAMP in cut.text


TOOK = [
    ("< 6A 82 (12ms)", 12 * MS),
    ("52 ms", 52 * MS),
    ("  52 ms", 52 * MS),
    ("0.5 s", 500 * MS),
    ("(8301 usec) < 90 00", 8301 * US),
    ("command time: 250 ms", 250 * MS),
    ("took 1.5 s", 1500 * MS),
    ("A<< (0018+2) (25ms) 9000", 25 * MS),
    ("took 12,5 ms", 12_500 * US),
    ("< 90 00 [31.2 ms]", 31_200 * US),
    ("+3 ms", None),
    ("+0.106s", None),
    ("status 90 00", None),
    ("6A 82 msg", None),
    ("12 messages", None),
    ("00 A4 04 00", None),
]


@pytest.mark.parametrize(("line", "took"), TOOK)
def test_durations(line: str, took: int | None) -> None:
    assert learn(["> 00 A4 04 00", "< 6A 82"]).cut(line).took == took


def test_a_second_pass_begins_anew() -> None:
    lines = ["23:59:59.999 > 00A4", "00:00:00.001 < 6A82", "00:00:02.000 > 00A4"]
    columns = learn(lines)
    first = [columns.cut(line) for line in lines]
    again = fresh(columns)
    assert [again.cut(line) for line in lines] == first
    assert (again.clock, again.resolution_ns, again.learned) == ("host", MS, columns.learned)


def test_what_was_learned_is_said() -> None:
    assert learn(["12:00:00.001 > 00A4", "12:00:00.002 < 6A82"]).learned == (
        "time of day, 1 ms, in front",
    )
    lines = ["1 1234 00A40400", "2 1234 6A82", "3 1234 00B2010C00"]
    assert learn(lines).learned == ("counter at the line start", "thread 1234 in column 2")
    assert learn(["> 00A4"]).learned == ()


def test_a_counter_does_not_take_the_first_byte_of_a_row() -> None:
    columns = learn([f"{number} 00 A4 04 00" for number in range(1, 9)])
    assert columns.cut("1 00 A4 04 00").text == COLUMN + " 00 A4 04 00"
    assert columns.cut("90 00 A4 04 00").text == "90 00 A4 04 00"


def test_only_a_window_of_the_head_is_learned_from() -> None:
    lines = ["> 00A4"] * 3000 + ["12:00:00 > 00A4"] * 3000
    assert learn(lines).clock == "none"


PARTS = st.sampled_from(
    """12:00:00 2026-11-30_ 1700000000 . , _ [ ] 00_A4 6A82 + _ms s 0x7ffc00001000 (12ms) Nov_30_ \ue000
    \x00 999999999999999999999999999999 I_( )_a: ½² a.c:12 ٣ ٣:٣٣:٣٣""".replace("\n", " ").split(
        " "
    )
).map(lambda part: part.replace("_", " "))
LINES = st.lists(st.one_of(PARTS, st.text(max_size=8)), max_size=12).map("".join)


@given(st.lists(LINES, max_size=8), st.lists(LINES, max_size=4))
def test_any_text_is_cut_to_its_own_length(head: list[str], later: list[str]) -> None:
    columns = learn(head)
    for line in head + later:
        cut = columns.cut(line)
        assert len(cut.text) == len(line)
        kept = zip(cut.text, line, strict=True)
        assert all(left in (STAMP, COLUMN, was) for left, was in kept)


HOSTILE = [
    "1",
    "12:",
    "12:00:00",
    " ",
    "a",
    "a.",
    "[",
    "00:",
    "1.",
    "+1",
    "(1ms",
    "Nov ",
    "s",
    "0x7",
    "-",
    ",",
    "²",
]


@pytest.mark.parametrize("unit", HOSTILE)
def test_a_line_of_a_million_characters(unit: str) -> None:
    line = unit * (10**6 // len(unit))
    columns = learn([line[:200]] * 4 + ["12:00:00.001 [1234] a.c:12 > 00A4"] * 4)
    assert len(columns.cut(line).text) == len(line)
    assert len(learn([line]).cut(line).text) == len(line)


@pytest.mark.parametrize("name", CLOCKS)
def test_learned_patterns_are_linear(name: str) -> None:
    assert verdict(learn(CLOCKS[name][0]).prefix, "match") == "linear"


def test_names_of_learned_groups_are_no_bytes() -> None:
    assert not re.match(r"[0-9A-Fa-f]", STAMP + COLUMN)
