"""Where two archives of arrays differ: .npz, and .keras with its HDF5 weights."""

import io
import zipfile
from collections.abc import Iterator

import h5py
import numpy as np


def first_difference(first: bytes, second: bytes) -> str:
    """The first member, and in it the array and index, that differ, with both values."""
    with zipfile.ZipFile(io.BytesIO(first)) as one, zipfile.ZipFile(io.BytesIO(second)) as other:
        if one.namelist() != other.namelist():
            return f"members {', '.join(one.namelist())} and {', '.join(other.namelist())}"
        for name in one.namelist():
            left, right = one.read(name), other.read(name)
            if left != right:
                return _member(name, left, right)
    return "dates or attributes of its members, none of their contents"


def _member(name: str, left: bytes, right: bytes) -> str:
    if name.endswith(".npy"):
        arrays = [np.load(io.BytesIO(data), allow_pickle=False) for data in (left, right)]
        return f"array {name.removesuffix('.npy')}{_index(*arrays)}"
    if name.endswith(".h5"):
        return f"{name}: {_h5(left, right)}"
    return f"member {name}"


def _h5(left: bytes, right: bytes) -> str:
    found = [dict(_arrays(data)) for data in (left, right)]
    if found[0].keys() != found[1].keys():
        return f"other arrays, {sorted(found[0].keys() ^ found[1].keys())[0]} in one alone"
    for path, array in found[0].items():
        if not np.array_equal(array, found[1][path]):
            return f"array {path}{_index(array, found[1][path])}"
    return "none of its arrays, only how HDF5 lays them out"


def _arrays(data: bytes) -> Iterator[tuple[str, np.ndarray]]:
    arrays = []
    with h5py.File(io.BytesIO(data), "r") as file:
        file.visititems(lambda path, item: arrays.append((path, item[()])) if isinstance(item, h5py.Dataset) else None)
    yield from sorted(arrays, key=lambda pair: pair[0])


def _index(left: np.ndarray, right: np.ndarray) -> str:
    if left.shape != right.shape or left.dtype != right.dtype:
        return f": {left.dtype} {list(left.shape)} and {right.dtype} {list(right.shape)}"
    different = np.argwhere(left != right)
    if not len(different):
        return ": signs of zero, or kinds of NaN"
    at = tuple(different[0].tolist())
    return f"{list(at)}: {left[at]!r} and {right[at]!r}, {len(different):,} of {left.size:,} elements differ"
