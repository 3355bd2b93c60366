"""The call stack tells layers apart by the order of their calls, follows tail calls, and refuses another network's plan."""

from types import SimpleNamespace

import pytest

from tools.errors import UserError
from tools.profile.call_stack import CallStack, Kernel
from tools.sim.symbols import Symbol, SymbolTable
from tools.sim.timing.recorder import Cycles, Executed, Run

NET, CONV, DENSE, DOT = 0x100, 0x200, 0x300, 0x400
SYMBOLS = SymbolTable(tuple(
    Symbol(name, address, 0x80, "FUNC") for name, address in (("net_run", NET), ("conv", CONV), ("dense", DENSE), ("dot", DOT))
))
KERNELS = (Kernel("first", "conv"), Kernel("second", "conv"), Kernel("last", "dense"))


def _run(name: str, address: int, target: int, branch_cycles: int = 1) -> Run:
    """A block of one 4-byte branch `name` at `address`, which goes to `target`."""
    op = SimpleNamespace(name=name, end=address + 4, branch_cycles=branch_cycles)
    return Run(address, target, (Executed(op, Cycles()),), Cycles())


def _paths(*runs: Run) -> list[tuple[str, ...]]:
    stack = CallStack(SYMBOLS, "net_run", KERNELS)
    paths = []
    for run in runs:
        stack.follow(run)
        paths.append(stack.path)
    return paths


def test_layers_with_one_kernel_are_told_apart_by_the_order_of_their_calls():
    assert _paths(
        _run("bl", NET, CONV), _run("bl", CONV, DOT), _run("bx", DOT, CONV + 4), _run("pop", CONV + 4, NET + 4),
        _run("bl", NET + 4, CONV), _run("bx", CONV, NET + 8),
    ) == [
        ("net_run", "first"), ("net_run", "first", "dot"), ("net_run", "first"), ("net_run",),
        ("net_run", "second"), ("net_run",),
    ]  # fmt: skip


def test_a_tail_call_stays_within_its_layer_and_returns_for_it():
    assert _paths(_run("bl", NET, CONV), _run("b", CONV, DOT), _run("bx", DOT, NET + 4)) == [
        ("net_run", "first"), ("net_run", "first", "dot"), ("net_run",),
    ]  # fmt: skip


def test_the_last_layer_may_be_a_tail_call_of_the_inference():
    assert _paths(
        _run("bl", NET, CONV), _run("bx", CONV, NET + 4), _run("bl", NET + 4, CONV), _run("bx", CONV, NET + 8),
        _run("b", NET + 8, DENSE),
    )[-1] == ("net_run", "last")  # fmt: skip


def test_jumps_within_a_function_and_blocks_without_a_branch_change_nothing():
    paths = _paths(_run("bl", NET, CONV), _run("b", CONV + 8, CONV + 4), _run("add", CONV + 4, CONV + 8, None),
                   _run("b", CONV + 8, CONV))
    assert set(paths) == {("net_run", "first")}


def test_a_call_that_is_no_layer_keeps_its_own_name():
    assert _paths(_run("bl", NET, DOT)) == [("net_run", "dot")]


def test_a_kernel_that_was_not_called_in_turn_is_named():
    stack = CallStack(SYMBOLS, "net_run", KERNELS)
    stack.follow(_run("bl", NET, CONV))
    stack.follow(_run("bx", CONV, NET + 4))
    stack.follow(_run("bl", NET + 4, DENSE))
    with pytest.raises(UserError, match="second: its kernel was not called in turn; got 1 of 3 layers, want conv next"):
        stack.require_all_layers()


def test_a_kernel_that_the_image_lacks_is_named():
    with pytest.raises(UserError, match="pool: the ELF has no symbol max_pool; got none, want the layer's kernel. Fix: "):
        CallStack(SYMBOLS, "net_run", (Kernel("pool", "max_pool"),))
