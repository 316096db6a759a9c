# SPDX-License-Identifier: MIT
"""The act of an eSIM: a profile download phase by phase and where it broke, its profiles, segments with keys given.

The phases are those of GSMA SGP.22, 3.1.3: initiate, authenticate, prepare, load the bound profile package, install.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from functools import partial

from ...apps.euicc import is_last, is_store_data, object_of
from ...core import tlv
from ...core.dictionary import load
from ...core.errors import NotVerifiable
from ...core.escape import counted
from ...core.model import Evidence, Exchange, Node, Proof, record
from ...crypto import bsp
from ...crypto.keyring import Key, fitting
from ...road.meaning import failure, tree
from ..act import Act, ActOutcome, Ending, Statement, Step, whole_answer
from ..plain import events_of, steps_of, words_of

ESIM = "euicc"
INITIATE, AUTHENTICATE, PREPARE, LOAD = "initiate", "authenticate", "prepare", "load the profile"
# By the tag of the object: the phase, and what is done in it
_PHASES = {
    "BF2E": (INITIATE, "challenge"),
    "BF38": (AUTHENTICATE, "server authenticated"),
    "BF21": (PREPARE, "download prepared"),
    "BF36": (LOAD, "secure channel"),
    "A0": (LOAD, "ISD-P"),
    "87": (LOAD, "ISD-P or session keys"),
    "A1": (LOAD, "metadata"),
    "88": (LOAD, "metadata"),
    "A2": (LOAD, "session keys"),
    "A3": (LOAD, "profile elements"),
    "86": (LOAD, "profile elements"),
    "BF41": ("cancel", "session cancelled"),
}
_BEGINS = (AUTHENTICATE, PREPARE, LOAD)
_RESULT, _SUCCESS = "BF37", "A0"
_SEGMENTS = ("86", "87", "88")
_ELEMENTS = "(86)"  # ends the name of a proof about a segment of profile elements
_NEW_KEYS = b"\xbf\x26"
_CONTENTS = {"BF24": "ConfigureISDP", "BF25": "StoreMetadata", "BF26": "ReplaceSessionKeys"}
MAX_PROOFS = 100


@record
class Call:
    """A function of the eSIM with all of its blocks: its tag, phase, and what the card said went wrong."""

    tag: str
    phase: str
    what: str
    exchanges: tuple[Exchange, ...]
    data: bytes = field(repr=False)
    wrong: str = ""
    result: str = ""

    @property
    def evidence(self) -> Evidence:
        """The answer to the last block."""
        return whole_answer(self.exchanges[-1])


@record
class Download:
    """The functions of a download, and the keys that were given."""

    calls: tuple[Call, ...]
    keys: tuple[Key, ...] = field(default=(), repr=False)


def download_act(act: Act, keys: tuple[Key, ...] | None = None) -> Act:
    """A plain act of an eSIM with its download and profiles; any other act as it is."""
    if act.application != ESIM:
        return act
    calls = tuple(calls_of(act.exchanges))
    profiles = list(profile_words(act.exchanges))
    if not any(call.phase in _BEGINS for call in calls):
        return _with_profiles(act, profiles)
    run = Download(calls, keys or ())
    taken = {exchange.index for call in calls for exchange in call.exchanges}
    rest = [exchange for exchange in act.exchanges if exchange.index not in taken]
    text, outcome = ending_of(calls)
    endings = [Ending(text, evidence=_decisive(calls).evidence)]
    words = [*profiles, *words_of(events_of(rest))]
    if words:
        endings.append(Ending("; ".join(words)))
    return replace(
        act,
        kind="download",
        endings=tuple(endings),
        outcome=outcome,
        detail=run,
        explain=partial(_steps, calls, rest),
        compute=partial(_proofs, run),
    )


def _with_profiles(act: Act, profiles: Sequence[str]) -> Act:
    """An act that lists profiles says so first."""
    if not profiles:
        return act
    first = act.endings[0]
    words = "; ".join([*profiles, first.text] if first.text else profiles)
    return replace(act, endings=(replace(first, text=words), *act.endings[1:]))


def calls_of(exchanges: Sequence[Exchange]) -> Iterator[Call]:
    """The functions of a download, in the order of time; what else was asked is left out."""
    blocks: list[Exchange] = []
    for exchange in exchanges:
        command = exchange.command
        if command is None or not is_store_data(command):
            blocks = []
            continue
        begins = command.p2 == 0
        if begins:
            blocks = []
        blocks.append(exchange)
        ends = exchange.response is None or exchange.response.sw not in (None, 0x9000)
        if not is_last(command) and not ends:
            continue
        data = object_of(exchange.context, command) or b""
        tag = _first_tag(data)
        if tag in _PHASES:
            phase, what = _PHASES[tag]
            wrong, result = _outcome_of(exchange)
            yield Call(tag, phase, what, tuple(blocks), data, wrong, result)
        blocks = []


def _first_tag(data: bytes) -> str:
    for tag, *_ in tlv.scan(data):
        return tag
    return ""


def _outcome_of(exchange: Exchange) -> tuple[str, str]:
    """What went wrong, and what the installation came to; empty texts where the answer does not say it."""
    response = exchange.response
    if response is None or response.sw is None:
        return "no answer", ""
    if response.sw >> 8 not in (0x90, 0x91):
        return f"status word {response.sw:04X}", ""
    half = tree(exchange).children[-1]
    node = failure(half)
    if node is not None:
        return _reason(node), ""
    for _, part in half.walk():
        if part.tag == _SUCCESS and part.name == "installed":
            return "", "installed"
    return "", ""


def _reason(node: Node) -> str:
    """A failure with its step and reason."""
    texts = [part.text for _, part in node.walk() if part.name in ("step", "reason")]
    if not texts:
        return f"{node.name}: {node.text}" if node.text else node.name
    return f"{node.name}: {', '.join(texts)}"


def _decisive(calls: Sequence[Call]) -> Call:
    """The call that went wrong, else the last one."""
    return next((call for call in calls if call.wrong), calls[-1])


def ending_of(calls: Sequence[Call]) -> tuple[str, ActOutcome]:
    """How a download went: its phases, whether it was installed, or in which phase it broke and why."""
    done: dict[str, None] = {}
    for call in calls:
        if call.wrong:
            before = f"{', '.join(done)}; " if done else ""
            return f"profile download: {before}broke at {call.phase}: {call.wrong}", "refused"
        done[call.phase] = None
    text = f"profile download: {', '.join(done)}"
    segments = [call for call in calls if call.tag in ("86", "A3")]
    if segments:
        text += f" ({counted(len(segments), 'command')} of profile elements)"
    if any(call.result for call in calls):
        return f"{text}; installed", "done"
    if any(call.tag == "BF41" for call in calls):
        return f"{text}; cancelled", "refused"
    return f"{text}; the capture ends before its result", "unknown"


def profile_words(exchanges: Sequence[Exchange]) -> Iterator[str]:
    """The profiles that the last list names, with their states; nicknames and numbers are left out."""
    latest: list[str] = []
    for exchange in exchanges:
        profiles = list(_profiles(exchange))
        latest = profiles or latest
    if latest:
        yield f"{counted(len(latest), 'profile')}: {', '.join(latest)}"


def _profiles(exchange: Exchange) -> Iterator[str]:
    """The profiles in an answer, by name and state."""
    command = exchange.command
    if command is None or exchange.response is None or not is_store_data(command):
        return
    for _, node in tree(exchange).children[-1].walk():
        if node.tag == "E3":
            texts = {part.name: part.text for part in node.children if not part.fact.sensitive}
            name = texts.get("profile name") or texts.get("service provider") or "unnamed"
            yield f"{name} {texts.get('state', '')}".strip()


def _steps(calls: Sequence[Call], rest: Sequence[Exchange]) -> tuple[Step, ...]:
    """A step for each phase, then all else."""
    phases: dict[str, list[Call]] = {}
    for call in calls:
        phases.setdefault(call.phase, []).append(call)
    steps = []
    for phase, group in phases.items():
        exchanges = tuple(exchange for call in group for exchange in call.exchanges)
        said = tuple(_statement(call) for call in group)
        steps.append(Step(phase, exchanges, said))
    return (*steps, *steps_of(events_of(rest)))


def _statement(call: Call) -> Statement:
    text = call.what
    if call.result:
        text += f": {call.result}"
    if call.wrong:
        text += f": {call.wrong}"
    return Statement(text, (call.evidence,), False if call.wrong else None)


def segments_of(calls: Sequence[Call]) -> Iterator[tuple[bytes, Evidence]]:
    """The protected segments in the order of time, each with the command that ends it."""
    for call in calls:
        if call.phase != LOAD:
            continue
        last = call.exchanges[-1]
        size = len(last.command.raw) if last.command else 0
        for tag, _, start, _, stop, error in tlv.scan(call.data):
            if tag in _SEGMENTS and not error:
                yield call.data[start:stop], Evidence(last.index, "command", 0, size)


def _proofs(run: Download) -> tuple[Proof, ...]:
    """The MACs of all segments, with the first key that makes that of the first one."""
    segments = list(segments_of(run.calls))[:MAX_PROOFS]
    candidates = fitting(run.keys, "bsp")
    if not segments:
        return ()
    if not candidates:
        reason = "no keys of the download given (bsp)"
        places = (segments[0][1],)
        return (Proof("segments of the profile", "not checkable", reason, evidence=places),)
    results = [tuple(_verified(segments, bsp.keys_of(key.value))) for key in candidates]
    best = next((proofs for proofs in results if proofs[0].verdict == "verified"), results[0])
    return tuple(_with_elements(best))


def _with_elements(proofs: Sequence[Proof]) -> Iterator[Proof]:
    """The proofs of segments; those of profile elements with the names of the elements that begin in them."""
    profile = b"".join(_plain(proof) for proof in proofs)
    begun = list(_elements_of(profile))
    stop = 0
    for proof in proofs:
        start, stop = stop, stop + len(_plain(proof))
        if start == stop:
            yield proof
            continue
        names = [name for at, name in begun if start <= at < stop]
        content = ", ".join(names) or "the element before goes on"
        yield replace(proof, reason=f"in clear: {content}")


def _elements_of(profile: bytes) -> Iterator[tuple[int, str]]:
    """Where each element of a profile begins, and its name (TCA profile package, ProfileElement)."""
    names = load("euicc").resources.names["profile elements"]
    for tag, depth, start, *_ in tlv.scan(profile):
        if depth == 0:
            yield start, names.get(tag, f"element {tag}")


def _plain(proof: Proof) -> bytes:
    """The profile elements of a segment that was opened; nothing of any other."""
    if proof.verdict != "verified" or not proof.name.endswith(_ELEMENTS):
        return b""
    return dict(proof.facts)["plain data"]


def _verified(segments: Sequence[tuple[bytes, Evidence]], session: bsp.Keys) -> Iterator[Proof]:
    """Each segment with the session as the one before left it."""
    is_broken = False
    for number, (segment, place) in enumerate(segments, 1):
        name = f"segment {number} ({segment[0]:02X})"
        if is_broken:
            reason = "a segment before it is not verified"
            yield Proof(name, "not checkable", reason, evidence=(place,))
            continue
        try:
            opened, session = bsp.open_segment(session, segment)
        except NotVerifiable as error:
            is_broken = True
            yield Proof(name, "failed", error.reason, evidence=(place,))
            continue
        content = _CONTENTS.get(_first_tag(opened.data), "profile element")
        facts = (("plain data", opened.data),)
        yield Proof(name, "verified", f"in clear: {content}", facts, (place,))
        session = _replaced(session, opened.data)


def _replaced(session: bsp.Keys, data: bytes) -> bsp.Keys:
    """The session with the keys that ReplaceSessionKeys brings (SGP.22, 5.5.4)."""
    if not data.startswith(_NEW_KEYS):
        return session
    values = [data[body:stop] for tag, _, _, body, stop, _ in tlv.scan(data) if tag[:1] == "8"]
    material = b"".join(values)
    if len(material) != 3 * bsp.KEY_SIZE:
        return session
    return bsp.keys_of(material)
