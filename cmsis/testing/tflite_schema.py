"""The .tflite schema of the locked TensorFlow wheel, loaded from its file: importing TensorFlow itself takes seconds."""

import importlib.util
from pathlib import Path

_FILE = "lite/python/schema_py_generated.py"


def _load():
    wheel = importlib.util.find_spec("tensorflow")
    path = Path(wheel.submodule_search_locations[0]) / _FILE
    spec = importlib.util.spec_from_file_location("tflite_schema_generated", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


schema = _load()
