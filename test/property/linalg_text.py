"""Writing a network as linalg text, op by op."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

Shape = tuple[int, ...]  # of a feature map: images, channels, rows, columns

LOWEST = {
    "f32": "0xFF800000",
    "f16": "0xFC00",
    "bf16": "0xFF80",
    "i32": "-2147483648",
    "i8": "-128",
}


@dataclass
class Network:
    """Lines of a function under construction, and the feature maps that it has so far.

    All maps have elements of one type. Sums of products of i8 are i32 until `requantised`.
    """

    element: str
    inputs: dict[str, Shape] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    maps: dict[str, Shape] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    wanted: set[str] = field(default_factory=set)
    names: int = 0

    @property
    def sums(self) -> str:
        return "i32" if self.element == "i8" else self.element

    @property
    def is_float(self) -> bool:
        return "f" in self.element

    def emit(self, text: str) -> str:
        name = f"%v{self.names}"
        self.names += 1
        self.lines.append(f"    {name} = {text}")
        return name

    def input(self, shape: Shape) -> None:
        name = f"%arg{len(self.inputs)}"
        self.inputs[name] = self.maps[name] = shape

    def read(self, name: str) -> tuple[str, str]:
        """A feature map as an operand, and its type."""
        self.used.add(name)
        return name, self.type(self.maps[name])

    def feature_map(self, name: str, shape: Shape) -> None:
        self.maps[name] = shape

    def type(self, shape: Shape, element: str = "") -> str:
        return f"tensor<{''.join(f'{n}x' for n in shape)}{element or self.element}>"

    def arithmetic(self, float_op: str, integer_op: str) -> str:
        return f"arith.{float_op if self.is_float else integer_op}"

    @property
    def results(self) -> list[str]:
        """Every map that nobody reads, and those that are wanted all the same."""
        return [
            name
            for name in self.maps
            if name not in self.inputs and (name not in self.used or name in self.wanted)
        ]

    def text(self) -> str:
        arguments = ", ".join(f"{name}: {self.type(shape)}" for name, shape in self.inputs.items())
        types = ", ".join(self.type(self.maps[name]) for name in self.results)
        zero = "0.0" if self.is_float else "0"
        kinds = dict.fromkeys((self.element, self.sums))
        constants = [f"    %zero_{kind} = arith.constant {zero} : {kind}" for kind in kinds]
        lowest = (
            f"    %lowest_{self.element} = arith.constant {LOWEST[self.element]} : {self.element}"
        )
        header = f"  func.func @main({arguments}) -> ({types}) {{"
        end = f"    return {', '.join(self.results)} : {types}\n  }}\n}}"
        return "\n".join(["module {", header, *constants, lowest, *self.lines, end])

    # What layers are made of ------------------------------------------------------------------

    def empty(self, shape: Shape, element: str = "") -> str:
        return self.emit(f"tensor.empty() : {self.type(shape, element)}")

    def filled(self, shape: Shape, value: str, element: str = "") -> str:
        """`value` is `zero` or `lowest`."""
        kind, element = self.type(shape, element), element or self.element
        empty = self.empty(shape, element)
        return self.emit(
            f"linalg.fill ins(%{value}_{element} : {element}) outs({empty} : {kind}) -> {kind}"
        )

    def constant(self, shape: Shape, element: str = "") -> str:
        """Weights; of floats as small as keeps the magnitude of sums over all but the first."""
        values = np.random.default_rng(self.names).integers(-4, 5, shape)
        if self.is_float:
            fan_in = math.prod(shape[1:])
            values = values / 4 / 2 ** (math.ceil(math.log2(fan_in)) // 2)
        return self.emit(f"arith.constant dense<{values.tolist()}> : {self.type(shape, element)}")

    def generic(
        self,
        loops: str,
        reads: Sequence[tuple[str, str, str]],
        write: tuple[str, str, str],
        body: Sequence[str],
    ) -> str:
        """An op over loops with names of one letter; operands are (value, type, loops).

        The body takes %0, %1, .. and yields %r. Loops that do not index the result are reductions.
        """
        around = ", ".join(loops)
        operands = [*reads, write]
        maps = ", ".join(f"affine_map<({around}) -> ({', '.join(o[2])})>" for o in operands)
        kinds = ", ".join(f'"{"parallel" if d in write[2] else "reduction"}"' for d in loops)
        scalars = [kind[:-1].removeprefix("tensor<").split("x")[-1] for _, kind, _ in operands]
        arguments = ", ".join(f"%s{i}: {kind}" for i, kind in enumerate(scalars))
        values, types = (", ".join(r[i] for r in reads) for i in (0, 1))
        inner = "".join(f"      {line}\n" for line in body)
        return self.emit(
            f"linalg.generic {{indexing_maps = [{maps}], iterator_types = [{kinds}]}} "
            f"ins({values} : {types}) outs({write[0]} : {write[1]}) {{\n"
            f"    ^bb0({arguments}):\n{inner}      linalg.yield %r : {scalars[-1]}\n"
            f"    }} -> {write[1]}"
        )

    def requantised(self, source: str, shape: Shape) -> str:
        """Sums of i8 as i8 again: an arithmetic shift and a clamp. Others stay as they are."""
        if self.element != "i8":
            return source
        loops = "abcdefg"[: len(shape)]
        return self.generic(
            loops,
            [(source, self.type(shape, "i32"), loops)],
            (self.empty(shape), self.type(shape), loops),
            [
                "%four = arith.constant 4 : i32",
                "%most = arith.constant 127 : i32",
                "%least = arith.constant -128 : i32",
                "%shifted = arith.shrsi %s0, %four : i32",
                "%below = arith.minsi %shifted, %most : i32",
                "%clamped = arith.maxsi %below, %least : i32",
                "%r = arith.trunci %clamped : i32 to i8",
            ],
        )
