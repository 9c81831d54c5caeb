"""The firmware on a bench, under MicroPython: a chip that moves, a host that listens.

Time is the bench's own. Everything that happened is printed at once, a line each: what it is, in
which part of the run, and the bytes or numbers. A board has little memory: nothing is gathered.
"""

import struct

import bluetooth
import imuhip_packets as packets
import imuhip_sensor
import machine
import main

main.board.BATTERY_PIN = 2
PERIOD_US = 4808  # 208 Hz
START_TICKS = (1 << 30) - 300_000  # ticks_us wraps soon: its period is 2**30

now_us = 0


def ticks():
    return (START_TICKS + now_us) & ((1 << 30) - 1)


imuhip_sensor.ticks_us = ticks


class Ready(Exception):
    pass


def build():
    """The firmware as `main.py` puts it together, up to its loop."""
    kept = []

    class Kept(imuhip_sensor.Sensor):
        def step(self):
            kept.append(self)
            raise Ready

    main.Sensor = Kept
    try:
        main.main()
    except Ready:
        pass
    sensor = kept[0]
    return lambda: imuhip_sensor.Sensor.step(sensor)


def sample(k):
    """Sample k in the chip's order, with some at the ends of the range."""
    values = [(37 * k + 5003 * i) % 65536 - 32768 for i in range(6)]
    if k % 7 == 0:
        values[k % 6] = 32767
    print("sample", now_us, *values)
    machine.CHIP.sample(struct.pack("<6h", *values))


def stream(step, first, count, every=1):
    """Samples from `first` on; the firmware gets its turn after every so many."""
    global now_us
    for k in range(first, first + count):
        now_us += PERIOD_US
        sample(k)
        if k % every == every - 1:
            for _ in range(4):
                now_us += 50
                step()
            now_us -= 200


def tell(radio, part):
    """Print what was sent since, and the config."""
    control = radio.handle_of(packets.CONTROL_UUID)
    for handle, value in radio.sent:
        print("answer" if handle == control else "packet", part, value.hex())
    radio.sent = []
    print("config", part, radio.gatts_read(radio.handle_of(packets.CONFIG_UUID)).hex())


def start(step, radio, rate_hz, mtu):
    radio.event(1, (1, 0, b""))
    if mtu:
        radio.event(21, (1, mtu))
    radio.write(packets.CONTROL_UUID, bytes((1, rate_hz & 0xFF, rate_hz >> 8)))
    step()


step = build()
radio = bluetooth.BLE.only

start(step, radio, 200, 247)
stream(step, 0, 80)
tell(radio, "plain")
stream(step, 80, 80, every=27)  # the loop is late: more than one packet waits
tell(radio, "late")
radio.full = True
stream(step, 160, 240)
radio.full = False
stream(step, 400, 16)
tell(radio, "full")
stream(step, 416, 504, every=500)  # longer than the FIFO holds
stream(step, 920, 40)
tell(radio, "overrun")
radio.write(packets.CONTROL_UUID, bytes((1, 77, 0)))
step()
radio.write(packets.CONTROL_UUID, b"\x09")
step()
radio.write(packets.CONTROL_UUID, b"\x00")
step()
stream(step, 960, 20)
tell(radio, "stopped")
radio.event(2, (1, 0, b""))
step()
start(step, radio, 100, 0)
stream(step, 980, 10)
tell(radio, "small")
radio.event(2, (1, 0, b""))
step()
stream(step, 990, 20)
tell(radio, "gone")
for interval_us, data, more in radio.advertised:
    print("advertised", interval_us, data.hex(), more.hex())
print("battery", main.battery_level(), radio.gatts_read(radio.handle_of(0x2A19)).hex())
for register, value in machine.CHIP.registers.items():
    print("register", register, value)
