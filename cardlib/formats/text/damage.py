# SPDX-License-Identifier: MIT
"""What is wrong with a line whose bytes cannot be read to their end."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

from ...core.patterns import lazy
from ..hextext import carries_hex, count_hex_digits
from . import costs, words
from .fields import Field, shape_of
from .not_bytes import is_status_word, names_status

_SEPARATOR = lazy(  # what may stand between two halves
    r"[|;,/\\\t=\u2190-\u21ff\u3000-\u9fff\uff00-\uffef]|:|[<>-]{2}|[<>]|[A-Za-z]{2,}|[)\]}\"'`]"
)

_BROKEN = lazy(r"[\0-\b\x0e-\x1f\x7f\udc80-\udcff\ufffd]")

_LEFT_OUT = lazy(r"\s{0,4}[\[(<{]{0,2}\s?(?:\.\.\.?|…|truncated|snip|cut\b)", re.I)

_TOKEN = lazy(r"([^0-9A-Za-z_\s]?\s{0,2})([0-9A-Fa-fOIl]+)(?![0-9A-Za-z_])")

_TOKEN_BEFORE = lazy(  # digits that stick to the bytes, or stand between a mark and them
    r"(?<![0-9A-Za-z_])((?=\d*[A-Fa-f])[0-9A-Fa-f]{3,})[^0-9A-Za-z_\s]$|"
    r"\S [\[(]?((?:[0-9A-Fa-f]{2}){2,}[0-9A-Fa-f])[^0-9A-Za-z_]{1,2}$|"
    r"(?<![0-9A-Za-z_])(?=\d{0,9}[A-Fa-f])(?:[0-9A-Fa-f]{2}){1,9}[0-9A-Fa-f]\s$|"
    r"(?<![^\s>=<])(?=\d|.\d|...\d)[0-9A-Fa-f]{2}[G-Zg-z_!-+;-@\[-`{-~][0-9A-Fa-f]{2}\s$|"
    r"[0-9A-Za-z][\"'&$(!*+?<>~^%]$|(?<![0-9A-Za-z_])(?=.?[OIl])[0-9A-Fa-fOIl]{2}[:.-]$"
)

_HALF_BEFORE = lazy(  # a sign and blanks in front of the other half of an exchange
    r"(?<![0-9A-Za-z_])(?=\d{0,40}[A-Fa-f])(?:[0-9A-Fa-f]{2}){2,30}[0-9A-Fa-f][^0-9A-Za-z_]{3,4}$"
)

_ODD_BETWEEN = lazy(  # half a byte, a byte with a letter or a sign for a digit or a blank
    r"\.[0-9A-Fa-f]{2}\s|\s[^\s0-9A-Za-z][0-9A-Fa-f]\s|"
    r"\s(?!P[12]|T[01])(?:[0-9A-Fa-f][G-Zg-z]|[G-Zg-z][0-9A-Fa-f])\s|"
    r"\s?(?:[^\s0-9A-Za-z:=>|\[(][0-9A-Fa-f]|[0-9A-Fa-f][^\s0-9A-Za-z:=>|\])])\s?|"
    r" ?[0-9A-Fa-f](?![0-9A-Za-z])(?: [0-9A-Fa-f](?![0-9A-Za-z]))?[^0-9A-Za-z]*|\s?\([0-9A-Fa-f]\s|"
    r"[\s,;:.]*(?:[0-9A-Fa-f]|\d?[OIl]\d?|(?=.?[OIl])[0-9A-Fa-fOIl]{2}|0[xX]\w{0,2})[\s,;:.]*|([:.,-])\w{1,2}\1"
)

_CUT_JOINED = lazy(  # half a byte behind a sign
    r"(?<![0-9A-Za-z_.:-])[0-9A-Fa-f]{2}(?::(?:[0-9A-Fa-f]{2}:){0,99}|-(?:[0-9A-Fa-f]{2}-){0,99})[0-9A-Fa-f]\s{0,4}$"
)

_BROKEN_PREFIXED = lazy(r"[\s,;]{0,3}0[xX](?=[0-9A-Fa-f]?[OIl])[0-9A-Fa-fOIl]{2}(?![0-9A-Za-z_])")

_BROKEN_END = lazy(  # two bytes with a letter between or in them; an odd number of digits behind a sign
    r"\s[0-9A-Fa-f]{2}[G-Zg-z_][0-9A-Fa-f]{2}(?![0-9A-Za-z_])|\s[0-9A-Fa-f]{3}[G-Zg-z](?![0-9A-Za-z_])|"
    r"(?:[^\s0-9A-Za-z]|\s(?=0))[0-9A-Fa-f]{3}(?:[0-9A-Fa-f]{2}){0,99}\s*$"
)

_HALF_BEHIND = lazy(
    r"(?:(?:[:-]|, ?)(?:[0-9A-Fa-f]|[0-9A-Fa-f][OIl]|[OIl][0-9A-Fa-f])| \d[OIl]| [OIl]\d|"
    r" [0-9A-Fa-f](?=[ (\[]{1,3}(?i:sw|status)))(?![0-9A-Za-z_]| ?[<>=:])"
)

_HALF_A_BYTE = lazy(r" (?:[0-9A-Fa-f]|\d?[OIl]\d?)(?:\s{2,80}\S.*)?\s*")

_BROKEN_BYTE_BEFORE = lazy(  # a byte with a letter for a digit, then the others
    r"(?<![0-9A-Za-z_])(?:0[xX])?(?=.?[OIl])[0-9A-Fa-fOIl]{2}[\s,:;-]{1,3}(?:0[xX])?$"
)

_BROKEN_BYTES = lazy(  # bytes up to one with a letter for a digit
    r"(?<![0-9A-Za-z_])(?:(?:0[xX])?[0-9A-Fa-fOIl]{2}[\s,:;-]{1,3}){1,64}(?:0[xX])?$"
)

_PAIR_WITH_A_LETTER = lazy(r" (?:[0-9A-Fa-f][G-Zg-z]|[G-Zg-z][0-9])(?= |$)")

_UNIT = lazy(r"[.:=%)]|\s?[a-zA-Zµ]{1,6}")

SIGN_THEN_HEX = lazy(r"\s*[#;(|]\s{0,2}[0-9A-Fa-f]{2,}\s*$")

BEGINS_LIKE_BYTES = lazy(  # O for 0, digits of other scripts, a list that holds no bytes
    r"[\"'<{\[(]{0,3}(?:b['\"]\\|[0-9A-F] [0-9A-F]{1,2} |"
    r"(?:0[xX])?(?:[0-9A-Fa-f]{2}|(?=.?\d)[\dA-FOIl]{2})(?![a-z])|-?\d{1,3},|"
    r"(?=[0-9A-Fa-f]{0,80}\d)(?=[0-9A-Fa-f]{0,80}[OIl])[0-9A-Fa-fOIl]{4,80}(?![0-9A-Za-z_]))"
)

_LETTER_FOR_DIGIT = lazy(r"(?=(?:\D{0,80}\d){2})(?=[^OIl]{0,80}[OIl])[0-9A-FOIl]{4,80}")

_WORD_WITH_A_LETTER = lazy(  # for a digit, in a long row of digits
    r"(?<![0-9A-Za-z_])(?=(?:[0-9A-Fa-f]{0,80}\d){3})(?=[0-9A-Fa-f]{1,600}[OIl])"
    r"[0-9A-Fa-fOIl]{8,600}(?![0-9A-Za-z_])"
)

_ORDINARY = lazy(
    r"(?<![0-9A-Za-z])(?=[A-Za-z]{0,20}[g-wyzG-WYZ])[A-Za-z]{2,20}(?![0-9A-Za-z])"
    r"|[^\W\d_a-zA-Z]{2}"
)

_AT_LINE = lazy(r"\d{1,5} [-|]")

_SIZE = lazy(r"[\[(<]{0,2}\d{1,5}(?: ?bytes?| ?B)?[\])>]{0,2}:?")

_INDENTATION = 4

_LONGEST_ROW = 800

_AROUND = " \t\"'`,;"

_VALUE_SIGNS = (": ", "] ", " - ", "\t", "= ", "> ", "< ", '"', "`", "|", ":", "=", ">", "<")

_CUT_STATUS = lazy(r"[69][0-9A-Fa-f]{2}")  # a status word that lost a digit

_SHORTEST_DAMAGED = 3  # digits of a bare line that were bytes before one was lost

NOT_WHOLE = "hex digits that are no whole bytes"

_LEFT_OUT_DETAIL = "bytes were left out"

_NO_REST = "what follows the bytes cannot be read"


def fault_before(text: str) -> str:
    """What is wrong with a line whose bytes begin before those that can be read."""
    if _BROKEN_BYTE_BEFORE.search(text) or _HALF_BEFORE.search(text[-_LONGEST_ROW:]):
        return _NO_REST
    token = _TOKEN_BEFORE.search(text)
    if token and any(letter.isdigit() or letter in "OIl" for letter in token[0]):
        return _NO_REST
    if _WORD_WITH_A_LETTER.search(text[-_LONGEST_ROW:]):
        return _NO_REST
    if _BROKEN.search(text) or "\\x" in text:
        return _NO_REST
    return ""


def before_broken_bytes(text: str) -> str:
    """The text in front of bytes of which the last has a letter for a digit."""
    match = _BROKEN_BYTES.search(text[-_LONGEST_ROW:])
    if match is None:
        return text
    return text[: len(text) - len(match[0])]


def fault_in(fields: list[Field], text: str) -> str:
    """What is wrong with a line, if its bytes go on in a way that cannot be read."""
    for field, following in pairwise(fields):
        between = text[field.stop : following.start]
        if "#" in text[: fields[0].start]:
            between = between.replace("#", "")  # it stands before the first bytes as well
        if _is_broken_between(between):
            return _NO_REST
        is_apart = _SEPARATOR.search(between) or _is_status(following, fields[-1])
        if not is_apart and not _are_halves(fields):
            return _NO_REST
    rest = text[fields[-1].stop :]
    if not rest:
        return ""
    if _LEFT_OUT.match(rest):
        return _LEFT_OUT_DETAIL
    if _BROKEN.search(rest[:8]) and not rest[:1].isspace():
        return _NO_REST
    if _goes_on(rest) or _BROKEN_PREFIXED.match(rest) or _BROKEN_END.match(rest):
        return NOT_WHOLE
    is_broken_behind = _WORD_WITH_A_LETTER.search(rest[:_LONGEST_ROW])
    if SIGN_THEN_HEX.match(rest) or _is_stuck(rest) or is_broken_behind:
        return _NO_REST
    return ""


def _is_broken_between(text: str) -> bool:
    """Whether a part of the bytes in front of a text, or of those behind it, stands in it."""
    if _BROKEN.search(text) or "#" in text or _BROKEN_BYTE_BEFORE.search(text):
        return True
    return bool(_ODD_BETWEEN.fullmatch(text) or _HALF_BEHIND.match(text))


def has_odd_digits(fields: list[Field], text: str) -> bool:
    """Whether half a byte stands between two runs of bytes."""
    return any(
        _ODD_BETWEEN.fullmatch(text, field.stop, following.start)
        for field, following in pairwise(fields)
    )


def rejoined(fields: list[Field], text: str) -> list[Field]:
    """The fields of a line that was wrapped and put together again: an indentation is within its bytes."""
    if len(fields) < 2 or _are_halves(fields):
        return fields
    joined = fields[:1]
    for field in fields[1:]:
        last = joined[-1]
        between = text[last.stop : field.start]
        if between.isspace() and len(between) >= _INDENTATION:
            data = (last.data or b"") + (field.data or b"")
            joined[-1] = replace(last, stop=field.stop, data=data)
        else:
            joined.append(field)
    return joined


def _are_halves(fields: list[Field]) -> bool:
    """Whether a line holds a command and its answer beyond doubt."""
    first = fields[0].data or b""
    last = fields[-1].data or b""
    is_answer = len(last) > 1 and costs.status(last) <= costs.OTHER_STATUS
    is_both = len(fields) == 2 or (len(fields) == 3 and fields[-1].kind == "status")
    return is_both and is_answer and costs.is_sound_command(first)


def _is_status(field: Field, last: Field) -> bool:
    """Whether the last bytes of a line may be a status word that stands apart."""
    return field is last and is_status_word(field)


def _goes_on(rest: str) -> bool:
    """Whether digits follow that belong to the bytes, and are no whole bytes."""
    if _PAIR_WITH_A_LETTER.match(rest):
        return True
    token = _TOKEN.match(rest)
    if not token or rest[:3] == "   ":
        return False
    if not any(letter.isdigit() or letter in "OIl" for letter in token[2]):
        return False
    if len(token[2]) > 4:
        return True
    return token[1] in ("", " ", "  ", ", ", ",", ":", "-") and not _UNIT.match(rest, token.end())


def is_cut_row(text: str, last: Field) -> bool:
    """Whether a line ends in a byte and half of one."""
    rest = text[last.stop :]
    return bool(_HALF_A_BYTE.fullmatch(rest)) and len(last.data or b"") < 3


def _is_stuck(rest: str) -> bool:
    """Whether a letter that is no sign of a remark follows without a blank."""
    first = rest[0]
    is_letter = first.isalnum() and first.isascii()
    return is_letter or (not first.isascii() and first.isalpha() and first < "\u0370")


def hole_in(text: str, number: int) -> list[Field]:
    """A line that holds something like bytes, and nobody can read it."""
    cut = _CUT_JOINED.search(text[-_LONGEST_ROW:])
    if cut is not None:
        start = len(text) - len(cut[0])
        return [Field(number, start, len(text), None, shape_of(text[:start]), detail=NOT_WHOLE)]
    at = 0
    for sign in _VALUE_SIGNS:
        place = text.rfind(sign, 0, len(text) - 2)
        if place >= 0:
            at = max(at, place + len(sign))
    value = text[at:].split("//")[0].strip(_AROUND)
    is_behind_mark = bool(at and words.direction(text[:at]))
    if value[:1] in ("6", "9") and names_status(text[:at]):
        is_behind_mark = True
    if not _is_like_bytes(value, is_behind_mark, at == 0):
        return []
    return [Field(number, at, len(text), None, shape_of(text[:at]), detail=NOT_WHOLE)]


def _is_like_bytes(value: str, is_behind_mark: bool, is_bare: bool) -> bool:
    """Whether a text was bytes before it was damaged."""
    if not any(map(str.isdigit, value)) or _ORDINARY.search(value) or _SIZE.fullmatch(value):
        return False
    if _AT_LINE.match(value):
        return False
    if is_bare and _CUT_STATUS.fullmatch(value):
        return True
    if value.isdecimal() and (len(value) < _SHORTEST_DAMAGED or not (is_bare or is_behind_mark)):
        return False
    if is_behind_mark and BEGINS_LIKE_BYTES.match(value):
        return True
    if _LETTER_FOR_DIGIT.fullmatch(value):
        return True
    hex_digits = count_hex_digits(value)
    return carries_hex(value) and (hex_digits > 2 or len(value.split()) > 1)
