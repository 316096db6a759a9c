# SPDX-License-Identifier: MIT
"""How people mark the direction of hex: words in some languages, arrows, columns.

The marks are those of issue threads, blogs and tools; docs/formats.md lists them with examples.
"""

from __future__ import annotations

import re

from ..core.model import Sender

_READER_ENDS = r"(?:reader|terminal|host|pcd|ifd|pos|pc|t)"
_CARD_ENDS = r"(?:card|picc|icc|tag|c)"
_TO = r" ?(?:[=-]{1,8}>|→) ?"

# Words that are marks wherever they stand in a line.
_TO_CARD_WORDS = (
    r"sending|send|sent|transmit(?:ting)?|transceive in|command|cmd|request|to card|"
    rf"{_READER_ENDS}{_TO}{_CARD_ENDS}|"
    "p?b?sendbuffer|发送|命令|指令|"
    "senden|gesendet|befehl|kommando|comando|commande|команда"
)
_FROM_CARD_WORDS = (
    r"received|receive|recv|response|resp|reply|answer(?:ed)?|returned|result|from card|"
    rf"{_CARD_ENDS}{_TO}{_READER_ENDS}|"
    "p?b?recvbuffer|unprotected|接收|返回|响应|应答|"
    "empfangen|antwort|respuesta|réponse|ответ"
)
# Words that are marks only at the beginning of a line.
_TO_CARD_FIRST = r"c-?apdu|capdu|apdu|req|tx|in|input|out->|c(?=\s?[:：=])|write|发"
_FROM_CARD_FIRST = r"r-?apdu|rapdu|rx|out|output|rsp|res|sw|r(?=\s?[:：=])|read|收"

_ANY_WORD = rf"(?:({_TO_CARD_WORDS})|({_FROM_CARD_WORDS}))"
_FIRST_WORD = rf"(?:({_TO_CARD_WORDS}|{_TO_CARD_FIRST})|({_FROM_CARD_WORDS}|{_FROM_CARD_FIRST}))"
_ARROW = r"[\[(]?(?:([=-]{1,8}>|>{1,4}|→)|(<[=-]{1,8}|<{1,4}|←))[\])]?"

# What stands between a mark and its bytes.
_WHAT = (
    r"(?:[ _-]?(?:apdu|data|hex|bytes|buffer|to card|指令|命令|数据|报文)){0,2}"
    r"(?:\[\d{0,4}\])?[\"'\])】]{0,2}"
)
_SIZE = (
    r"(?:[(\[](?:len\w{0,3}[=: ]{0,2})?\d{1,5}(?: ?bytes?)?[)\]]|"
    r"length \d{1,5} data|\d{1,5}(?=:))?"
)
_SIGN = r"(?:[=-]{0,8}>|<[=-]{0,8}(?!\w)|[:：=→←]|(?=[\[<{]))[\s◇◆]*"
_BEHIND = rf"{_WHAT}\s{{0,8}}{_SIZE}\s{{0,8}}{_SIGN}(.*)"

# In each pattern, group 1 is a mark to the card, group 2 one from it, the last one what follows.
SECOND_MARK = re.compile(rf"(?<=[|;,\s\"]){_FIRST_WORD}{_BEHIND}", re.I)  # in a line that has one
WORD_MARK = re.compile(rf"[\s\[(*{{\"-]{{0,8}}{_FIRST_WORD}{_BEHIND}", re.I)
MARKS = (  # at the beginning of a line
    re.compile(rf"\s{{0,8}}{_ARROW}\s*:?\s*(.*)"),
    re.compile(rf"\s{{0,8}}[\[【]{_FIRST_WORD}[\]】]\s*(.*)", re.I),
    WORD_MARK,
    re.compile(r"\s{0,8}(?:(发送|命令)|(接收|返回|响应|应答))\s*(.*)"),
)
LATER_MARKS = (  # behind something else
    re.compile(  # a column of a table, a value of JSON
        rf"(?:^|[|;,\t\"])\s{{0,8}}{_FIRST_WORD}"
        r"\"?\s{0,8}[|;,\t]\s*(?:\"\w{1,20}\":\s*)?([^|;]*)",
        re.I,
    ),
    re.compile(rf"[:\])-] {_ARROW} (.*)"),
    re.compile(rf"\[{_ANY_WORD}\] (.*)", re.I),
    re.compile(  # anywhere
        rf"(?<![0-9A-Za-z])"
        rf"(?:({_TO_CARD_WORDS}|tx(?= )|req(?= ))|({_FROM_CARD_WORDS}|rx(?= )|rsp(?= )))"
        rf"(?:{_BEHIND}| ((?:[0-9A-F]{{2}}[ :]?){{2,}})$)",
        re.I,
    ),
)
Mark = tuple[Sender, str]  # who sends, and what follows the mark


def first_mark(text: str) -> Mark | None:
    """The mark at the beginning of a line."""
    for pattern in MARKS:
        match = pattern.match(text)
        if match:
            return mark_of(match)
    return None


def later_mark(text: str) -> Mark | None:
    """The mark behind something else."""
    for pattern in LATER_MARKS:
        match = pattern.search(text)
        if match:
            return mark_of(match)
    return None


def mark_of(match: re.Match[str]) -> Mark:
    """What a match of a mark says."""
    rest = match[match.lastindex or 3]
    if match[1]:
        return "reader", rest
    return "card", rest
