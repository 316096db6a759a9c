# SPDX-License-Identifier: MIT
"""What a text is that is no dialogue with a card: told by evidence in its lines, or not at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

from ..core.model import record
from ..core.patterns import lazy
from .memory_dumps import is_memory_dump
from .speech import is_marked, names_speaker
from .style import head_lines

_LINES = 2000
_LONG = 2000  # characters of a line that are looked at

_C_CODE = (
    r"#\s?(?:include|define|ifn?def|if|endif|pragma|undef)\b.*|/\*.*|\*/?.*|//.*|[{}][;,]?|"
    r"(?:static|const|extern|unsigned|signed|struct|typedef|enum|union|void|char|int|bool|BYTE|"
    r"byte|size_t|u?int\d{1,2}_t|return|if|else|for|while|switch|case|break)\b.*[;{},)]|"
    r"(?:\}? ?else .*|[\w.>\[\]-]{1,80} ?[|&+-]?= ?.*|[\w.:>-]{1,80}\(.*)[;{,)\\]|"
    r"[{ ]{0,4}(?:0x[0-9a-f]{1,2}[ ,]{0,3}){1,64}\}?[;,]?(?: {0,9}//.*)?|"
    r"\{.*\}[,;]?|\"(?:\\x[0-9a-f]{2})+\"[;,]?"
)
_JAVA_CODE = (
    r"(?:package|import) [\w.*]+;|@\w+.*|(?:public|private|protected|final|static|class|interface|"
    r"val|var|fun|override|internal|using|namespace)\b.*|"
) + _C_CODE
_PYTHON_CODE = (
    r"#.*|(?:from [\w.]{1,80} )?import [\w.,* ()]{1,200}|@\w{1,60}.*|"
    r"(?:async )?(?:def|class) \w{1,60}\b.{0,300}:|"
    r"(?:if|elif|else|for|while|try|except|finally|with)\b.{0,300}:|\"{3}.*|'{3}.*|"
    r"(?:return|raise|assert|yield|pass|break|continue|del|global)\b.*|"
    r"[\w.\[\]\"', ]{1,80} ?[|&+-]?= ?.*|[\w.]{1,80}\(.*|[\])}]{1,8},?|"
    r"(?:0x[0-9a-f]{1,2}[ ,]{0,3}){1,64}"
)
_MNEMONICS = (
    r"(?:push|pop|mov\w{0,4}|lea|call\w?|ret\w?|jmp\w?|j[a-z]{1,3}|add|sub|cmp|test|xor|and|or|not|"
    r"nop\w?|inc|dec|shl|shr|ldr\w{0,2}|str\w{0,2}|ldm\w{0,2}|stm\w{0,2}|ldp|stp|bl?x?|b[a-z]{2}|"
    r"adrp?|cbn?z|lui|auipc|addiw?|jalr?|sw|lw|sd|ld|li|beqz?|bnez?|int3?|leave|endbr64|rjmp|ldi|"
    r"out|in)"
)
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


@record
class Kind:
    """A kind of text: at least `least` lines have its `sign`, and `share` of all are its lines.

    None of its lines `speaks`: has a mark of direction before bytes.
    """

    name: str
    sign: re.Pattern[str]
    least: int
    line: re.Pattern[str]
    share: float
    speaks: Callable[[str], bool]

    def fits(self, texts: Sequence[str]) -> bool:
        """Whether a text is of this kind, by its lines that are not blank."""
        signs = sum(bool(self.sign.match(text)) for text in texts)
        if signs < self.least:
            return False
        lines = sum(bool(self.line.fullmatch(text)) for text in texts)
        if lines < self.share * len(texts):
            return False
        return not any(map(self.speaks, texts))


def _never(_: str) -> bool:
    return False


def _kind(
    name: str,
    sign: str,
    least: int = 1,
    line: str = ".*",
    share: float = 0.0,
    speaks: Callable[[str], bool] = is_marked,
) -> Kind:
    return Kind(name, lazy(sign, re.I), least, lazy(line, re.I), share, speaks)


_BARE_HEX = r"(?:[0-9a-f]{2} ?){4,200}"
_BASE64_LINE = r"-----.{1,60}|=?[A-Za-z0-9+/]{1,80}={0,2}|[A-Z][\w-]{1,20}: .*"
_HASH = r"(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})"
KINDS = (
    _kind("the image of a card that a Flipper made", r"Filetype: Flipper NFC", speaks=_never),
    _kind("a script of commands for a Flipper, without answers", r"Filetype: APDU Script$"),
    _kind("a file of a Flipper", r"Filetype: Flipper", speaks=_never),
    _kind("the image of a card that a Proxmark3 made", r"[{ ]{0,4}\"Created\": ?\"proxmark3", 1),
    _kind(
        "the image of a card (Metrodroid, FareBot)",
        r".{0,40}\"(?:tagId|scannedAt|mifare(?:Desfire|Ultralight|Classic))\" ?:|"
        r"<card [^>]{0,80}\btype=",
        speaks=_never,
    ),
    _kind("decoded data of a card (cardpeek)", r"<cardpeek\b", speaks=_never),
    _kind("a scan of a tag (TagInfo)", r"\*{2} ?TagInfo scan", speaks=_never),
    _kind(
        "a certificate printed as text",
        r"(?:Certificate:$|Data:$|Version: \d|Serial Number:|Signature Algorithm:|Issuer: ?|"
        r"Validity|Not Before ?:|Subject: ?|Subject Public Key|Public Key Algorithm:|X509v3 )",
        4,
        speaks=_never,
    ),
    _kind(
        "a certificate in base64",
        r"-----BEGIN (?:TRUSTED )?CERTIFICATE-----",
        1,
        _BASE64_LINE,
        0.9,
    ),
    _kind(
        "a key or another file in base64",
        r"-----BEGIN [A-Z0-9 ]{1,40}-----",
        1,
        _BASE64_LINE,
        0.9,
    ),
    _kind(
        "a file in base64",
        r"(?=[0-9A-Fa-f]{0,200}[G-Zg-z+/])[A-Za-z0-9+/]{40,}={0,2}$",
        2,
        r"[A-Za-z0-9+/]{1,2000}={0,2}",
        0.95,
    ),
    _kind(
        "a key or a number that OpenSSL printed",
        r"(?:[0-9a-f]{2}:){15}$",
        1,
        r"(?:[0-9a-f]{2}:){0,15}(?:[0-9a-f]{2})?|[A-Za-z][\w -]{1,40}:.*",
        0.95,
    ),
    _kind(
        "a list of ATRs",
        r"3[BF](?: [0-9A-F.\[\]|-]{2,12}){2,40}$",
        2,
        rf"3[BF] .*|(?!{_BARE_HEX}$).*",
        1.0,
    ),
    _kind(
        "what a program says about a tag",
        r"(?:\[.\] ?)?\s{0,16}(?:ATQA|SAK|UID|ATS)\b.{0,20}[:=]",
        2,
        rf"(?!{_BARE_HEX}$).*",
        1.0,
    ),
    _kind("a log of Bluetooth (HCI)", r"[<>@] HCI (?:Command|Event)", 1, speaks=_never),
    _kind(
        "a git log",
        r"commit [0-9a-f]{40}\b|diff --git ",
        1,
        rf"(?!{_BARE_HEX}$).*",
        1.0,
    ),
    _kind(
        "a git log",
        r"[*|\\/ ]{0,8}(?:[0-9a-f]{7}|[0-9a-f]{9}|[0-9a-f]{11}|[0-9a-f]{40}) \(?[A-Za-z]",
        3,
        r"[*|\\/ ]{0,8}[0-9a-f]{7,40} .*",
        0.8,
    ),
    _kind(
        "a list of hashes",
        rf"(?!.*9000$)(?:{_HASH} [ *].*|{_HASH}[:,;\t ].*|{_HASH}|"
        rf"(?:MD5|SHA-?\d{{1,3}}).{{0,200}}[=:] ?{_HASH})$",
        3,
        rf".{{0,300}}\b{_HASH}\b.{{0,300}}|[#;].*",
        0.9,
    ),
    _kind("a list of UUIDs", rf".{{0,60}}\b{_UUID}\b", 3, rf".{{0,60}}\b{_UUID}\b.{{0,200}}", 0.8),
    _kind(
        "a log of a CAN bus",
        r"(?:\(\d{1,12}\.\d{1,9}\) )?\s{0,8}[vs]?l?can\d{1,2} {1,8}"
        r"[0-9A-F]{3,8} ?(?:#| {0,8}\[\d{1,2}\])|"
        r"\d{1,9}\.\d{1,9} {1,8}\d {1,8}[0-9A-F]{1,8}x? {1,20}[RT]x {1,8}d |"
        r".{0,40}\bID ?[:=] ?(?:0x)?[0-9A-F]{2,8}\b.{0,20}\b(?:DLC|len) ?[:=] ?\d",
        2,
        speaks=_never,
    ),
    _kind(
        "a disassembly",
        rf"(?:[.\w]{{1,20}}:)?(?:0x)?[0-9a-f]{{1,16}}(?: <[^>]{{1,80}}>)?:?\s{{1,8}}"
        r"(?:(?:[0-9a-f]{2} ?){1,12}\s{1,30}|"
        r"[0-9a-f]{4,8}\s{1,12}(?:[0-9a-f]{4}\s{1,12})?)?"
        rf"{_MNEMONICS}(?:\.[nw])?(?:\s.*)?$",
        3,
        r"(?:[.\w]{1,20}:)?(?:0x)?[0-9a-f]{1,16}\b.*|\S{0,80}:.*|Disassembly.*|\.{3}|;.*",
        0.6,
        speaks=_never,
    ),
    _kind(
        "memory that a debugger printed",
        r"0x[0-9a-f]{4,16}(?: <[^>]{1,80}>)?:\s",
        2,
        r"(?:\(gdb\) .*|0x[0-9a-f]{4,16}(?: <[^>]{1,80}>)?:\s.*)",
        0.9,
    ),
    _kind("an Intel HEX file", r":[0-9A-F]{10,600}$", 2, r":[0-9A-F]{10,600}", 0.95),
    _kind("a file of S-records", r"S[0-9][0-9A-F]{6,600}$", 2, r"S[0-9][0-9A-F]{6,600}", 0.95),
    _kind("a list of keys", r"[0-9A-F]{12}$", 4, r"[0-9A-F]{12}|[#;/].*", 0.95),
    _kind("a list of keys", r"(?:\[.\] ?)?\s{0,4}\d{1,3} ?\|.{0,20}\b[0-9A-F]{12}\b", 2),
    _kind("a shell script", r"#! ?/\S{0,40}\b(?:ba|z|da|k)?sh\b", speaks=_never),
    _kind("a Python source", r"#! ?/\S{0,40}\bpython", speaks=_never),
    _kind(
        "a C source",
        r"#\s?(?:include|define|ifn?def|pragma)\b|"
        r"(?:[\w*]{1,40} ){1,4}\*?\w{1,60}\([^;]{0,200}\) ?\{?$",
        1,
        _C_CODE,
        0.7,
        speaks=_never,
    ),
    _kind(  # a dialogue may be written down like this too
        "a C source",
        r"(?:static |const |unsigned |extern ){0,3}(?:u?int\d{1,2}_t|BYTE|char|byte) \w{1,60} ?\[",
        1,
        _C_CODE,
        0.7,
    ),
    _kind(
        "a Java or Kotlin source",
        r"(?:package|import) [\w.*]{1,120};?$|(?:public|private|protected) "
        r"(?:static |final |override )*[\w<>\[\]]{1,40} \w|"
        r"(?:override |suspend |data ){0,2}(?:fun|class) \w",
        2,
        _JAVA_CODE,
        0.7,
        speaks=_never,
    ),
    _kind(
        "a Python source",
        r"(?:from [\w.]{1,80} )?import \w|(?:def|class) \w{1,60}\b.{0,200}:$",
        2,
        _PYTHON_CODE,
        0.7,
        speaks=_never,
    ),
    _kind(
        "a JavaScript source",
        r"(?:const|let|var) \w{1,60} = |'use strict'|import .{1,120} from ['\"]|"
        r"(?:async )?function\b",
        2,
        r"(?:const|let|var|import|export|return|await|async|function|if|else|for|class)\b.*|"
        + _C_CODE,
        0.7,
        speaks=_never,
    ),
    _kind(
        "a Rust or Go source",
        r"(?:pub )?fn \w{1,60}|use [\w:]{1,80};|let (?:mut )?\w{1,60}|"
        r"package \w{1,40}$|func \w{1,60}\(",
        2,
        r"(?:pub|fn|use|let|impl|mod|match|package|func|import|type|defer|var)\b.*|" + _C_CODE,
        0.7,
        speaks=_never,
    ),
    _kind(
        "XML or HTML",
        r"<\?xml |<!DOCTYPE|</?[A-Za-z][\w:.-]{0,60}[ />]",
        1,
        r"<.*|.*>",
        0.8,
        speaks=names_speaker,
    ),
    _kind(
        "a JSON file",
        r"[\[{]",
        1,
        r"[\[{}\]]{1,8},?|\"[^\"]{1,80}\" ?: ?.*|\"[^\"]{0,400}\",?|-?[\d.]{1,30},?|"
        r"[\[{].{0,2000}[\]}],?",
        0.95,
    ),
    _kind(
        "a configuration file",
        r"\[[\w. \"-]{1,60}\]$",
        1,
        r"\[[\w. \"-]{1,60}\]|[\w.\"-]{1,60} ?= ?.*|[#;].*",
        0.9,
    ),
    _kind(
        "a configuration file",
        r"[A-Za-z]\w{0,30}(?: [\w:\"./-]{1,100}){0,3} \{$",
        1,
        r"[#;/].*|.*[{};]",
        0.9,
    ),
    _kind(
        "a log of a serial line",
        r".{0,40}\b(?:UART\d?|COM\d{1,2}|tty(?:USB|S|ACM|AMA)\d{1,2})\b",
        2,
        r".{0,60}\b(?:UART\d?|COM\d{1,2}|tty(?:USB|S|ACM|AMA)\d{1,2})\b.*",
        0.6,
    ),
)

_DUMP_ROW = re.compile(
    r"(?:0x)?([0-9a-f]{4,8})[: ] {0,3}(?:[0-9a-f]{2,4} {1,3}){1,16}.{0,80}$", re.I
)
_MIN_DUMP_ROWS = 3
_ROW_SIZE = 16


def what_else(head: bytes) -> str:
    """What a text is that is no dialogue with a card, in a few words; empty if nothing shows it.

    "a C source", "a memory dump of a MIFARE card". Only the first 2,000 lines are looked at.
    """
    if is_memory_dump(head):
        return "a memory dump of a MIFARE card or tag"
    lines = [text.strip()[:_LONG] for text in head_lines(head)[:_LINES]]
    texts = [text for text in lines if text and not text.startswith("```")]
    if not texts:
        return ""
    for kind in KINDS:
        if kind.fits(texts):
            return kind.name
    if _is_file_dump(texts):
        return "a hex dump of a file"
    return ""


def _is_file_dump(texts: Sequence[str]) -> bool:
    """Whether all lines are rows of one dump: each begins 16 bytes behind the one before."""
    offsets: list[int] = []
    for text in texts:
        row = _DUMP_ROW.match(text)
        if row:
            offsets.append(int(row[1], 16))
        elif is_marked(text):
            return False
    if len(offsets) < max(_MIN_DUMP_ROWS, 0.9 * len(texts)):
        return False
    return all(later - earlier == _ROW_SIZE for earlier, later in pairwise(offsets))
