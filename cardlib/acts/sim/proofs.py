# SPDX-License-Identifier: MIT
"""The values of an authentication computed again with the keys of a SIM that are given (TS 33.102, 6.3 and 6.8)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from ...core.errors import NotVerifiable
from ...core.model import Proof, record
from ...crypto.aka import (
    RESYNC_AMF,
    SQN_SIZE,
    Algorithm,
    Quantities,
    divided_autn,
    divided_auts,
    folded_keys,
    folded_res,
)
from ...crypto.keyring import Key, fitting
from ...crypto.milenage import Milenage, derived_opc
from ...crypto.tuak import Tuak, derived_topc
from .authentication import Authentication

Sizes = tuple[int, int, int]
_NOT_MASKED = bytes(SQN_SIZE)
# Sizes of RES, CK and IK that TUAK may have: where the card does not show them, all are tried.
_RES_SIZES, _KEY_SIZES = (8, 4, 16, 32), (16, 32)


@record
class Check:
    """One value of the dialogue and what a key makes of the same inputs."""

    name: str
    field: str
    stated: bytes
    computed: bytes

    @property
    def agrees(self) -> bool:
        """Whether both are equal."""
        return self.stated == self.computed


@record
class Trial:
    """An authentication with one key: its checks, and the sequence numbers behind their masks."""

    checks: tuple[Check, ...]
    facts: tuple[tuple[str, bytes], ...] = ()

    @property
    def score(self) -> int:
        """How many checks agree."""
        return sum(check.agrees for check in self.checks)


def sim_keys(keys: Sequence[Key]) -> list[Key]:
    """The keys that belong to SIMs."""
    return fitting(keys, "milenage", "tuak")


def proofs(runs: Sequence[Authentication], keys: Sequence[Key]) -> Iterator[Proof]:
    """A proof for each authentication: verified, or the first value that differs.

    A key is that of the card if it makes at least one of the values; a key that makes none says nothing.
    """
    tried = [_best_of(keys, run) for run in runs]
    is_known = any(trial and trial.score for trial, _ in tried)
    for run, (trial, note) in zip(runs, tried, strict=True):
        yield _proof(run, trial, note, is_known)


def _best_of(keys: Sequence[Key], run: Authentication) -> tuple[Trial | None, str]:
    """The trial in which most values agree, and whose key it was; or why there is none."""
    best: Trial | None = None
    note = ""
    reason = "nothing in it can be computed"
    for key in keys:
        try:
            for trial in _trials(key, run):
                if trial.checks and (best is None or trial.score > best.score):
                    best, note = trial, key.note
        except NotVerifiable as error:
            reason = error.reason
    if best is None:
        return None, reason
    return best, note


def _proof(run: Authentication, trial: Trial | None, note: str, is_known: bool) -> Proof:
    name = f"{run.context} authentication, {run.outcome}"
    evidence = (run.evidence,)
    if trial is None:
        return Proof(name, "not checkable", note, evidence=evidence)
    names = [check.name for check in trial.checks]
    if not trial.score:
        if run.outcome == "MAC failure" and is_known:
            reason = "MAC-A is not that of the card's key, as the card said"
            return Proof(name, "verified", reason, evidence=evidence)
        reason = f"no key given makes {' or '.join(names)}: they may be of another card"
        return Proof(name, "not checkable", reason, evidence=evidence)
    wrong = [check for check in trial.checks if not check.agrees]
    if wrong:
        differing = run.fields[wrong[0].field].evidence
        reason = f"{wrong[0].name} is not what the key makes"
        return Proof(name, "failed", reason, trial.facts, (differing,))
    if run.outcome == "MAC failure":
        reason = "MAC-A is right for the key given, and the card refused it"
        return Proof(name, "failed", reason, trial.facts, evidence)
    reason = ", ".join(names) + _numbers(trial)
    if note:
        reason += f" ({note})"
    return Proof(name, "verified", reason, trial.facts, evidence)


def _numbers(trial: Trial) -> str:
    """The sequence numbers in words."""
    return "".join(f"; {name} {value.hex().upper()}" for name, value in trial.facts)


def _algorithm(key: Key) -> Algorithm:
    if key.use == "milenage":
        opc = key.operator if key.is_derived else derived_opc(key.value, key.operator)
        return Milenage(key.value, opc)
    topc = key.operator
    if not key.is_derived:
        topc = derived_topc(key.value, key.operator, key.iterations)
    return Tuak(key.value, topc, key.iterations)


def _trials(key: Key, run: Authentication) -> Iterator[Trial]:
    """An authentication with one key, once for all sizes that are possible."""
    algorithm = _algorithm(key)
    rand = run.fields["RAND"].data
    for sizes in _sizes(key, run):
        quantities = algorithm.quantities(rand, sizes)
        if "AUTN" not in run.fields:
            yield Trial(tuple(_answer_checks(run, quantities)))
            continue
        # A card may be made so that AUTN is not masked: the operator decides (3GPP TS 33.102, 6.3.2).
        for mask in (quantities.ak, _NOT_MASKED):
            yield _trial(algorithm, run, quantities, mask)


def _sizes(key: Key, run: Authentication) -> Iterator[Sizes]:
    """The sizes of RES, CK and IK: as the card shows them, else all that TUAK has; MILENAGE has one of each."""
    if key.use == "milenage":
        yield 8, 16, 16
        return
    choices: list[tuple[int, ...]] = []
    for name, possible in (("RES", _RES_SIZES), ("CK", _KEY_SIZES), ("IK", _KEY_SIZES)):
        if name in run.fields:
            choices.append((len(run.fields[name].data),))
        else:
            choices.append(possible)
    res_sizes, ck_sizes, ik_sizes = choices
    yield from product(res_sizes, ck_sizes, ik_sizes)


def _trial(algorithm: Algorithm, run: Authentication, quantities: Quantities, mask: bytes) -> Trial:
    """The network's proof first, then what the card answered."""
    rand = run.fields["RAND"].data
    token = divided_autn(run.fields["AUTN"].data)
    sqn = token.sqn(mask)
    mac_a, _ = algorithm.macs(rand, sqn, token.amf)
    checks = [Check("MAC-A", "AUTN", token.mac, mac_a)]
    facts = [("SQN of the network", sqn)]
    if "AUTS" in run.fields:
        resync = divided_auts(run.fields["AUTS"].data)
        card_mask = _NOT_MASKED if mask == _NOT_MASKED else algorithm.resync_mask(rand)
        card_sqn = resync.sqn(card_mask)
        _, mac_s = algorithm.macs(rand, card_sqn, RESYNC_AMF)
        checks.append(Check("MAC-S", "AUTS", resync.mac, mac_s))
        facts.append(("SQN of the card", card_sqn))
    checks.extend(_answer_checks(run, quantities))
    return Trial(tuple(checks), tuple(facts))


def _answer_checks(run: Authentication, quantities: Quantities) -> Iterator[Check]:
    """RES, CK, IK of 3G; SRES and Kc, which 2G makes of them."""
    made = {"RES": quantities.res, "CK": quantities.ck, "IK": quantities.ik}
    if "SRES" in run.fields:
        made["SRES"] = folded_res(quantities.res)
    if "Kc" in run.fields:
        made["Kc"] = folded_keys(quantities.ck, quantities.ik)
    for name, computed in made.items():
        if name in run.fields:
            yield Check(name, name, run.fields[name].data, computed)
