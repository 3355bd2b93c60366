"""Memory profiles as data: what an access to flash costs on a chip at a clock.

Purpose: the cycle model takes one profile; adding a chip is one `Profile` here.
Sources: STM32L476: RM0351 section 3.3.3 (read access latency: 4 wait states at 80 MHz, range 1) and 3.3.4 (ART: 64-bit
reads, prefetch, 32 instruction lines and 8 data lines of 4 x 64 bits). STM32L4R5: RM0432 sections 3.3.3 and 3.3.4 (5 wait
states at 120 MHz, range 1 boost; 64-bit reads with two banks, the factory setting, 128-bit reads with one). STM32F407: RM0090
sections 3.5.1 and 3.5.2 (5 wait states at 168 MHz and 3.3 V; 128-bit reads, 64 instruction lines and 8 data lines of 128 bits).
"""

from dataclasses import dataclass, replace

from tools.errors import UserError


@dataclass(frozen=True)
class Art:
    """The accelerator between flash and core: reads of `read_bytes`, two fully associative caches of lines, least recently used."""

    read_bytes: int
    line_bytes: int
    instruction_lines: int
    data_lines: int
    prefetch: bool


@dataclass(frozen=True)
class Profile:
    """Core clock and flash latency. SRAM never waits. `art` is None where flash answers at once."""

    name: str
    clock_hz: int
    wait_states: int
    art: Art | None


ZERO_WAIT = Profile("zero_wait", clock_hz=16_000_000, wait_states=0, art=None)
STM32L476_80MHZ = Profile(
    "stm32l476_80mhz",
    clock_hz=80_000_000,
    wait_states=4,
    art=Art(read_bytes=8, line_bytes=32, instruction_lines=32, data_lines=8, prefetch=True),
)

_L4_PLUS_ART = Art(read_bytes=8, line_bytes=32, instruction_lines=32, data_lines=8, prefetch=True)
STM32L4R5_120MHZ = Profile("stm32l4r5_120mhz", clock_hz=120_000_000, wait_states=5, art=_L4_PLUS_ART)
STM32L4R5_120MHZ_ONE_BANK = Profile(
    "stm32l4r5_120mhz_one_bank", clock_hz=120_000_000, wait_states=5, art=replace(_L4_PLUS_ART, read_bytes=16)
)
STM32F407_168MHZ = Profile(
    "stm32f407_168mhz",
    clock_hz=168_000_000,
    wait_states=5,
    art=Art(read_bytes=16, line_bytes=16, instruction_lines=64, data_lines=8, prefetch=True),
)

PROFILES = {
    profile.name: profile
    for profile in (ZERO_WAIT, STM32L476_80MHZ, STM32L4R5_120MHZ, STM32L4R5_120MHZ_ONE_BANK, STM32F407_168MHZ)
}


def profile_named(name: str) -> Profile:
    """The profile of that name; UserError with the known names otherwise."""
    if name not in PROFILES:
        raise UserError(
            f"timing profile: unknown name; got {name!r}, want one of {sorted(PROFILES)}. "
            "Fix: add it to tools/sim/timing/profiles.py"
        )
    return PROFILES[name]
