"""Choosing windows."""

import numpy as np
import pytest

from gates.windows import require_all_classes, spread_over_classes
from tools.errors import UserError


def test_windows_are_spread_over_the_classes():
    labels = np.array([0, 0, 0, 0, 1, 1, 2])
    assert spread_over_classes(labels, 5).tolist() == [0, 1, 4, 5, 6]
    assert spread_over_classes(labels, 3).tolist() == [0, 4, 6]
    assert spread_over_classes(labels, 99).tolist() == list(range(7))


def test_a_class_without_a_window_is_refused():
    with pytest.raises(UserError, match="class swell has no window; got 0 of 2, want >= 1"):
        require_all_classes(np.array([0, 1]), ("calm", "sag", "swell"))
    require_all_classes(np.array([0, 1, 2]), ("calm", "sag", "swell"))
