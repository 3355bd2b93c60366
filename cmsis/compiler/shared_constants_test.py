"""Equal constants are defined once, whatever refers to them follows, and what differs stays."""

from cmsis.compiler.ir import Constant
from cmsis.compiler.shared_constants import share_constants


def _array(name: str, values: str) -> Constant:
    return Constant(name, f"static const int8_t {name}[2] = {{{values}}};")


def _struct(name: str, array: str) -> Constant:
    return Constant(name, f"static const layer {name} = {{{array}, 7}};")


def test_equal_arrays_and_then_equal_structs_become_one():
    constants, calls = share_constants((
        ((_array("a_weights", "1, 2"), _struct("a", "a_weights")), "run(&a, arena + 4)"),
        ((_array("b_weights", "1, 2"), _struct("b", "b_weights")), "run(&b, arena + 8)"),
    ))
    assert constants == (_array("a_weights", "1, 2"), _struct("a", "a_weights"))
    assert calls == ("run(&a, arena + 4)", "run(&a, arena + 8)")


def test_what_differs_in_type_or_value_stays():
    other = Constant("c", "static const int16_t c[2] = {1, 2};")
    first = (_array("a", "1, 2"), _array("b", "1, 3"), other)
    assert share_constants(((first, "run(a, b, c)"),)) == (first, ("run(a, b, c)",))


def test_a_constant_that_several_steps_name():
    first, second = _array("a", "1, 2"), _array("b", "1, 2")
    assert share_constants((((first, second), "run(b)"), ((second,), "run(b)"), ((first,), "run(a)"))) == (
        (first,), ("run(a)",) * 3)


def test_only_whole_words_are_renamed():
    constants, calls = share_constants((((_array("a", "1, 2"), _array("b", "1, 2")), "run(b, bb, b2)"),))
    assert constants == (_array("a", "1, 2"),) and calls == ("run(a, bb, b2)",)
