# SPDX-License-Identifier: MIT
"""What a text is: every kind is tried, the one that most speaks for is taken, and equal evidence names both."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from ..core.addresses import is_object
from ..core.errors import CardlibError
from ..core.escape import counted
from ..road.pipeline import read_text
from .activation import read_aid, read_apdu, read_atr, read_ats, read_status
from .certificates import read_certificate, read_der
from .documents import read_mrz
from .model import FITS, GUESS, SURE, Caller, Explanation, NoFit, Reading
from .numbers import read_number, read_stripes, read_track_1, read_track_2
from .objects import read_dol, read_field_55, read_tag_names, read_tlv, tlv_of
from .paste import MAX_TEXT, Pasted, from_base64, pasted
from .qr import read_qr
from .sim import read_eid, read_function, read_iccid, read_imsi
from .taglist import read_tag_list, single_value
from .terms import tag_named
from .toolkit import read_toolkit
from .values import of_that_size, read_afl, read_cvm_list, read_cvr, read_issuer_data, read_results

Reader = Callable[[Pasted, Caller], Reading]

MAX_SURE_TEXT = 1 << 16  # characters of a file that is no dialogue
MAX_PARTS = 50  # strings that are explained one by one
MAX_DIALOGUE = 1 << 16
# What `--as` takes beside the tags and names of values.
KINDS: dict[str, Reader] = {
    "tlv": read_tlv,
    "de55": read_field_55,
    "dol": read_dol,
    "tags": read_tag_list,
    "tagnames": read_tag_names,
    "atr": read_atr,
    "ats": read_ats,
    "sw": read_status,
    "aid": read_aid,
    "apdu": read_apdu,
    "tracks": read_stripes,
    "track1": read_track_1,
    "track2": read_track_2,
    "pan": read_number,
    "iccid": read_iccid,
    "imsi": read_imsi,
    "eid": read_eid,
    "es10": read_function,
    "qr": read_qr,
    "mrz": read_mrz,
    "ctlv": read_toolkit,
    "cert": read_certificate,
    "der": read_der,
    "iad": read_issuer_data,
    "cvr": read_cvr,
}
_ONLY_IF_SAID = ("cvr", "der")
_BY_FORM: dict[str, Reader] = {"CVM list": read_cvm_list, "AFL": read_afl, "TVR": read_results}
# Of two readings that speak of the same, the closer one stays.
_CLOSER = {
    "tags": ("tlv", "de55", "atr", "apdu", "iad"),
    "pan": ("iccid",),
    "tlv": ("de55", "qr", "cert", "pan", "es10"),
    "der": ("cert",),
}
# What is named where nothing fits.
_TRIED_AS_HEX = ("tlv", "dol", "de55", "atr", "ats", "track2", "aid", "apdu", "ctlv", "es10")
_TRIED_AS_TEXT = ("tags", "track2", "track1", "mrz", "qr", "cert")
# A dialogue may be nothing but these.
_OF_A_DIALOGUE = ("apdu", "sw")
_ISSUER_DATA = "9F10"
_ANY = "any"  # a word that does not say what a string is
# Words in front of a string, and what they say that it is.
_LABELS = {
    "atr": ("atr", "answer to reset", "card atr"),
    "ats": ("ats", "answer to select", "atqb"),
    "sw": ("sw", "sw1sw2", "sw12", "sw1 sw2", "status", "status word", "statusword"),
    "aid": ("aid", "application id", "application identifier", "df name"),
    "track1": ("track1", "track 1", "track i"),
    "track2": ("track2", "track 2", "track ii", "t2", "track2data", "track 2 data"),
    "pan": ("pan", "card number", "cardnumber"),
    "iccid": ("iccid",),
    "imsi": ("imsi",),
    "eid": ("eid",),
    "mrz": ("mrz",),
    "qr": ("qr", "qr code", "qrcode"),
    "de55": (
        "de55",
        "de 55",
        "de055",
        "f55",
        "field 55",
        "field55",
        "bit 55",
        "icc data",
        "emv data",
    ),
    "dol": ("dol",),
    "tlv": ("tlv", "ber-tlv"),
    "iad": ("iad", "9f10", "issuer application data"),
    "ctlv": ("ctlv", "proactive command", "terminal response", "envelope", "fetch"),
    "cert": ("cert", "certificate"),
    "apdu": ("apdu", "c-apdu", "capdu", "r-apdu", "rapdu"),
    _ANY: (
        "data",
        "hex",
        "emv",
        "fci",
        "command",
        "response",
        "request",
        "payload",
        "raw",
        "result",
    ),
    "cvr": ("cvr", "card verification results"),
}
_KIND_OF_LABEL = {word: kind for kind, words in _LABELS.items() for word in words}
_LABEL = re.compile(r"([A-Za-z][A-Za-z0-9 ./-]{0,40}?)\s{0,4}(?:[:=]|\s)\s{0,8}(\S.*)", re.S)
_HEX_TAG = re.compile(r"(?:[0-9A-Fa-f]{2}){1,4}")


def explain(
    text: str, kind: str = "", aid: str = "", dictionaries: Iterable[str] = ()
) -> Explanation:
    """What a text is, how sure that is, and what it says.

    kind: a name of KINDS, a tag ("9F10") or the name of a value ("TVR"), which decides; NoFit (a CaptureError) says
    in one line what does not fit. aid: whose application it is. Never raises without a kind.
    """
    caller = Caller(aid.upper().replace(" ", ""), tuple(dictionaries))
    if kind:
        return Explanation((_as_kind(text, kind, caller),))
    if len(text) > MAX_TEXT:
        return Explanation(tried=(f"{len(text)} characters are too many, at most {MAX_TEXT}",))
    explanation = _whole(text, caller)
    if explanation.sure:
        return explanation
    parts = _parts(text, caller)
    if parts and all(part.sure for part in parts):
        return Explanation(parts=parts)
    return explanation


def explain_if_sure(text: str, dictionaries: Iterable[str] = ()) -> Explanation | None:
    """The explanation of a text that is surely no dialogue but a bare string, or a few of them; else None.

    For readers of captures: ask before a few lines of hex are taken for unknown commands, and where no format fits.
    It is None for whatever may be part of a dialogue (commands, answers, status words), for long texts, and where
    two readings are equally good. It never raises; its time grows with the text alone, of which it looks at 64 KiB.
    """
    if not text.strip() or len(text) > MAX_SURE_TEXT or _has_two_sides(text):
        return None
    explanation = explain(text, dictionaries=dictionaries)
    parts = explanation.parts or (explanation,)
    if not explanation.sure or any(part.kind in _OF_A_DIALOGUE for part in parts):
        return None
    return explanation


def _has_two_sides(text: str) -> bool:
    """Whether some lines are marked as sent, and others as answered."""
    marks = {line.lstrip()[:1] for line in text.splitlines()}
    return marks.issuperset("<>")


def _as_kind(text: str, kind: str, caller: Caller) -> Reading:
    """The reading that the caller asks for; NoFit says why there is none."""
    paste = pasted(text)
    label, rest = _label(paste.text)
    if label:
        paste = pasted(rest)
    reader = KINDS.get(kind.lower())
    if reader is None:
        reader = _reader_of_value(kind, caller)
    if kind.lower() in ("tlv", "dol") and not paste.digits:
        paste = replace(paste, digits=from_base64(paste.text).hex().upper())
    try:
        return reader(paste, caller)
    except NoFit as fault:
        raise NoFit(f"not {kind}: {fault.reason}") from None


def _reader_of_value(kind: str, caller: Caller) -> Reader:
    """The reader of a value by its tag or name."""
    tag = kind.upper().removeprefix("0X")
    if not _HEX_TAG.fullmatch(tag) or not is_object(tag):
        tag = tag_named(kind, caller)
    if not tag:
        kinds = ", ".join(KINDS)
        raise NoFit(f"{kind!r} is no tag, no name of a value, and none of {kinds}")

    def read(paste: Pasted, caller: Caller) -> Reading:
        if tag == _ISSUER_DATA and not caller.aid:
            try:
                return read_issuer_data(paste, caller)
            except NoFit:
                pass  # then under the row of any payment
        return single_value(tag, paste, caller)

    return read


def _whole(text: str, caller: Caller) -> Explanation:
    """The text as one string."""
    paste = pasted(text)
    readings, refusals = _tried(paste, caller)
    label, rest = _label(paste.text)
    if label:
        readings += _labelled(label, pasted(rest), caller)
    readings = _closest(readings)
    if not readings:
        return Explanation(tried=tuple(_reasons(paste, refusals, text)))
    best = max(reading.strength for reading in readings)
    surest = tuple(reading for reading in readings if reading.strength == best)
    others = tuple(
        sorted(
            (reading for reading in readings if FITS <= reading.strength < best),
            key=lambda reading: -reading.strength,
        )
    )
    return Explanation(surest, others)


def _tried(paste: Pasted, caller: Caller) -> tuple[list[Reading], dict[str, str]]:
    """Every kind: the readings that fit, and why the others do not."""
    readings: list[Reading] = []
    refusals: dict[str, str] = {}
    automatic = {name: reader for name, reader in KINDS.items() if name not in _ONLY_IF_SAID}
    for name, reader in {**automatic, **_BY_FORM}.items():
        try:
            readings.append(reader(paste, caller))
        except NoFit as fault:
            refusals[name] = fault.reason
    if not paste.digits:
        readings += _from_base64(paste, caller)
    return readings, refusals


def _from_base64(paste: Pasted, caller: Caller) -> Iterator[Reading]:
    """BER-TLV in base64."""
    data = from_base64(paste.text)
    if len(data) < 4:
        return
    try:
        reading = tlv_of(data, caller, ", in base64")
    except NoFit:
        return
    if reading.strength >= SURE:
        yield reading


def _label(text: str) -> tuple[str, str]:
    """The kind that a word in front of the text names, and the rest of the text."""
    match = _LABEL.fullmatch(text)
    if not match:
        return "", text
    kind = _KIND_OF_LABEL.get(" ".join(match[1].lower().split()))
    if kind:
        return kind, match[2]
    second_word = _LABEL.fullmatch(match[2])
    if second_word:
        kind = _KIND_OF_LABEL.get(f"{match[1]} {second_word[1]}".lower())
        if kind:
            return kind, second_word[2]
    return "", text


def _labelled(kind: str, paste: Pasted, caller: Caller) -> list[Reading]:
    """What stands behind a word that says its kind."""
    if kind == _ANY:
        return _tried(paste, caller)[0]
    try:
        reading = KINDS[kind](paste, caller)
    except NoFit:
        return _tried(paste, caller)[0]
    if reading.strength >= SURE:
        return [reading]
    return [replace(reading, strength=SURE, reason=f"the text says so; {reading.reason}")]


def _closest(readings: list[Reading]) -> list[Reading]:
    """Without readings of the same kind, and without those that a closer one says better."""
    by_kind: dict[str, Reading] = {}
    for reading in sorted(readings, key=lambda reading: -reading.strength):
        by_kind.setdefault(reading.kind, reading)
    kept = []
    for kind, reading in by_kind.items():
        closer = [by_kind[name] for name in _CLOSER.get(kind, ()) if name in by_kind]
        if not any(other.strength >= reading.strength for other in closer):
            kept.append(reading)
    return kept


def _reasons(paste: Pasted, refusals: dict[str, str], text: str) -> Iterator[str]:
    """What was tried, for whom nothing fits."""
    if not paste.text:
        yield "it is empty"
        return
    dialogue = _dialogue(text)
    if dialogue:
        yield dialogue
        return
    if not paste.digits:
        yield f"it is not hex: {paste.fault}"
    else:
        half = ", and half a byte" if paste.is_odd else ""
        yield f"{counted(len(paste.data), 'byte')} of hex{half}"
    for name in _TRIED_AS_HEX if paste.digits else _TRIED_AS_TEXT:
        if name in refusals:
            yield f"{name}: {refusals[name].removeprefix('not hex: ')}"
    if paste.digits and not paste.is_odd:
        values = of_that_size(len(paste.data))
        if values:
            tag = values[0].split()[0]
            yield f"as a single value it may be {', '.join(values)}: say which, like --as {tag}"


def _dialogue(text: str) -> str:
    """What to do with commands and answers: they are no bare string."""
    if len(text) > MAX_DIALOGUE:
        return ""
    try:
        capture = read_text(text)
    except CardlibError:
        return ""
    exchanges = capture.exchanges
    pairs = [exchange for exchange in exchanges if exchange.command and exchange.response]
    if not pairs:
        return ""
    return f"it is a dialogue ({counted(len(exchanges), 'exchange')}): cardlib show reads it"


def _parts(text: str, caller: Caller) -> tuple[Explanation, ...]:
    """Several strings, parted by blank lines or a line each, each explained; nothing where there is only one."""
    paste = pasted(text)
    blocks = [block for block in re.split(r"\n[ \t\r]*\n", paste.text) if block.strip()]
    if len(blocks) < 2:
        blocks = paste.lines
    if not 1 < len(blocks) <= MAX_PARTS:
        return ()
    parts = []
    for block in blocks:
        part = _whole(block, caller)
        if not part.readings or part.readings[0].strength <= GUESS:
            return ()
        parts.append(part)
    return tuple(parts)
