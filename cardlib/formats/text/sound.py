# SPDX-License-Identifier: MIT
"""How sound a reading is: what recognition goes by."""

from __future__ import annotations

from collections.abc import Sequence

from . import chance, costs
from .fields import Field
from .learning import Reading
from .not_bytes import ends_in_status_word, is_status_word

MOST_SURE = 0.7  # exact formats come first
_LEAST_IN_ORDER = (
    0.42  # the share of the bytes that are explained, by the share of the pairs that are sound
)
_BY_ARROWS = 0.4
_FEW = 2  # answered commands: a source or a script may hold one
MOST_OF_LITTLE = 0.25
_HEADER_ALONE = 4  # bytes that prove nothing by themselves
_HEADER = 5
_SUCCESS = b"\x90\x00"
_WELL_FORMED = 1.0  # a command that nobody knows, of a usual class and length


def sound_share(reading: Reading) -> float:
    """The share of pairs that are sound, less a little so that exact formats come first.

    A reading that leaves out much of the bytes is none, and neither is one without any known command
    in which not all pairs are at least well formed.
    """
    host_frames = sum(field.kind == "host" for field in reading.fields)
    if host_frames and host_frames * 2 >= len(reading.fields):
        return MOST_SURE
    pairs = [
        pair for pair in chance.pairs(reading.fields, reading.roles) if pair.command or pair.answer
    ]
    if not pairs:
        return MOST_OF_LITTLE if _names_an_atr(reading) else 0.0
    if _is_by_chance(reading):
        return 0.0
    share = _share_of(reading, pairs)
    if sum(bool(pair.answer) for pair in pairs) < _FEW:
        return min(share, MOST_OF_LITTLE)
    return share


def _names_an_atr(reading: Reading) -> bool:
    """Whether the log calls bytes an ATR; alone, any bytes may look like one."""
    return any(field.kind == "atr" for field in reading.fields)


def _is_by_chance(reading: Reading) -> bool:
    """Whether the bytes alone make the dialogue, and chance would make one as good."""
    pairs = zip(reading.fields, reading.roles, strict=True)
    if len(reading.fields) < 2 or chance.has_only_arrows(
        [field for field, role in pairs if role in "CA"]
    ):
        return False
    return chance.bits(reading.fields, reading.roles) < chance.LEAST


def _share_of(reading: Reading, pairs: Sequence[chance.Pair]) -> float:
    judged = [_pair_is(pair.command, pair.answer) for pair in pairs]
    sound = judged.count("sound")
    fair = judged.count("fair")
    share = min(1.0, (sound + fair) / len(pairs))
    if _arrows_say_so(reading):
        return max(_BY_ARROWS, MOST_SURE * share)
    has_marks = _marks_say_so(reading)
    if has_marks:
        fair += 1
    elif share * _explained(reading) < _LEAST_IN_ORDER:
        return 0.0
    is_alone = len(reading.fields) == 1 and fair == 1
    is_well_formed = fair >= len(pairs) and fair > 1
    has_sign = is_well_formed or is_alone or has_marks or _names_an_atr(reading)
    if sound == 0 and not has_sign:
        return 0.0
    if 3 * (sound + fair) < len(pairs):
        return 0.0
    return MOST_SURE * min(1.0, (sound + fair) / len(pairs))


def _pair_is(half: bytes | None, answer: bytes | None) -> str:
    """Whether a command and its answer are "sound", or at least "fair"; else nothing."""
    if not half:
        return "fair" if answer and costs.is_complete_answer(answer) else ""
    is_known = costs.is_sound_command(half)
    if not answer:
        return "fair" if is_known and len(half) > _HEADER_ALONE else ""
    if len(answer) < 2 or costs.status(answer) > costs.OTHER_STATUS:
        return ""
    if is_known and len(half) > _HEADER_ALONE:
        return "sound"
    is_usual = costs.status(answer) <= costs.USUAL_STATUS
    if is_usual and costs.command(half) <= _WELL_FORMED:
        return "fair"
    return ""


def shows_a_half(field: Field) -> bool:
    """Whether a field by itself is hardly anything else than half an exchange, or a part of one."""
    data = field.data or b""
    if data.endswith(_SUCCESS) or field.kind in ("status", "atr", "host", "mark", "piece"):
        return True
    if is_status_word(field):
        return costs.status(data) <= costs.USUAL_STATUS
    return len(data) > _HEADER and costs.is_sound_command(data)


def _arrows_say_so(reading: Reading) -> bool:
    """Whether nothing but an arrow stands in front of all bytes, and says what they are."""
    for field, role in zip(reading.fields, reading.roles, strict=True):
        if not chance.ARROW.fullmatch(field.pre) or field.data is None:
            return False
        if role in "CA" and field.direction != role:
            return False
    return len(reading.fields) > 1


def _marks_say_so(reading: Reading) -> bool:
    """Whether words or arrows in front of a command and of an answer say what they are."""
    agreed = set()
    for field, role in zip(reading.fields, reading.roles, strict=True):
        if role not in "CA" or field.place or role != field.direction:
            continue
        is_half = ends_in_status_word(field)
        if role == "C":
            is_half = _is_command(field.data)
        if is_half or field.kind == "mark":
            agreed.add(role)
    return len(agreed) == 2


def _is_command(data: bytes | None) -> bool:
    """Whether bytes are a command; one that nobody knows has to be well formed."""
    if data is None:
        return False
    is_unknown = len(data) > 3 and not costs.is_known(data[0], data[1])
    if is_unknown:
        return costs.command(data) <= _WELL_FORMED
    return costs.command(data) <= costs.LENGTH_WRONG


def _explained(reading: Reading) -> float:
    """The share of the bytes that are in the dialogue or told again."""
    explained = 0
    total = 0
    for field, role in zip(reading.fields, reading.roles, strict=True):
        size = len(field.data or b"1234")
        if field.kind == "number":
            continue
        total += size
        if role != "N":
            explained += size
    if total == 0:
        return 1.0
    return explained / total
