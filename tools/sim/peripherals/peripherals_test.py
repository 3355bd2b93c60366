"""Peripherals behave as the reference manual says, as far as they are modelled."""

import pytest

from tools.sim.boards import STM32L476
from tools.sim.peripherals import scb, systick, usart
from tools.sim.peripherals.registry import make_peripherals
from tools.sim.stop import StopReason


class _Host:
    """A machine that only remembers why it was asked to stop; `cycles` is the time."""

    def __init__(self) -> None:
        self.stops: list[StopReason] = []
        self.cycles = 0
        self.looks = 0

    def request_stop(self, reason: StopReason) -> None:
        self.stops.append(reason)

    def cycles_now(self) -> int:
        return self.cycles

    time_now = cycles_now

    def interrupts_changed(self) -> None:
        self.looks += 1


@pytest.fixture
def host() -> _Host:
    return _Host()


@pytest.fixture
def devices(host):
    return make_peripherals(STM32L476, host)


def test_clock_flags_follow_and_can_stay_away(devices):
    rcc = devices["RCC"]
    rcc.write(0x00, 0x63 | 1 << 24 | 1 << 8)
    assert rcc.read(0x00) >> 25 & 1 and rcc.read(0x00) >> 10 & 1
    rcc.write(0x08, 0b11)
    assert rcc.read(0x08) == 0b1111
    rcc.never_ready = {"PLLRDY", "SWS"}
    rcc.write(0x00, 1 << 24)
    rcc.write(0x08, 0b01)
    assert not rcc.read(0x00) >> 25 & 1 and rcc.read(0x08) == 0b01


def test_uart_receives_sends_and_reports_idle(devices, host):
    uart = devices["USART2"]
    uart.write(usart.CR1, 0b1101)
    assert uart.read(usart.ISR) == 1 << 7 | 1 << 6 | 1 << 21 | 1 << 22
    uart.send(b"hi")
    assert uart.read(usart.ISR) & 1 << 5
    assert [uart.read(usart.RDR) for _ in range(3)] == [*b"hi", 0]
    uart.write(usart.TDR, 0x141)
    assert uart.receive() == b"A"
    for _ in range(usart.IDLE_POLLS):
        assert host.stops == []
        uart.read(usart.ISR)
    assert host.stops == [StopReason.IDLE]


def test_uart_that_is_off_neither_sends_nor_receives(devices):
    uart = devices["USART2"]
    uart.send(b"x")
    uart.write(usart.TDR, 0x41)
    assert uart.receive() == b"" and not uart.read(usart.ISR) & 1 << 5


def test_uart_overrun_is_cleared_by_icr(devices):
    uart = devices["USART2"]
    uart.overrun()
    assert uart.read(usart.ISR) & 1 << 3
    uart.write(usart.ICR, 1 << 3)
    assert not uart.read(usart.ISR) & 1 << 3


def test_gpio_set_and_reset(devices):
    gpio = devices["GPIOA"]
    gpio.write(0x18, 1 << 5 | 1 << 3)
    gpio.write(0x18, 1 << (16 + 3))
    assert gpio.read(0x14) == 1 << 5
    gpio.write(0x28, 1 << 5)
    assert gpio.read(0x14) == 0
    gpio.write(0x10, 0xFFFF)
    assert gpio.read(0x10) == 0


def test_nvic_set_and_clear_are_two_views(devices):
    nvic = devices["NVIC"]
    nvic.write(0x004, 1 << 6 | 1 << 2)
    nvic.write(0x084, 1 << 2)
    assert nvic.read(0x004) == nvic.read(0x084) == 1 << 6


def test_fault_status_is_cleared_by_ones_and_reset_needs_its_key(devices, host):
    control = devices["SCB"]
    control.values[scb.CFSR] = 0x8200
    control.write(scb.CFSR, 0x200)
    assert control.read(scb.CFSR) == 0x8000
    control.write(scb.AIRCR, 1 << 2)
    assert host.stops == []
    control.write(scb.AIRCR, 0x05FA << 16 | 1 << 2)
    assert host.stops == [StopReason.RESET] and control.read(scb.AIRCR) >> 16 == 0xFA05


def test_systick_counts_down_and_flags_once(devices, host):
    timer = devices["SYSTICK"]
    timer.write(systick.LOAD, 999)
    timer.write(systick.VAL, 5)
    timer.write(systick.CTRL, 1)
    host.cycles = 300
    assert timer.read(systick.VAL) == 700
    assert not timer.read(systick.CTRL) >> 16
    host.cycles = 2500
    assert timer.read(systick.CTRL) >> 16 == 1
    assert timer.read(systick.CTRL) >> 16 == 0


def test_systick_becomes_pending_once_per_wrap(devices, host):
    timer, control = devices["SYSTICK"], devices["SCB"]
    timer.write(systick.LOAD, 999)
    timer.write(systick.CTRL, systick.ENABLE)
    assert timer.next_expiry() == float("inf")
    timer.write(systick.CTRL, systick.ENABLE | systick.TICKINT)
    assert timer.next_expiry() == 1000 and host.looks == 1
    host.cycles = 999
    timer.poll(host.cycles)
    assert control.pending() == []
    host.cycles = 2500
    timer.poll(host.cycles)
    assert control.pending() == [15] and timer.next_expiry() == 3000
    control.write(scb.ICSR, 1 << 25)
    timer.poll(host.cycles)
    assert control.pending() == []


def test_uart_asks_for_its_interrupt_while_there_is_input(devices):
    uart = devices["USART2"]
    uart.write(usart.CR1, 0b1101 | 1 << 5)
    assert not uart.interrupt_line()
    uart.send(b"x")
    assert uart.interrupt_line()
    uart.read(usart.RDR)
    assert not uart.interrupt_line()


def test_cycle_counter_needs_both_enables_and_can_be_set(devices, host):
    dwt, debug = devices["DWT"], devices["DCB"]
    host.cycles = 100
    dwt.write(0x00, 1)
    assert dwt.read(0x04) == 0
    debug.write(0x0C, 1 << 24)
    dwt.write(0x04, 0)
    host.cycles = 142
    assert dwt.read(0x04) == 42
    dwt.write(0x00, 0)
    host.cycles = 200
    assert dwt.read(0x04) == 42


def test_missing_register_is_a_key_error(devices):
    with pytest.raises(KeyError):
        devices["PWR"].read(0x3C)
    with pytest.raises(KeyError):
        devices["PWR"].write(0x3C, 1)
