"""The platform description of Renode against tools/sim/boards.py, and the script of its RCC, without Renode."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from tools.sim.boards import STM32L476
from tools.sim.peripherals.rcc import Rcc

FOLDER = Path("gates/environments/renode")
TEXT = (FOLDER / "stm32l476.repl").read_text(encoding="utf-8")
ENTRY = re.compile(r"^(?P<name>\w+): (?P<type>[\w.]+) @ sysbus(?: (?P<base>0x[0-9A-Fa-f]+))?\n(?P<body>(?:    .*\n)+)",
                   re.MULTILINE)
SCRIPT = re.search(r"script: '''\n(.*?)'''", TEXT, re.DOTALL).group(1)


def entries() -> dict[str, SimpleNamespace]:
    """Name to type, base address and properties of everything in the description."""
    found = {}
    for match in ENTRY.finditer(TEXT):
        properties = dict(re.findall(r"^    (\w+)(?:: | -> )(\S+)$", match["body"], re.MULTILINE))
        found[match["name"]] = SimpleNamespace(type=match["type"], base=int(match["base"] or "0", 16), properties=properties)
    return found


def test_every_entry_is_understood() -> None:
    names = re.findall(r"^(\w+):", TEXT.replace(SCRIPT, ""), re.MULTILINE)
    assert sorted(entries()) == sorted(names)


@pytest.mark.parametrize("memory", STM32L476.memories, ids=lambda memory: memory.name)
def test_memories_are_those_of_the_board(memory) -> None:
    entry = entries()[memory.name]
    assert (entry.type, entry.base) == ("Memory.MappedMemory", memory.base)
    assert int(entry.properties["size"], 16) == memory.size_bytes


NAMES = {"FLASH": "flash_interface"}  # Renode has one name space, in which `flash` is the memory


@pytest.mark.parametrize("device", STM32L476.devices, ids=lambda device: device.name)
def test_peripherals_are_those_of_the_board(device) -> None:
    entry = entries()[NAMES.get(device.name, device.name.lower())]
    assert entry.base == device.base
    assert entry.properties.get("IRQ") == (None if device.interrupt is None else f"nvic@{device.interrupt}")


def test_the_core_runs_scaled_instructions_at_80_mhz() -> None:
    found = entries()
    assert found["cpu"].properties["cpuType"] == '"cortex-m4"'
    assert found["cpu"].properties["PerformanceInMips"] == "80"
    clocks = {"dwt": "frequency", "nvic": "systickFrequency", "usart2": "frequency"}
    assert {name: found[name].properties[clock] for name, clock in clocks.items()} == dict.fromkeys(clocks, "80000000")
    assert found["dwt"].base == next(device.base for device in STM32L476.core_devices if device.name == "DWT")


class Request:
    """A request as Renode hands it to the script; 1.16 spells its fields with a capital, earlier ones don't."""

    def __init__(self, kind: str, offset: int = 0, value: int = 0, capital: bool = True) -> None:
        fields = {"Offset": offset, "Value": value, "IsInit": kind == "init", "IsRead": kind == "read"}
        self.__dict__.update({name if capital else name[0].lower() + name[1:]: field for name, field in fields.items()})

    @property
    def answer(self) -> int:
        return self.__dict__.get("Value", self.__dict__.get("value"))


@pytest.mark.parametrize("capital", [True, False])
def test_the_rcc_gets_ready_as_the_simulators_does(capital: bool) -> None:
    scope: dict = {}

    def ask(kind: str, offset: int = 0, value: int = 0) -> int:
        scope["request"] = Request(kind, offset, value, capital)
        exec(SCRIPT, scope)  # noqa: S102, it is what Renode does
        return scope["request"].answer

    ask("init")
    ours = {offset: Rcc.reset_values.get(offset, 0) for offset in (0x00, 0x08, 0x0C)}
    assert {offset: ask("read", offset) for offset in ours} == ours
    ask("write", 0x00, 0x63 | 1 << 8)
    assert ask("read", 0x00) >> 10 & 1 == 1, "HSIRDY"
    ask("write", 0x00, 0x63 | 1 << 8 | 1 << 24)
    assert ask("read", 0x00) >> 25 & 1 == 1, "PLLRDY"
    ask("write", 0x08, 0b11)
    assert ask("read", 0x08) == 0b1111, "SWS follows SW"
    ask("write", 0x00, ask("read", 0x00) & ~(1 << 24))
    assert ask("read", 0x00) >> 25 & 1 == 0, "PLL stopped"
    ask("write", 0x58, 1 << 17)
    assert ask("read", 0x58) == 1 << 17


def test_script_and_robot_file_name_what_there_is() -> None:
    script, robot = ((FOLDER / name).read_text(encoding="utf-8") for name in ("edgeplug.resc", "inference.robot"))
    assert f"LoadBinary $image {STM32L476.flash.base:#010x}" in script
    assert f"VectorTableOffset {STM32L476.flash.base:#010x}" in script
    assert "$platform" in script
    assert {"$image=@${IMAGE}", "$platform=@${PLATFORM}"} <= set(re.findall(r"\$\w+=@\$\{\w+\}", robot))
    assert f"sysbus.{STM32L476.uart.lower()}" in robot
    assert (FOLDER / re.search(r"\$\{CURDIR\}/(\S+\.repl)", robot).group(1)).is_file()
