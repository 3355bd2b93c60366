"""The speed report covers every way to run, relative to plain Unicorn."""

from tools.sim.speed import measure
from tools.sim.timing.profiles import PROFILES


def test_every_way_is_reported():
    speeds = {speed.way: speed for speed in measure(rounds=100)}
    assert set(speeds) == {"plain Unicorn", "functional", *(f"timed {profile}" for profile in PROFILES)}
    assert speeds["plain Unicorn"].ratio == 1
    assert all(speed.instructions_per_second > 0 for speed in speeds.values())
