"""The Cortex-M4's instruction fetch: a queue of three words in front of the decoder.

Rule (TIMING.md, by measurement; DDI0439 section 1.2 for the three-word prefetch unit): one word is requested per cycle
while there is room, it arrives two cycles later, and when the queue had been full the first request comes one cycle late.
A word on its way takes its place in the queue: of the two readings of the rule, this one is closer to the published cycles
of ML-KEM (docs/timing.md). Consequences: an unaligned 32-bit instruction as a branch target stalls once, and one of the
unaligned 32-bit instructions that follow a multi-cycle instruction stalls once; 16-bit and aligned 32-bit code never stalls.
"""

QUEUE_WORDS = 3
LATENCY_CYCLES = 2

FetchState = tuple[tuple[int, ...], int, bool]


class FetchQueue:
    """Words in the queue or on their way, by the cycles until they arrive; time passes in `take` and `advance`."""

    def __init__(self, state: FetchState | None = None) -> None:
        if state is None:
            self.restart(0)
        else:
            self._arrivals, self._half, self._was_full = list(state[0]), state[1], state[2]

    @property
    def state(self) -> FetchState:
        """All that the future depends on."""
        return tuple(self._arrivals), self._half, self._was_full

    def restart(self, address: int) -> None:
        """A branch to `address`: its word is there as it executes, the next words one cycle after another."""
        self._arrivals = [0, 1, 2]
        self._half = address >> 1 & 1
        self._was_full = False

    def take(self, size_bytes: int) -> int:
        """Takes an instruction of 2 or 4 bytes out of the queue; returns the cycles that it had to wait for."""
        last_word = (2 * self._half + size_bytes - 1) // 4
        stall = 0
        while len(self._arrivals) <= last_word or self._arrivals[last_word] > 0:
            self._cycle()
            stall += 1
        position = 2 * self._half + size_bytes
        del self._arrivals[: position // 4]
        self._half = position % 4 // 2
        return stall

    def advance(self, cycles: int) -> None:
        """Lets `cycles` pass while an instruction executes."""
        for _ in range(cycles):
            self._cycle()

    def _cycle(self) -> None:
        if len(self._arrivals) >= QUEUE_WORDS:
            self._was_full = True
        elif self._was_full:
            self._was_full = False
        else:
            self._arrivals.append(LATENCY_CYCLES)
        self._arrivals = [max(arrival - 1, 0) for arrival in self._arrivals]
