"""Every number in schema.py and operator_names.py, compared with the schema inside the locked TensorFlow wheel."""

from enum import IntEnum

import pytest

from cmsis.compiler import schema
from cmsis.compiler.operator_names import BUILTIN_OPERATORS, BUILTIN_OPTIONS, TENSOR_TYPES
from cmsis.testing.tflite_schema import schema as wheel

_ENUMERATIONS = (schema.Padding, schema.ActivationFunctionType)
_TABLES = tuple(value for value in vars(schema).values() if isinstance(value, type) and issubclass(value, IntEnum)
                and value not in (IntEnum, *_ENUMERATIONS))


class _Recorder:
    """Stands for a flatbuffer builder; remembers the field number that a generated Add function writes."""

    def __getattr__(self, name):
        return self._slot

    def _slot(self, number, *_):
        self.number = number


def _field_number(table: str, field: str) -> int:
    name = "".join(part.capitalize() for part in field.split("_"))
    recorder = _Recorder()
    getattr(wheel, f"{table}Add{name}")(recorder, 0)
    return recorder.number


@pytest.mark.parametrize("table", _TABLES, ids=lambda table: table.__name__)
def test_field_numbers(table):
    for field in table:
        assert field.value == _field_number(table.__name__, field.name), field


@pytest.mark.parametrize("enumeration", _ENUMERATIONS, ids=lambda one: one.__name__)
def test_enumerations(enumeration):
    for item in enumeration:
        assert item.value == getattr(getattr(wheel, enumeration.__name__), item.name)


@pytest.mark.parametrize(("names", "enumeration"), ((BUILTIN_OPERATORS, wheel.BuiltinOperator),
                                                    (TENSOR_TYPES, wheel.TensorType),
                                                    (BUILTIN_OPTIONS, wheel.BuiltinOptions)),
                         ids=("operators", "types", "options"))
def test_names(names, enumeration):
    expected = {value: name for name, value in vars(enumeration).items() if name[0].isupper()}
    assert dict(enumerate(names)) == expected
