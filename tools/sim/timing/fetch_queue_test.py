"""The fetch queue stalls where TIMING.md says that the core does, and nowhere else."""

import pytest

from tools.sim.timing.fetch_queue import FetchQueue


def _stalls(start: int, instructions: list[tuple[int, int]]) -> list[int]:
    """Stall of each instruction, given as (size in bytes, cycles), after a branch to `start`."""
    queue = FetchQueue()
    queue.restart(start)
    stalls = []
    for size_bytes, cycles in instructions:
        stalls.append(queue.take(size_bytes))
        queue.advance(cycles)
    return stalls


@pytest.mark.parametrize("start", [0, 2])
def test_16_bit_code_never_stalls(start):
    assert sum(_stalls(start, [(2, 1)] * 40)) == 0


def test_aligned_32_bit_code_never_stalls():
    assert sum(_stalls(0, [(4, 1)] * 40)) == 0


def test_unaligned_32_bit_branch_target_stalls():
    """Once for itself; the stall fills the queue, so a run of unaligned 32-bit code stalls once more."""
    assert _stalls(2, [(4, 1), (2, 1), (4, 1), (4, 1)]) == [1, 0, 0, 0]
    assert sum(_stalls(2, [(4, 1)] * 40)) == 2


def test_unaligned_32_bit_code_stalls_once_after_a_multi_cycle_instruction():
    assert sum(_stalls(2, [(2, 5)] + [(4, 1)] * 20)) == 0, "the next instruction is aligned"
    assert sum(_stalls(0, [(2, 5)] + [(4, 1)] * 20)) == 1


def test_restart_after_full_costs_one_bubble():
    queue = FetchQueue()
    queue.advance(10)
    assert queue.state == ((0, 0, 0), 0, True)
    queue.take(4)
    queue.advance(1)
    assert queue.state == ((0, 0), 0, False)
    queue.advance(1)
    assert queue.state == ((0, 0, 1), 0, False)


def test_state_is_all_that_matters():
    first = FetchQueue()
    first.take(2)
    first.advance(1)
    second = FetchQueue(first.state)
    for queue in (first, second):
        queue.advance(3)
    assert first.take(4) == second.take(4) and first.state == second.state
