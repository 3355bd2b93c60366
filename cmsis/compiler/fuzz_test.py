"""What the fuzzer found is refused by name for good; the fuzzer itself sees each kind of finding; and a short run has none."""

import numpy as np
import pytest

from cmsis.compiler.fuzz import Report, fuzz, good_models
from cmsis.compiler.fuzz_trial import Outcome, compare, compile_whole, try_model
from cmsis.testing import small_models
from cmsis.testing.mutations import Mutator
from cmsis.testing.oracle_worker import Answer
from cmsis.testing.tflite_builder import Call, Value, build
from cmsis.testing.tflite_schema import schema
from tools.errors import UserError

_CONV = 1  # The convolution's number among the calls of small_models.network().


def _operator(change, index=_CONV):
    return small_models.changed(lambda model: change(model.subgraphs[0].operators[index]), small_models.network())


def _tensor(change, index):
    return small_models.changed(lambda model: change(model.subgraphs[0].tensors[index]), small_models.network())


def _set(**fields):
    def change(table):
        for name, value in fields.items():
            assert hasattr(table, name), name
            setattr(table, name, value)
    return change


def _pool(size):
    options = schema.Pool2DOptionsT()
    options.strideW = options.strideH = 1
    options.filterHeight, options.filterWidth = size
    values = (Value("input", (1, 4, 4, 2), "int8", (0.5,), (3,)), Value("output", (1, 4, 4, 2), "int8", (0.5,), (3,)))
    return build(values, (Call("MAX_POOL_2D", (0,), (1,), options),), (0,), (1,))


def _mean(axes=(1, 2), scale=0.5):
    values = (Value("input", (1, 4, 4, 2), "int8", (0.5,), (3,)), Value("axes", (2,), "int32", data=np.array(axes)),
              Value("output", (1, 2), "int8", (scale,), (3,)))
    return build(values, (Call("MEAN", (0, 1), (2,), schema.ReducerOptionsT()),), (0,), (2,))


def _reshape(shape, output, inputs=(0, 1)):
    options = schema.ReshapeOptionsT()
    options.newShape = np.array(shape, np.int32)
    values = (*small_models.network_values()[:6], Value("shape", (len(shape),), "int32", data=np.array(shape)),
              Value("net/flatten/Reshape", output, "int8", (0.75,), (-128,)), *small_models.network_values()[8:])
    calls = list(small_models.network_calls())
    calls[2] = Call("RESHAPE", (5, 6) if len(inputs) == 2 else (5,), (7,), options)
    return small_models.network(values, tuple(calls))


def _wide_dense(bias):
    values = (Value("input", (1, 4), "int16", (0.001,), (0,)), Value("weights", (2, 4), "int8", (0.5,), (0,), 0, np.ones((2, 4))),
              Value("bias", (2,), "int64", (0.0005,), (0,), 0, np.array([bias, 0])), Value("output", (1, 2), "int16", (0.01,), (0,)))
    return build(values, (Call("FULLY_CONNECTED", (0, 1, 2), (3,), schema.FullyConnectedOptionsT()),), (0,), (3,))


# Each of these once compiled to something else than TFLite computes, or that TFLite refuses, or ended in a traceback.
_FOUND = {
    "unknown padding": (_operator(lambda one: _set(padding=2)(one.builtinOptions)),
                        "conv#2: padding of CONV_2D is unknown; got number 2, want 0 (same) or 1 (valid)"),
    "options of another operator": (_operator(_set(builtinOptionsType=2, builtinOptions=schema.DepthwiseConv2DOptionsT())),
                                    "conv#2: options of CONV_2D are of another kind; got number 2, want 1 (Conv2DOptions)"),
    "too many inputs": (small_models.with_call(_CONV, inputs=(1, 3, 4, 1)),
                        "conv#2: CONV_2D has too many inputs; got 4, want at most 3"),
    "unknown version": (small_models.changed(lambda model: _set(version=99)(model.operatorCodes[0]), small_models.network()),
                        "model: version of CONV_2D is unknown; got 99, want 1 to 8"),
    "custom quantization": (_tensor(lambda one: _set(detailsType=1, details=schema.CustomQuantizationT())(one.quantization), 3),
                            "kernel: custom quantization is not supported"),
    "weights in another file": (_tensor(_set(externalBuffer=1), 3), "kernel: a constant outside of the flatbuffer"),
    "weights behind the flatbuffer": (small_models.changed(lambda model: _set(offset=4096)(model.buffers[2]),
                                                           small_models.network()), "a constant outside of the flatbuffer"),
    "bias with a zero point": (small_models.with_value(4, zero_points=(0, 7, 0)),
                               "bias of CONV_2D does not fit; got 3 values of int32 with a zero point"),
    "bias beyond int32 results": (_wide_dense(bias=1 << 40), "results of FULLY_CONNECTED may overflow in TFLite"),
    "scale beyond float32": (small_models.with_value(9, scales=(3e38,)), "net/dense/MatMul: bad quantization; got 1 scales from 3e+38"),
    "window beyond int32": (_pool(((1 << 31) - 1, 1)), "filter, stride and dilation of MAX_POOL_2D must be positive, and no larger"),
    "mean over an axis that is not there": (_mean(axes=(1, 6)), "axis of MEAN is outside the shape; got 6, want -4 to 3"),
    "mean that overflows": (_mean(scale=1e-30), "sums of MEAN may overflow"),
    "softmax of steps below its fixed point": (small_models.with_value(9, scales=(1e-9,)),
                                               "softmax: steps of the softmax are too small for its fixed point"),
    "reshape that contradicts its input": (_reshape((12, 1), (1, 12)), "shape of RESHAPE does not follow from its inputs; got"
                                           " [1, 12], want [12, 1]"),
    "reshape that contradicts its options": (_reshape((12, 1), (1, 12), inputs=(0,)), "got [1, 12], want [12, 1]"),
    "reshape by a product of zero": (_reshape((0, -1), (1, 12)), "shape of RESHAPE does not follow from its inputs"),
}


@pytest.mark.parametrize("name", _FOUND)
def test_what_was_found_is_refused(name):
    model, message = _FOUND[name]
    with pytest.raises(UserError) as caught:
        compile_whole(model, np.random.default_rng(1))
    assert message in str(caught.value) and "; got " in str(caught.value) and "Fix: " in str(caught.value)


def _with_an_unused_constant():
    """One of a type that the compiler has no name for."""
    values = (*small_models.network_values(), Value("unused", (2,), "int16", data=np.zeros(2)))
    return small_models.changed(lambda model: _set(type=schema.TensorType.UINT16)(model.subgraphs[0].tensors[-1]),
                                small_models.network(values))


def test_their_good_siblings_compile():
    for model in (_with_an_unused_constant(), small_models.network(), _pool((4, 3)), _mean(), _wide_dense(1000), _reshape((1, -1), (1, 12)), _reshape((1, 12), (1, 12), (0,))):
        assert try_model(lambda one: compile_whole(one, np.random.default_rng(1)), model) == Outcome("compiled")


def test_a_short_run_finds_nothing(capsys):
    report = Report(None)
    fuzz(mutations=1500, seed=11, oracle_share=0, run_share=0, kit=None, report=report)
    assert not report.findings, capsys.readouterr().out
    assert report.counts["refused"] > 300 and report.counts["compiled"] > 150


def test_mutations_are_repeatable_and_of_every_kind():
    first, again = (Mutator(good_models(3), np.random.default_rng(4)) for _ in range(2))
    models = [first() for _ in range(60)]
    assert models == [again() for _ in range(60)]
    assert len(set(models)) > 50 and not set(models) <= set(good_models(3))


def _raise(error):
    def action(_model):
        raise error
    return action


@pytest.mark.parametrize("action, kind, detail", [
    (_raise(ValueError("odd")), "traceback", "odd"),
    (_raise(MemoryError()), "memory", "MemoryError"),
    (_raise(UserError("no good")), "message", "no good"),
    (_raise(UserError("a: b; got c, want d. Fix: e")), "refused", ""),
    (lambda _: None, "compiled", ""),
])
def test_outcomes(action, kind, detail):
    outcome = try_model(action, b"")
    assert outcome.kind == kind and detail in outcome.detail


def test_a_hang_is_ended(monkeypatch):
    monkeypatch.setattr("cmsis.compiler.fuzz_trial.CPU_SECONDS", 0.05)

    def forever(_model):
        while True:
            pass

    assert try_model(forever, b"").kind == "hang"


def test_memory_is_limited():
    assert try_model(lambda _: bytearray(1 << 31), b"").kind == "memory"
    assert try_model(lambda _: bytearray(1 << 20), b"").kind == "compiled"


class _Worker:
    """Answers with the outputs that `change` makes of the right ones, here those of a mean."""

    def __init__(self, answer):
        self._answer = answer

    def ask(self, model, builtins, inputs):
        return self._answer(inputs)


@pytest.mark.parametrize("answer, kind", [
    (lambda inputs: Answer(refusal="no"), "refused by TFLite"),
    (lambda inputs: Answer(outputs=tuple((np.zeros((1, 2), np.int8),) for _ in inputs)), "differs"),
    (lambda inputs: Answer(outputs=tuple((np.zeros((1, 2, 1), np.int8),) for _ in inputs)), "differs"),
])
def test_other_outputs_than_tflites_are_a_finding(answer, kind):
    assert compare(_mean(), _Worker(answer), np.random.default_rng(1), None).kind == kind


def test_kinds_are_kept_once(tmp_path, capsys):
    report = Report(tmp_path)
    for number in range(3):
        report.add(Outcome("traceback", f"line {number}"), bytes([number]), number)
        report.add(Outcome("compiled"), b"", number)
    assert [path.name for path in tmp_path.iterdir()] == ["traceback_0.tflite"]
    assert report.findings == {"traceback: line #": 3} and capsys.readouterr().out.count("\n") == 1
    assert "1 kinds of findings" in str(report)
