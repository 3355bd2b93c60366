"""The speed report covers every way to run a workload, relative to plain Unicorn."""

import pytest

from tools.sim.speed import Workload, measure, workloads
from tools.sim.testdata.elves import elf_bytes
from tools.sim.timing.profiles import PROFILES

OWN = Workload(elf_bytes("loops"), ("load_if", "divide"))


@pytest.mark.parametrize("workload", [*workloads(), OWN], ids=lambda workload: workload.name)
def test_every_way_is_reported(workload):
    speeds = measure(workload, instructions=1, passes=1)
    ways = ["plain Unicorn", "functional", *(f"timed {profile}" for profile in PROFILES)]
    assert [(speed.workload, speed.way) for speed in speeds] == [(workload.name, way) for way in ways]
    assert speeds[0].ratio == 1 and all(speed.instructions_per_second > 0 for speed in speeds)
