# SPDX-License-Identifier: MIT
"""Bytes in a line of text, in the many ways people and programs write them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...core.model import record
from ...core.patterns import lazy

_PAIR = "[0-9A-Fa-f]{2}"
_NOT_INSIDE = r"(?<![0-9A-Za-z_.])"
_STARTS = r"(?<![0-9A-Za-z_])"
_ENDS = r"(?![0-9A-Za-z_])"
_HIDDEN_PAIR = "[Xx*?#]{2}"
_ANY = f"(?:{_PAIR}|{_HIDDEN_PAIR})"
_DOTS = r"(?: \.\.){2,4096}"  # two would be the text of two bytes
_PREFIXED_BYTE = rf"(?:\(byte\)\s?)?0[xX](?:[0-9A-Fa-f]{{1,2}}|{_HIDDEN_PAIR})(?![0-9A-Fa-f])"
_LIST_NUMBER = r"(?:\(byte\)\s?)?-?(?:0[xX])?[0-9A-Fa-f]{1,3}"
_PREFIXED_WITH_COMMAS = rf"(?:\s{{0,12}},\s{{0,4}}{_PREFIXED_BYTE})+"
_PREFIXED_WITH_BLANKS = rf"(?:(?: {{1,4}}{_PREFIXED_BYTE})+|(?:\t{{1,4}}{_PREFIXED_BYTE})+)"
_BY_COMMA = rf"(?:(?:, ?{_ANY}){{2,}}|, ?{_PAIR}(?! {{1,2}}{_PAIR}))(?![:-]{_PAIR}),?"
_JOINED_FIRST = f"(?:{_PAIR}|{_HIDDEN_PAIR}(?=[:-]|, ?{_HIDDEN_PAIR}))"
_JOINED_OTHERS = "|".join(
    (
        f"(?::{_ANY})+",
        f"(?:-{_ANY})+",
        rf"(?:\.{_PAIR}){{2,}}",  # "00.A4" may be a number
        _BY_COMMA,  # the second of two may begin a group that stands apart
    )
)
_GROUPS_FIRST = "|".join(  # of its first byte
    (
        rf"(?:0[xX])?{_PAIR}",
        rf"{_HIDDEN_PAIR}(?= {{1,2}}{_HIDDEN_PAIR})",
        rf"[Xx?]{{2}}(?= {{1,2}}{_PAIR})",
        rf"[Xx*?]{{2}}(?=(?:{_PAIR}){{3}})",
    )
)
_BEFORE_COMMA = rf"(?!{_PAIR}, ?{_PAIR}(?!,? {{0,2}}{_PAIR})(?![0-9A-Za-z]))"  # a list that begins behind a blank
_GROUPS = rf"(?:[ \u00a0]{{1,2}}{_BEFORE_COMMA}{_ANY}+)*"

# Order matters: the first that matches wins.
_SPELLINGS = {
    # b'\x00\xa4': bytes of Python
    "literal": r"b(?P<quote>['\"])(?:\\x[0-9a-f]{2}|\\[tnr\\'\"]|[ -\[\]-~])*?(?P=quote)",
    # [0, 164], {(byte) 0x00, -92}: numbers in brackets
    "list": rf"[\[{{(]\s{{0,4}}{_LIST_NUMBER}"
    rf"(?:(?:\s{{0,12}},\s{{0,12}}|\s{{1,4}}){_LIST_NUMBER})*"
    r"\s{0,4},?\s{0,4}[\]})]",
    # \x00\xA4
    "escaped": rf"(?:\\x{_PAIR})+",
    # 0x00, 0xA4
    "prefixed": rf"{_STARTS}{_PREFIXED_BYTE}(?:{_PREFIXED_WITH_COMMAS}|{_PREFIXED_WITH_BLANKS}),?",
    # 0x4
    "single": rf"{_STARTS}0[xX][0-9A-Fa-f]{_ENDS}",
    # 00h A4h
    "suffixed": rf"{_NOT_INSIDE}{_PAIR}[hH](?:[, ]{{1,2}}{_PAIR}[hH])+{_ENDS}",
    # 00:A4, 00-A4, 00.A4.04, 00,A4
    "joined": rf"{_NOT_INSIDE}{_JOINED_FIRST}(?:{_JOINED_OTHERS}){_ENDS}",
    # 00A4 0400, 0x00A40400, 00 A4 XX ..: groups of whole bytes
    "blanks": rf"{_NOT_INSIDE}(?<![^0-9A-Fa-f]#)(?<!^#)"
    rf"(?:{_GROUPS_FIRST}){_ANY}*{_GROUPS}"
    rf"(?:{_DOTS}(?= |$){_GROUPS})?"
    rf"(?!(?<= {_PAIR})[:-]{_PAIR}){_ENDS}",
}
_RUN = lazy("|".join(f"(?P<{name}>{pattern})" for name, pattern in _SPELLINGS.items()))
_LONG = lazy(rf"{_NOT_INSIDE}[0-9A-Fa-f]{{4000,}}{_ENDS}")
_ONLY_SIGNS = lazy(r"[*?#:, -]+")
_COMMAS = lazy(rf"(?<![0-9A-Za-z.,]){_PAIR}(?:,{_PAIR}){{3}},?{_PAIR}?(?![0-9A-Za-z])")
_NUMBER = lazy(r"-?(?:0[xX])?[0-9A-Fa-f]{1,3}")
_LEAN = "[1-9A-Fa-f]?[0-9A-Fa-f]"  # a byte without zeros in front
_UNPADDED = lazy(rf"(?<![0-9A-Za-z.])(?:{_LEAN} ){{1,4096}}{_LEAN}(?![0-9A-Za-z_.])")
_PREFIXED = lazy(rf"0[xX](?:[0-9A-Fa-f]{{1,2}}|{_HIDDEN_PAIR})")
_ZERO_IN_FRONT = lazy("0[xX]0[0-9A-Fa-f]")
_HIDDEN = lazy(rf"{_HIDDEN_PAIR}|\.\.")
_LETTERS_ONLY = lazy(r"[A-Fa-f ]+$")
_MARKED_LETTERS = lazy(r"[^\w\s.,;]\s{0,2}$")
_INS = lazy(r"\s?(?:\(INS\))?\s*", re.I)
_NAMED_INS = lazy(r"\s?\(INS\)\s*", re.I)
_DECIMAL_POINT = lazy(r"\.\d")
_HEX_LETTER = lazy("[A-Fa-f]")
_LEAST_LETTERS = 4  # bytes of letters only that are no word


@record
class Run:
    """Bytes at a place in a line; zeros stand for `hidden` of them, which somebody blanked."""

    start: int
    stop: int
    data: bytes
    spelling: str
    hidden: int = 0


class Spelling:
    """What the lines of a file show about its numbers where a line alone does not."""

    def __init__(self) -> None:
        self.is_decimal = False
        self.is_unpadded = False
        self.is_comma = False  # single bytes with commas between

    def learn(self, texts: list[str]) -> None:
        """Look for a list that can only be decimal, for bytes without zeros in front, for commas."""
        for text in texts:
            if not self.is_comma and _COMMAS.search(text):
                self.is_comma = True
            if not self.is_decimal and ("[" in text or "{" in text):
                lists = (match["list"] for match in _RUN.finditer(text) if match["list"])
                self.is_decimal = any(map(_shows_decimal, lists))
            if not self.is_unpadded:
                sequences = _UNPADDED.finditer(text)
                self.is_unpadded = any(map(_shows_unpadded, sequences))

    def runs(self, text: str) -> list[Run]:
        """The runs of bytes in a line, from left to right."""
        return sorted(self._found(text), key=lambda run: run.start)

    def _found(self, text: str) -> Iterator[Run]:
        if self.is_unpadded and not self.is_decimal:
            for sequence in list(_UNPADDED.finditer(text)):
                words = sequence[0].split()
                data = bytes(int(word, 16) for word in words)
                yield Run(sequence.start(), sequence.end(), data, "unpadded")
                text = _crossed_out(text, sequence)
        for row in _LONG.finditer(text):  # the pattern of all spellings would remember each pair
            if len(row[0]) % 2 == 0:
                yield Run(row.start(), row.end(), bytes.fromhex(row[0]), "blanks")
                text = _crossed_out(text, row)
        for match in _RUN.finditer(text):
            run = self._run(match, text)
            if run:
                yield run

    def _run(self, match: re.Match[str], text: str) -> Run | None:
        """The bytes of one spelling; None where the digits are something else."""
        spelling = match.lastgroup or ""
        digits = match[0]
        if _ONLY_SIGNS.fullmatch(digits):
            return None  # a rule, or letters in bold
        if spelling == "blanks":
            return _blank_run(match, text)
        is_two = spelling == "joined" and "," in digits and len(digits) < 6
        if is_two and not self.is_comma:
            return None
        if spelling == "prefixed" and _is_mixed(digits):
            return None
        data, hidden = self._bytes(spelling, digits)
        if not data:
            return None
        stop = match.end()
        if digits.endswith(","):
            stop -= 1
        return Run(match.start(), stop, data, spelling, hidden)

    def _bytes(self, spelling: str, digits: str) -> tuple[bytes, int]:
        """The bytes, and how many of them somebody blanked; none where the digits are no bytes."""
        if spelling == "literal":
            inside = digits[2:-1].encode()
            return inside.decode("unicode_escape").encode("latin-1", "replace"), 0
        if spelling == "list":
            return self._list(digits), 0
        if spelling == "joined":
            return _with_zeros(re.sub("[:., -]", "", digits))
        if spelling in ("escaped", "suffixed"):
            return bytes.fromhex(re.sub("[^0-9A-Fa-f]", "", digits)), 0
        pairs = [word[2:].rjust(2, "0") for word in _PREFIXED.findall(digits)]
        return _with_zeros("".join(pairs))

    def _list(self, digits: str) -> bytes:
        """Numbers in brackets: decimal ones, with a sign in Java, or hex."""
        words = _NUMBER.findall(digits.replace("(byte)", " "))
        if len(words) < 2 and digits[1:3].lower() != "0x":
            return b""  # a count
        is_prefixed = any(map(_has_prefix, words))
        is_pairs = all(len(word) == 2 for word in words)
        is_known = is_prefixed or is_pairs or self.is_decimal
        if digits[0] != "[" and not is_known:
            return b""  # a count in parentheses
        is_hex = is_pairs and not self.is_decimal and any(map(_is_hex_for_sure, words))
        if is_prefixed or is_hex:
            numbers = [int(word, 16) for word in words]
        elif self._are_decimal(words, has_commas="," in digits):
            numbers = [int(word) for word in words]
        else:
            return b""
        if min(numbers) < -128 or max(numbers) > 255:
            return b""
        return bytes(number & 255 for number in numbers)

    def _are_decimal(self, words: list[str], has_commas: bool) -> bool:
        """Whether numbers in brackets are decimal; two digits each with blanks may be hex."""
        if any(map(_HEX_LETTER.search, words)):
            return False
        return self.is_decimal or has_commas or all(len(word) != 2 for word in words)


def _crossed_out(text: str, match: re.Match[str]) -> str:
    """A line with signs that no spelling has in the place of what was read."""
    return text[: match.start()] + "~" * len(match[0]) + text[match.end() :]


def _has_prefix(word: str) -> bool:
    return word.removeprefix("-").startswith(("0x", "0X"))


def _is_hex_for_sure(pair: str) -> bool:
    """Whether two digits are no number as people write them."""
    return pair[0] == "0" or bool(_HEX_LETTER.search(pair))


def _is_mixed(digits: str) -> bool:
    """Whether some bytes have a zero in front and others lack it: a digit was lost."""
    sizes = {len(word) for word in _PREFIXED.findall(digits)}
    return 3 in sizes and bool(_ZERO_IN_FRONT.search(digits))


def _shows_decimal(digits: str) -> bool:
    """Whether a list has a number that is no byte in hex: three digits, or a sign."""
    words = _NUMBER.findall(digits)
    if len(words) < 2 or any(map(_has_prefix, words)):
        return False
    return any(word[0] == "-" or len(word) == 3 for word in words)


def _shows_unpadded(sequence: re.Match[str]) -> bool:
    """Whether some bytes have one digit and others two, and the whole is no list."""
    words = sequence[0].split()
    singles = sum(len(word) == 1 for word in words)
    if len(words) < 4 or not 1 < singles < len(words):
        return False
    return not _is_in_list(sequence.string, sequence.start())


def _is_in_list(text: str, start: int) -> bool:
    opening = text.rfind("[", 0, start)
    return opening >= 0 and "]" not in text[opening:start]


def _blank_run(match: re.Match[str], text: str) -> Run | None:
    """Groups of hex digits with blanks between them; blanked bytes end what is known."""
    digits = match["blanks"].replace("\u00a0", " ")
    stop = match.end()
    if digits.isdecimal() and _DECIMAL_POINT.match(text, stop):
        return None  # a number with a fraction
    if digits[:2] in ("0x", "0X"):
        digits = digits[2:]
    if _LETTERS_ONLY.match(digits) and not _may_be_letters(digits):
        is_marked = _MARKED_LETTERS.search(text[: match.start()]) and _INS.fullmatch(text[stop:])
        is_marked = is_marked or _NAMED_INS.fullmatch(text, stop)
        if not is_marked or len(digits) != 2:
            return None
    data, hidden = _with_zeros(digits)
    return Run(match.start(), stop, data, "blanks", hidden)


def _with_zeros(digits: str) -> tuple[bytes, int]:
    """Bytes with zeros for those that somebody blanked, and the number of these."""
    plain = "".join(digits.split())
    pairs = [plain[at : at + 2] for at in range(0, len(plain), 2)]
    hidden = sum(bool(_HIDDEN.fullmatch(pair)) for pair in pairs)
    if hidden:
        plain = "".join("00" if _HIDDEN.fullmatch(pair) else pair for pair in pairs)
    return bytes.fromhex(plain), hidden


def _may_be_letters(digits: str) -> bool:
    """Whether digits that are all letters are bytes and no word: many of them, or FF."""
    bare = digits.replace(" ", "")
    return len(bare) >= 2 * _LEAST_LETTERS or set(bare.upper()) == {"F"}
