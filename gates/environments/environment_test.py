"""Environments: what the variables of a test must say."""

import dataclasses
from pathlib import Path

import pytest

from gates.environments import environment as environments
from tools.errors import UserError

VARIABLES = {"EDGEPLUG_NAME": "a", "EDGEPLUG_RUNNER": "sim", "EDGEPLUG_BOARD": "b", "EDGEPLUG_IMAGE": "c.bin",
             "EDGEPLUG_CLOCK_HZ": "16000000", "EDGEPLUG_WINDOWS": "20", "EDGEPLUG_TRIES": "3"}


def test_the_variables_describe_an_environment() -> None:
    assert environments.from_variables(VARIABLES) == environments.Environment("a", "sim", "b", Path("c.bin"), 16_000_000, 20, 3)


@pytest.mark.parametrize("missing", VARIABLES)
def test_a_missing_variable_is_named(missing: str) -> None:
    variables = {name: value for name, value in VARIABLES.items() if name != missing}
    with pytest.raises(UserError, match=f"environment: is not described; got no variable '{missing}', want those of "):
        environments.from_variables(variables)


def test_an_unknown_runner_is_refused() -> None:
    unknown = dataclasses.replace(environments.from_variables(VARIABLES), runner="board")
    with pytest.raises(UserError, match=r"environment a: unknown runner; got 'board', want one of \['qemu', 'renode', 'sim'\]"):
        with environments.service(unknown):
            pass
