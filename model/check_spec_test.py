"""A spec stops the build when it is another network's or another board's."""

import pytest

from model import check_spec
from tools.errors import UserError

_GATES = ["adversarial", "precision", "reproducibility", "size", "timing"]
_SPEC = "model/voltage_event/voltage_event.yaml"


def test_accepts_the_macro_s_own_spec():
    check_spec.check(_SPEC, "voltage_event", "stm32l476", _GATES)


@pytest.mark.parametrize(
    ("network", "target", "message"),
    [
        ("other", "stm32l476", r"name: differs .*; got voltage_event, want other"),
        ("voltage_event", "other", r"target: differs .*; got stm32l476, want other"),
    ],
)
def test_names_what_differs(network, target, message):
    with pytest.raises(UserError, match=message):
        check_spec.check(_SPEC, network, target, _GATES)


def test_no_limit_of_the_spec_goes_unjudged():
    message = r"gates: differ .*; got limits for adversarial, precision, size, timing, want them for precision, size, timing\."
    with pytest.raises(UserError, match=message):
        check_spec.check(_SPEC, "voltage_event", "stm32l476", ["precision", "size", "timing"])
