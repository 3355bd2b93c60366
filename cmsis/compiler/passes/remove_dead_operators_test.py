"""remove_dead_operators: drops what nobody reads, keeps order, and leaves live graphs alone."""

from cmsis.compiler import reader
from cmsis.compiler.passes.remove_dead_operators import remove_dead_operators
from cmsis.testing import small_models
from cmsis.testing.tflite_builder import Call, Value
from cmsis.testing.tflite_schema import schema


def test_live_graph_is_unchanged():
    graph = reader.read(small_models.network(), "small")
    assert remove_dead_operators(graph) == graph


def test_shape_arithmetic_dies():
    values = small_models.network_values() + (Value("shape of conv", (4,), "int32"), Value("packed", (2, 4), "int32"))
    dead = (Call("SHAPE", (5,), (11,), schema.ShapeOptionsT()), Call("PACK", (11, 11), (12,), schema.PackOptionsT()))
    calls = small_models.network_calls()
    graph = reader.read(small_models.network(values, calls[:2] + dead + calls[2:]), "small")
    assert [operator.builtin for operator in remove_dead_operators(graph).operators] == [
        "EXPAND_DIMS", "CONV_2D", "RESHAPE", "FULLY_CONNECTED", "SOFTMAX"]
