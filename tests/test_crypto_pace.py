# SPDX-License-Identifier: MIT
"""PACE step by step, as published; and what must not fit."""

from __future__ import annotations

import tomllib

import pytest

from cardlib.core.errors import NotVerifiable
from cardlib.crypto.curves import Curve, Domain, Group, domain_of
from cardlib.crypto.pace import (
    Agreement,
    Method,
    agreed_channel,
    chip_data,
    chip_is_genuine,
    chip_token_verifies,
    mapped_curve,
    mapped_group,
    method_of,
    nonce,
    password_key,
    point_of,
    pseudo_random,
    session,
    shared_secret,
    token,
    zone_password,
)
from conftest import ROOT

ROWS = tomllib.loads((ROOT / "tests/vectors/icao.toml").read_text("utf-8"))["pace"]
EXAMPLES = {
    row.pop("name"): {
        key: bytes.fromhex(value) if key != "password" else value.encode()
        for key, value in row.items()
    }
    for row in ROWS
}
GENERIC = [name for name, row in EXAMPLES.items() if "terminal_map_private" in row]
CHIP = EXAMPLES["ECDH chip"]


def method(name: str) -> Method:
    return method_of(EXAMPLES[name]["oid"])


def domain(name: str) -> Domain:
    return domain_of(EXAMPLES[name]["parameter_id"][0])


def agreement(row: dict[str, bytes], name: str) -> Agreement:
    return Agreement(
        method(name),
        domain(name),
        row["terminal_public"],
        row["chip_public"],
        row["T_terminal"],
        row["T_chip"],
    )


@pytest.mark.parametrize("name", [name for name, row in EXAMPLES.items() if "password" in row])
def test_the_password_opens_the_nonce(name: str) -> None:
    row = EXAMPLES[name]
    password = row["password"]
    if row["password_id"] == b"\1":
        password = zone_password(password)
    key = password_key(password, method(name))
    assert key == row.get("K_pi", key)
    assert nonce(key, row["encrypted_nonce"], method(name)) == row["nonce_s"]
    other = password_key(password + b"0", method(name))
    assert nonce(other, row["encrypted_nonce"], method(name)) != row["nonce_s"]


@pytest.mark.parametrize("name", GENERIC)
def test_the_generic_mapping_from_both_sides(name: str) -> None:
    row, group = EXAMPLES[name], domain(name)
    for mine, theirs in (("terminal", "chip"), ("chip", "terminal")):
        private = int.from_bytes(row[f"{mine}_map_private"])
        public = row[f"{theirs}_map_public"]
        if isinstance(group, Group):
            generator = group.written(mapped_group(group, row["nonce_s"], private, public))
        else:
            generator = group.written(mapped_curve(group, row["nonce_s"], private, public))
        assert generator == row["mapped_generator"]


def test_the_integrated_mapping() -> None:
    name = "ECDH integrated"
    row, curve = EXAMPLES[name], domain(name)
    assert isinstance(curve, Curve)
    assert nonce(row["K_pi"], row["encrypted_nonce"], method(name)) == row["nonce_s"]
    number = pseudo_random(row["nonce_s"], row["nonce_t"], curve.p)
    assert number == int.from_bytes(row["R_mod_p"])
    assert curve.written(point_of(curve, number)) == row["mapped_generator"]


def test_the_integrated_mapping_gives_points() -> None:
    for parameters in (12, 13, 15, 17):
        curve = domain_of(parameters)
        assert isinstance(curve, Curve)
        for number in range(2, 12):
            assert curve.contains(*point_of(curve, number))


@pytest.mark.parametrize("name", EXAMPLES)
def test_both_sides_come_to_the_same_session_and_prove_it(name: str) -> None:
    row = EXAMPLES[name]
    for mine, theirs in (("terminal", "chip"), ("chip", "terminal")):
        private = int.from_bytes(row[f"{mine}_private"])
        secret = shared_secret(domain(name), private, row[f"{theirs}_public"])
        assert secret == row["shared_secret"]
    state = session(row["shared_secret"], method(name))
    assert (state.enc, state.mac, state.counter) == (row["KS_enc"], row["KS_mac"], 0)
    kind = method(name).agreement
    assert token(state, row["oid"], row["chip_public"], kind) == row["T_terminal"]
    assert token(state, row["oid"], row["terminal_public"], kind) == row["T_chip"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_private_key_of_either_side_opens_and_no_other(name: str) -> None:
    row = EXAMPLES[name]
    for side in ("terminal", "chip"):
        state = agreed_channel(agreement(row, name), row[f"{side}_private"])
        assert state is not None and state.enc == row["KS_enc"]
        assert chip_token_verifies(agreement(row, name), state)
        forged = agreement({**row, "T_chip": row["T_terminal"]}, name)
        assert not chip_token_verifies(forged, state)
    for other in ("chip_map_private", "nonce_s"):
        if other in row:
            assert agreed_channel(agreement(row, name), row[other]) is None
    changed = agreement({**row, "T_terminal": bytes(8)}, name)
    assert agreed_channel(changed, row["chip_private"]) is None


def test_chip_authentication_mapping_proves_the_chip() -> None:
    curve = domain("ECDH chip")
    assert isinstance(curve, Curve)
    state = session(CHIP["shared_secret"], method("ECDH chip"))
    data = chip_data(state, CHIP["encrypted_chip_authentication_data_8A"])
    assert data == CHIP["CA_IC"]
    static, mapped = CHIP["chip_static_public"], CHIP["chip_map_public"]
    assert chip_is_genuine(curve, data, static, mapped)
    assert not chip_is_genuine(curve, data, mapped, mapped)
    assert not chip_is_genuine(curve, data[:-1] + b"\0", static, mapped)
    with pytest.raises(NotVerifiable):
        chip_data(state, CHIP["encrypted_chip_authentication_data_8A"][:-16])


@pytest.mark.parametrize(
    "identifier",
    ["", "04007F0007020204", "04007F000702020402", "04007F00070202040502", "04007F00070202030202"],
)
def test_what_is_no_method_is_refused(identifier: str) -> None:
    with pytest.raises(NotVerifiable, match="no method of PACE"):
        method_of(bytes.fromhex(identifier))


def test_methods_in_words() -> None:
    assert method("ECDH chip").title == "PACE, ECDH, chip authentication mapping, AES-128"
    assert (
        method_of(bytes.fromhex("04007F00070202040101")).title == "PACE, DH, generic mapping, 3DES"
    )
