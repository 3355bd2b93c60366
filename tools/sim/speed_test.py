"""The speed report covers every workload and every way to run it, relative to plain Unicorn."""

from tools.sim.speed import WORKLOADS, measure
from tools.sim.timing.profiles import PROFILES


def test_every_way_is_reported():
    speeds = {(speed.workload, speed.way): speed for speed in measure(instructions=1)}
    ways = ["plain Unicorn", "functional", *(f"timed {profile}" for profile in PROFILES)]
    assert list(speeds) == [(workload, way) for workload in WORKLOADS for way in ways]
    assert all(speeds[workload, "plain Unicorn"].ratio == 1 for workload in WORKLOADS)
    assert all(speed.instructions_per_second > 0 for speed in speeds.values())
