# SPDX-License-Identifier: MIT
"""Rules about card management: each with a capture on which it fails, one on which it passes, and a near miss."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from dialogue import judged
from managed import CARD_DATA, DEFAULT, OWN, WARES, Session, captured, default, keys_file, profile

from cardlib import Capture
from cardlib.core.model import Interface
from cardlib.crypto.channels import StaticKeys
from conftest import ROOT
from traces.makers.bureau import PACKAGE, Bureau, Wares, lv
from traces.makers.managed import INITIALIZED, OP_READY, SECURED, Profile, of_one_key

VECTORS = tomllib.loads((ROOT / "tests/vectors/globalplatform.toml").read_text("utf-8"))
NEW = of_one_key(bytes.fromhex("0123456789ABCDEFFEDCBA9876543210"))
OTHER_CARD = bytes.fromhex("00004790014200000018")
KEY = DEFAULT.hex().upper()
ISD = ["00A4040008A000000151000000", "6F108408A000000151000000A5049F6501FF9000"]
Story = Callable[[Bureau], object]


def nothing(bureau: Bureau) -> None:
    """A story in which nothing happens after the authentication."""


def personalise(bureau: Bureau) -> None:
    bureau.personalise(WARES)


def wire(story: Story = nothing, card: Profile | None = None, level: int = 0x33) -> list[str]:
    session = Session(card or profile())
    session.bureau.authenticate(level)
    story(session.bureau)
    return session.lines


def verdicts(rule: str, *captures: Capture) -> set[str]:
    return {finding.verdict for finding in judged(rule, *captures)}


def of(story: Story, card: Profile | None = None, level: int = 0x33) -> Capture:
    return captured(wire(story, card, level))


def opened(folder: Path, lines: list[str], keys: StaticKeys = OWN) -> Capture:
    return captured(lines, (keys_file(folder, keys),))


def refused(card: Profile) -> Capture:
    """A card that finds the cryptogram of the host wrong."""
    session = Session(card)
    session.bureau.authenticate(1, spoiled=True)
    return captured(session.lines)


def managed(*lines: str) -> Capture:
    return captured([*ISD, *lines])


def test_published_keys() -> None:
    assert verdicts("G01", of(nothing, default(2))) == {"fail"}
    assert verdicts("G01", of(nothing, default(3))) == {"fail"}
    assert verdicts("G01", of(nothing)) == {"pass"}
    near = wire(nothing, default(2))
    near[3] = near[3].replace("9000", "")[:-2] + "00" + "9000"  # a cryptogram that is nearly that
    assert verdicts("G01", captured(near)) == {"pass"}
    assert verdicts("G01", managed("80CA9F7F00", "6A88")) == {"not-applicable"}


def test_published_keys_of_published_cards() -> None:
    for row in VECTORS["scp02"]:
        capture = captured([f"8050000008{row['host']}00", f"{row['answer']}9000"])
        expected = "pass" if row["name"].startswith("pySim") else "fail"
        assert verdicts("G01", capture) == {expected}


def test_commands_without_a_mac() -> None:
    assert verdicts("G02", of(personalise, level=0)) == {"fail"}
    assert verdicts("G02", of(personalise, level=1)) == {"pass"}
    # Refused, or only asked
    assert verdicts("G02", managed("80E28000039F7F00", "6982")) == {"not-applicable"}
    assert verdicts("G02", managed("80F28002024F00", "6982")) == {"not-applicable"}


def test_keys_in_clear() -> None:
    assert verdicts("G03", managed(f"80D8008117018010{KEY}038BAF47", "9000")) == {"fail"}
    assert verdicts("G03", managed(f"80D8008118018811{'10'}{KEY}03504A77", "9000")) == {"fail"}
    assert verdicts("G03", managed(f"80D8008117018010{KEY}038BAF48", "9000")) == {"pass"}
    assert verdicts("G03", managed(f"80D8008117018010{KEY}038BAF47", "6982")) == {"not-applicable"}


def test_old_protocols() -> None:
    assert verdicts("G04", of(nothing, profile(2))) == {"fail"}
    assert verdicts("G04", of(nothing, profile(3))) == {"pass"}
    scp01 = "00" * 10 + "0101" + "11" * 16 + "9000"
    assert verdicts("G04", captured(["8050000008112233445566770000"[:26], scp01])) == {"fail"}
    purse = ["805000020B0100000064112233445566", "000003E8000100000001001122339000"]
    assert verdicts("G04", captured(purse)) == {"not-applicable"}


def test_counters(tmp_path: Path) -> None:
    first, second = profile(counter=7), profile(counter=8)
    assert verdicts("G05", of(nothing, first), of(nothing, first)) == {"fail"}
    assert verdicts("G05", of(nothing, first), of(nothing, second)) == {"pass"}
    # Nobody says which of two captures is older; inside one, the order is that of the wire
    assert verdicts("G05", of(nothing, second), of(nothing, first)) == {"not-enough-data"}
    falling = captured([*wire(nothing, second), *wire(nothing, first)])
    assert verdicts("G05", falling) == {"fail"}
    sides = judged("G05", of(nothing, first), of(nothing, first), both_sides=True)
    assert [finding.verdict for finding in sides] == ["not-applicable"]  # one run, recorded twice
    # After a refused try the counter may stay; another card counts for itself
    refused = Session(first)
    refused.bureau.authenticate(1, spoiled=True)
    assert verdicts("G05", captured(refused.lines), of(nothing, first)) == {"not-applicable"}
    other = profile(counter=7, card_data=OTHER_CARD)
    assert verdicts("G05", of(nothing, first), of(nothing, other)) == {"not-applicable"}


def test_macs_alone() -> None:
    assert verdicts("G06", of(personalise, level=0x01)) == {"fail"}
    assert verdicts("G06", of(personalise, level=0x11)) == {"fail"}
    assert verdicts("G06", of(personalise, level=0x03)) == {"pass"}
    assert verdicts("G06", of(Bureau.registry, level=0x01)) == {"not-applicable"}


def test_the_life_cycle_at_the_end() -> None:
    def secured(bureau: Bureau) -> None:
        bureau.registry()
        bureau.set_status(SECURED, b"")

    def left(bureau: Bureau) -> None:
        bureau.set_status(INITIALIZED, b"")

    assert verdicts("G07", of(Bureau.registry, level=1)) == {"fail"}
    assert verdicts("G07", of(left, level=1)) == {"fail"}
    assert verdicts("G07", of(secured, level=1)) == {"pass"}
    assert verdicts("G07", managed("80F0800F00", "6985")) == {"not-applicable"}
    old = managed("80F28000024F00", "08A000000003000000019E9000")
    assert verdicts("G07", old) == {"fail"}
    application = managed("80F24000024F00", "07A0000000041010070" + "09000")
    assert verdicts("G07", application) == {"not-applicable"}


def test_production_data_by_radio() -> None:
    read = managed("80CA9F7F00", "9F7F2A" + "11" * 42 + "9000")
    refused_read = managed("80CA9F7F00", "6982")

    def over(capture: Capture, interface: Interface) -> Capture:
        sessions = tuple(replace(one, interface=interface) for one in capture.sessions)
        return replace(capture, sessions=sessions)

    assert verdicts("G08", over(read, "contactless")) == {"fail"}
    assert verdicts("G08", over(read, "contact")) == {"pass"}
    assert verdicts("G08", read) == {"not-applicable"}
    assert verdicts("G08", over(refused_read, "contactless")) == {"not-applicable"}
    # A session whose interface nobody knows does not hide the next one
    again = tuple(replace(exchange, session=1) for exchange in read.exchanges)
    by_radio = replace(read.sessions[0], index=1, exchanges=again, interface="contactless")
    assert verdicts("G08", replace(read, sessions=(*read.sessions, by_radio))) == {"fail"}


def test_tries() -> None:
    def tried(count: int) -> Capture:
        session = Session(profile())
        for _ in range(count):
            session.bureau.authenticate(1, spoiled=True)
        return captured(session.lines)

    assert verdicts("G09", tried(3)) == {"fail"}
    assert verdicts("G09", tried(2)) == {"pass"}
    assert verdicts("G09", of(nothing)) == {"not-applicable"}


def test_one_key_set_for_several_cards(tmp_path: Path) -> None:
    first = wire(nothing, profile())
    second = wire(nothing, profile(card_data=OTHER_CARD))
    assert verdicts("G10", opened(tmp_path, first), opened(tmp_path, second)) == {"fail"}
    own = StaticKeys(OWN.mac, OWN.enc, OWN.dek)
    third = wire(nothing, profile(keys=own, card_data=OTHER_CARD))
    other = tmp_path / "other"
    other.mkdir()
    assert verdicts("G10", opened(tmp_path, first), opened(other, third, own)) == {"pass"}
    # The same card twice; cards whose keys are not known; published keys
    assert verdicts("G10", opened(tmp_path, first), opened(tmp_path, first)) == {"not-applicable"}
    assert verdicts("G10", captured(first), captured(second)) == {"not-applicable"}
    public = of(nothing, default(2)), of(nothing, default(2, card_data=OTHER_CARD))
    assert verdicts("G10", *public) == {"not-applicable"}


def test_code_without_hash_and_token() -> None:
    def with_token(bureau: Bureau) -> None:
        data = lv(PACKAGE) + lv(b"") + lv(b"") + lv(b"") + lv(bytes(8))
        bureau.send(0xE6, 2, 0, data)

    assert verdicts("G11", of(Bureau.load, level=1)) == {"fail"}
    assert verdicts("G11", of(lambda bureau: bureau.load(hashed=True), level=1)) == {"pass"}
    assert verdicts("G11", of(with_token, level=1)) == {"pass"}
    assert verdicts("G11", of(Bureau.install, level=1)) == {"not-applicable"}
    broken = ("80E60200020201", "009000")
    assert verdicts("G11", managed(*broken)) == {"not-applicable"}
    bare = ("80E602000A05F000000001" + "00000000", "009000")
    assert verdicts("G11", managed(*broken, *bare)) == {"fail"}


def test_one_secret_for_two_cards(tmp_path: Path) -> None:
    def other(bureau: Bureau) -> None:
        bureau.personalise(Wares(WARES.number, bytes(range(1, 49)), WARES.pin_block))

    first = wire(personalise)
    same = wire(personalise, profile(card_data=OTHER_CARD))
    own = wire(other, profile(card_data=OTHER_CARD))
    assert verdicts("G12", opened(tmp_path, first), opened(tmp_path, same)) == {"fail"}
    assert verdicts("G12", opened(tmp_path, first), opened(tmp_path, own)) == {"pass"}
    assert verdicts("G12", opened(tmp_path, first), opened(tmp_path, first)) == {"not-applicable"}
    assert verdicts("G12", captured(first), captured(same)) == {"not-applicable"}


def test_secrets_in_clear() -> None:
    def bare(bureau: Bureau) -> None:
        bureau.personalise(WARES, in_clear=True)

    def severities(level: int) -> set[str]:
        found = judged("G13", of(bare, default(2), level))
        return {finding.severity for finding in found if finding.verdict == "fail"}

    assert severities(1) == {"critical"}
    assert severities(3) == {"medium"}
    assert verdicts("G13", of(personalise, level=1)) == {"pass"}
    # A record, and the try counter of a PIN, are no secrets
    assert verdicts("G13", managed("80E28800059010020303", "9000")) == {"not-applicable"}
    assert verdicts("G13", managed("80E288000580100" + "2AABB", "6982")) == {"not-applicable"}


def test_check_values(tmp_path: Path) -> None:
    def put(wrong: bool) -> Story:
        return lambda bureau: bureau.put_keys(0x31, NEW, wrong)

    careless = profile(accepts_anything=True)
    assert verdicts("G14", opened(tmp_path, wire(put(True), careless, 3))) >= {"fail"}
    assert verdicts("G14", opened(tmp_path, wire(put(False), careless, 3))) == {"pass"}
    sent = f"80D8008117018010{KEY}038BAF47"
    assert "fail" in verdicts("G14", managed(sent, "01AABBCC9000"))
    assert verdicts("G14", managed(sent, "018BAF479000")) == {"pass"}
    assert verdicts("G14", managed(sent, "019000")) == {"not-applicable"}


def test_check_values_of_a_personalisation(tmp_path: Path) -> None:
    lines = wire(personalise, default(2), 1)
    assert verdicts("G14", captured(lines)) == {"pass"}

    class Careless(Wares):
        @property
        def groupings(self) -> list[tuple[str, bytes]]:
            return [
                (name, value if name != "9000" else bytes(9)) for name, value in super().groupings
            ]

    wares = Careless(WARES.number, WARES.keys, WARES.pin_block)
    wrong = wire(lambda bureau: bureau.personalise(wares), default(2), 1)
    assert verdicts("G14", captured(wrong)) == {"fail"}


def test_the_default_name() -> None:
    assert verdicts("G16", managed("80CA006600", "6A88")) == {"not-applicable"}
    assert verdicts("G16", managed("80CA00C100", "C10300001E9000")) == {"fail"}
    own = ["00A4040008A000000151535041", "6F108408A000000151535041A5049F6501FF9000"]
    assert verdicts("G16", captured([*own, "80CA00C100", "C10300001E9000"])) == {"pass"}


def test_what_was_not_finished() -> None:
    assert verdicts("G17", of(Bureau.load, level=1)) == {"pass"}
    cut = wire(Bureau.load, level=1)[:-2]
    assert verdicts("G17", captured(cut)) == {"fail"}
    unanswered = [*wire(Bureau.load, level=1)[:-1], ""]
    (finding,) = judged("G17", captured(unanswered))
    assert finding.verdict == "not-enough-data" and "may be hidden" in finding.detail
    assert verdicts("G17", of(Bureau.install, level=1)) == {"not-applicable"}


def test_wrong_macs_that_a_card_accepts(tmp_path: Path) -> None:
    lines = wire(personalise, profile(), 1)
    assert verdicts("G19", opened(tmp_path, lines)) == {"pass"}
    spoiled = [*lines]
    spoiled[8] = spoiled[8][:-2] + f"{int(spoiled[8][-2:], 16) ^ 1:02X}"
    assert verdicts("G19", opened(tmp_path, spoiled)) == {"fail"}
    refused = [*spoiled[:9], "6982"]
    assert verdicts("G19", opened(tmp_path, refused)) == {"pass"}
    assert verdicts("G19", captured(spoiled)) == {"not-applicable"}


@pytest.mark.parametrize("protocol", [2, 3])
@pytest.mark.parametrize("level", [1, 3])
def test_a_command_that_is_missing_is_no_wrong_mac(
    protocol: int, level: int, tmp_path: Path
) -> None:
    """Each MAC is made over the one before, so one that does not verify may only follow a hole."""
    lines = wire(personalise, profile(protocol), level)
    spoiled, cut = [*lines], [*lines]
    spoiled[8] = spoiled[8][:-2] + f"{int(spoiled[8][-2:], 16) ^ 1:02X}"
    cut[8] = cut[8][:-6]
    assert verdicts("G19", opened(tmp_path, spoiled)) == {"fail"}
    assert verdicts("G19", opened(tmp_path, [*lines[:8], *lines[10:]])) == {"not-enough-data"}
    assert verdicts("G19", opened(tmp_path, spoiled[:10])) == {"not-enough-data"}
    assert verdicts("G19", opened(tmp_path, cut)) == {"pass"}


def test_a_host_that_a_card_takes_for_authentic(tmp_path: Path) -> None:
    session = Session(profile(accepts_anything=True))
    session.bureau.authenticate(1, spoiled=True)
    assert verdicts("G19", opened(tmp_path, session.lines)) == {"fail"}
    careful = Session(profile())
    careful.bureau.authenticate(1, spoiled=True)
    assert verdicts("G19", opened(tmp_path, careful.lines)) == {"not-applicable"}


def test_the_challenge_of_the_host() -> None:
    def challenged(*challenges: str) -> Capture:
        session = Session(profile())
        for challenge in challenges:
            session.bureau.authenticate(1, bytes.fromhex(challenge))
        return captured(session.lines)

    own, other = "A7C3910B5D2E4F68", "A7C3910B5D2E4F69"
    assert verdicts("G20", challenged("1122334455667788")) == {"fail"}
    assert "fail" in verdicts("G20", challenged(own, own))
    assert verdicts("G20", challenged(own, other)) == {"pass"}


def test_states_of_cards_from_the_factory() -> None:
    assert profile().life_cycle == OP_READY and profile().card_data == CARD_DATA


# Each rule, and the test that has a capture on which it fails and one on which it passes
CASES: dict[str, Callable[..., None]] = {
    "G01": test_published_keys,
    "G02": test_commands_without_a_mac,
    "G03": test_keys_in_clear,
    "G04": test_old_protocols,
    "G05": test_counters,
    "G06": test_macs_alone,
    "G07": test_the_life_cycle_at_the_end,
    "G08": test_production_data_by_radio,
    "G09": test_tries,
    "G10": test_one_key_set_for_several_cards,
    "G11": test_code_without_hash_and_token,
    "G12": test_one_secret_for_two_cards,
    "G13": test_secrets_in_clear,
    "G14": test_check_values,
    "G16": test_the_default_name,
    "G17": test_what_was_not_finished,
    "G19": test_wrong_macs_that_a_card_accepts,
    "G20": test_the_challenge_of_the_host,
}
