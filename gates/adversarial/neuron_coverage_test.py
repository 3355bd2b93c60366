"""Neuron coverage against layers small enough to count by hand."""

import numpy as np
import pytest

from gates.adversarial.neuron_coverage import activated, neuron_index


def test_a_neuron_is_a_channel_averaged_and_scaled_within_its_layer():
    layer = np.array([[[0.0, 2.0], [2.0, 4.0]]])  # means 1 and 3 of 0..4: scaled 0.25 and 0.75
    assert activated([layer], 0.5).tolist() == [[False, True]]
    assert activated([layer], 0.2).tolist() == [[True, True]]


def test_each_input_is_scaled_by_itself():
    layer = np.array([[0.0, 1.0], [0.0, 1000.0], [500.0, 1000.0]])
    assert activated([layer], 0.5).tolist() == [[False, True]] * 3


def test_layers_follow_each_other_and_a_dead_layer_is_quiet():
    assert activated([np.array([[0.0, 1.0]]), np.array([[7.0, 7.0, 7.0]])], 0.5).tolist() == [
        [False, True, False, False, False]]


def test_neuron_index():
    assert [neuron_index([2, 3], neuron) for neuron in range(5)] == [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2)]
    with pytest.raises(ValueError, match="beyond the last layer by 1"):
        neuron_index([2, 3], 5)
