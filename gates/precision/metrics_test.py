"""Metrics against hand-counted matrices."""

import numpy as np

from gates.precision.metrics import confusion_matrix, metrics


def test_rows_are_labels_and_columns_predictions():
    matrix = confusion_matrix(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 0]), 3)
    assert matrix.tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 0]]


def test_shares_of_a_hand_counted_matrix():
    result = metrics(np.array([[8, 2, 0], [0, 9, 1], [0, 0, 4]]))
    assert result.class_precision == (1.0, 9 / 11, 4 / 5)
    assert result.class_recall == (0.8, 0.9, 1.0)
    assert result.macro_precision == (1.0 + 9 / 11 + 4 / 5) / 3
    assert result.macro_recall == (0.8 + 0.9 + 1.0) / 3
    assert result.accuracy == 21 / 24


def test_a_class_that_is_never_predicted_has_precision_zero():
    assert metrics(np.array([[5, 0], [5, 0]])).class_precision == (0.5, 0.0)


def test_a_large_class_does_not_outweigh_a_small_one():
    result = metrics(np.array([[9900, 0], [99, 1]]))
    assert result.accuracy > 0.99
    assert result.macro_recall == (1.0 + 0.01) / 2
