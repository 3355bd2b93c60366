"""What replaces a semantic operator: one way to compute it, by a kernel of ours, with constants prepared for that kernel.

Purpose: `Implementation` is an Operator like any other to planner, replay and emitter; shape, reference and MACs stay those of
the operator that it implements. A kernel has one signature: `void kernel(const STRUCT *layer, const int8_t *input...,
int8_t *output, void *scratch)`, the last only where it wants scratch; `members` fills the struct (edgeplug_kernels.h).
"""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import ClassVar, Self

import numpy as np

from cmsis.compiler import c_source
from cmsis.compiler.ir import Emission, Graph, Operator, Places

HEADER = "edgeplug_kernels.h"
_COMMON = ("layer", "inputs", "outputs", "semantic", "in_sram")


@dataclass(frozen=True)
class Array:
    """A constant array that a member of the struct points to, PREFIX_`name` in C; `c_type` is uint32_t, int32_t or int8_t."""

    name: str
    c_type: str
    values: tuple[int, ...]


Member = int | Array


@dataclass(frozen=True)
class Implementation(Operator):
    """`semantic` says what is computed; arrays lie in flash, or `in_sram`, where they never wait."""

    semantic: Operator
    in_sram: bool = False

    struct: ClassVar[str]
    takes_scratch: ClassVar[bool] = False  # even if it wants none for this layer

    @classmethod
    def of(cls, semantic: Operator) -> Self:
        """Returns the implementation of `semantic`, between the same tensors."""
        return cls(semantic.layer, semantic.inputs, semantic.outputs, semantic)

    @classmethod
    @abstractmethod
    def suits(cls, graph: Graph, semantic: Operator) -> bool:
        """Whether the kernel computes `semantic` exactly, for every input."""

    @classmethod
    def variants(cls, graph: Graph, semantic: Operator) -> tuple[Self, ...]:
        """Returns the ways to run the kernel for `semantic`, what is best without measurement first; none if it does not suit."""
        return (cls.of(semantic),) if cls.suits(graph, semantic) else ()

    @abstractmethod
    def members(self, graph: Graph) -> tuple[Member, ...]:
        """Returns the struct's members, in order."""

    @property
    def label(self) -> str:
        """The kernel, and what distinguishes this way to run it from others."""
        own = (f"{field.name}={getattr(self, field.name)}" for field in fields(self) if field.name not in _COMMON)
        return " ".join((self.kernel, *own, *(("in_sram",) if self.in_sram else ())))

    @property
    def has_weights(self) -> bool:
        """Whether it reads weights from where they lie."""
        return len(self.inputs) > 1

    @property
    def builtin(self) -> str:
        """The semantic operator's name."""
        return self.semantic.builtin

    def infer_shape(self, graph: Graph) -> tuple[int, ...]:
        """Returns the semantic operator's shape."""
        return self.semantic.infer_shape(graph)

    def reference(self, graph: Graph, values: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the exact output."""
        return self.semantic.reference(graph, values)

    def macs(self, graph: Graph) -> int:
        """Returns the semantic operator's multiply-accumulates."""
        return self.semantic.macs(graph)

    def emit(self, graph: Graph, places: Places) -> Emission:
        """Returns the arrays, the struct and the call."""
        members = self.members(graph)
        arrays = tuple(c_source.array(f"{places.prefix}_{member.name}", member.c_type, member.values, self.in_sram)
                       for member in members if isinstance(member, Array))
        values = ", ".join(f"{places.prefix}_{member.name}" if isinstance(member, Array) else c_source.literal(member)
                           for member in members)
        computed = tuple(place for number, place in zip(self.inputs, places.inputs) if not graph.tensors[number].constant)
        scratch = (places.scratch,) if self.takes_scratch or places.scratch != "NULL" else ()
        arguments = (f"&{places.prefix}", *computed, places.output, *scratch)
        call = f"{self.kernel}({', '.join(arguments)})"
        return Emission((*arrays, c_source.struct(places.prefix, self.struct, values)), call, returns_status=False, header=HEADER)
