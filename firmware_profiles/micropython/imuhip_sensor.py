"""An imuhip reference sensor: a six-axis chip, a radio, and the loop between them.

The interrupt of the chip's FIFO is stamped at once and does nothing else; `step` reads, packs and
sends. Radio events are kept and handled in `step` too, so that everything happens in one order.
"""

from time import ticks_diff, ticks_us

import bluetooth
import imuhip_packets as packets

FIRMWARE = "imuhip MicroPython 1.0"

CENTRAL_CONNECT = 1  # events of the bluetooth module
CENTRAL_DISCONNECT = 2
GATTS_WRITE = 3
MTU_EXCHANGED = 21

MTU_WANTED = 247
MTU_AT_FIRST = 23
FAST_US = 50_000  # between advertisements, for the first half minute
SLOW_US = 500_000
FAST_FOR_US = 30_000_000
QUEUE = 16  # packets that wait for the radio: 0.6 s at 200 Hz and 8 samples a packet
SILENCE_PACKETS = 4  # nothing for as long as these take: look whether an interrupt was missed
RATE_SMOOTHING = 16  # packets over which the chip's own rate is averaged

FLAGS = b"\x02\x01\x06"  # generally discoverable, no BR/EDR
ALL_UUIDS_128 = 0x07
WHOLE_NAME = 0x09
SERVICE_DATA_16 = 0x16

BATTERY_SERVICE = bluetooth.UUID(0x180F)
BATTERY_LEVEL = bluetooth.UUID(0x2A19)
DEVICE_SERVICE = bluetooth.UUID(0x180A)
SERIAL, FIRMWARE_REVISION, HARDWARE_REVISION = (bluetooth.UUID(u) for u in (0x2A25, 0x2A26, 0x2A27))
SERVICE = bluetooth.UUID(packets.SERVICE_UUID)


def field(kind, value):
    """A field of an advertisement."""
    return bytes((len(value) + 1, kind)) + value


class Clock:
    """Microseconds since the start, wrapping at 2**32; `ticks_us` itself wraps at 2**30.

    Must be asked at least every four minutes, as the loop does.
    """

    def __init__(self):
        self._ticks = ticks_us()
        self._us = 0

    def at(self, ticks):
        """Time of a value of `ticks_us`, now or a little earlier."""
        return (self._us + ticks_diff(ticks, self._ticks)) & packets.WRAP_U32

    def now(self):
        """Time now."""
        ticks = ticks_us()
        self._us = self.at(ticks)
        self._ticks = ticks
        return self._us


class Sensor:
    """Everything between the chip and the host."""

    def __init__(self, chip, interrupt, hardware, battery=None):
        """Start advertising.

        chip       with begin, end, waiting, clear, read, as in lsm6ds3.py
        interrupt  the pin its FIFO's threshold raises, and the edge: (Pin, Pin.IRQ_RISING)
        battery    gives percent when called; None where it is not measured
        """
        self._chip = chip
        self._battery = battery
        self._clock = Clock()
        self._events = []
        self._link = None
        self._mtu = MTU_AT_FIRST
        self._rate_hz = 0
        self._edge = None
        self._queue = []
        pin, edge = interrupt
        pin.irq(self._on_edge, edge)
        self._ble = bluetooth.BLE()
        self._ble.active(True)
        self._ble.config(mtu=MTU_WANTED)
        self._ble.irq(self._on_radio)
        self._serial = "{:02X}{:02X}".format(*self._ble.config("mac")[1][-2:])
        self._register(hardware)
        self._advertise(FAST_US)

    def step(self):
        """Do what there is to do, and return; called again and again."""
        now = self._clock.now()
        while self._events:
            self._obey(*self._events.pop(0))
        if self._rate_hz:
            self._sample(now)
        self._send()
        waited_us = (now - self._advertising_since) & packets.WRAP_U32
        if self._link is None and self._interval == FAST_US and waited_us > FAST_FOR_US:
            self._advertise(SLOW_US)

    # --- the radio ---------------------------------------------------------------------------

    def _register(self, hardware):
        read, notify, write = bluetooth.FLAG_READ, bluetooth.FLAG_NOTIFY, bluetooth.FLAG_WRITE
        own = (
            (bluetooth.UUID(packets.DATA_UUID), notify),
            (bluetooth.UUID(packets.CONTROL_UUID), write | notify),
            (bluetooth.UUID(packets.CONFIG_UUID), read),
        )
        about = ((SERIAL, read), (FIRMWARE_REVISION, read), (HARDWARE_REVISION, read))
        services = [(SERVICE, own), (DEVICE_SERVICE, about)]
        if self._battery is not None:
            services.append((BATTERY_SERVICE, ((BATTERY_LEVEL, read | notify),)))
        handles = self._ble.gatts_register_services(services)
        self._data, self._control, self._config = handles[0]
        for handle, text in zip(handles[1], (self._serial, FIRMWARE, hardware)):
            self._ble.gatts_write(handle, text.encode())
        self._level = handles[2][0] if self._battery is not None else None
        self._tell_config()

    def _advertise(self, interval_us):
        self._interval = interval_us
        self._advertising_since = self._clock.now()
        data = FLAGS + field(ALL_UUIDS_128, bytes(SERVICE))
        more = field(WHOLE_NAME, ("imuhip " + self._serial).encode())
        if self._battery is not None:
            level = bytes((self._battery(),))
            self._ble.gatts_write(self._level, level)
            more += field(SERVICE_DATA_16, bytes(BATTERY_SERVICE) + level)
        self._ble.gap_advertise(interval_us, adv_data=data, resp_data=more)

    def _on_radio(self, event, data):
        """Keep what the radio says; `data` is valid only now."""
        if event == GATTS_WRITE:
            if data[1] == self._control:
                self._events.append((event, data[0], bytes(self._ble.gatts_read(self._control))))
        elif event == MTU_EXCHANGED:
            self._events.append((event, data[0], data[1]))
        elif event in (CENTRAL_CONNECT, CENTRAL_DISCONNECT):
            self._events.append((event, data[0], None))

    def _obey(self, event, link, what):
        if event == CENTRAL_CONNECT:
            self._link, self._mtu = link, MTU_AT_FIRST
        elif event == MTU_EXCHANGED:
            self._mtu = what
            self._tell_config()
        elif event == CENTRAL_DISCONNECT:
            self._stop()
            self._link = None
            self._advertise(FAST_US)
        elif what:
            done = self._command(packets.parse_control(what))
            self._ble.gatts_notify(link, self._control, packets.encode_answer(what, done))

    def _command(self, command):
        """Start or stop; says whether it was done."""
        if command is None:
            return False
        kind, rate_hz = command
        if kind == packets.STOP:
            self._stop()
            return True
        if rate_hz not in packets.RATES_HZ:
            return False
        self._start(rate_hz)
        return True

    def _send(self):
        """Hand packets to the radio until it takes no more."""
        while self._queue and self._link is not None:
            try:
                self._ble.gatts_notify(self._link, self._data, self._queue[0])
            except OSError:  # its buffers are full: later
                return
            self._queue.pop(0)

    def _tell_config(self):
        config = packets.encode_config(packets.samples_that_fit(self._mtu), self._rate_hz)
        self._ble.gatts_write(self._config, config)

    # --- the chip ----------------------------------------------------------------------------

    def _on_edge(self, pin):
        self._edge = ticks_us()

    def _start(self, rate_hz):
        self._stop()
        self._per_packet = packets.samples_that_fit(self._mtu)
        self._period_us = 1e6 / self._chip.begin(rate_hz, self._per_packet)
        self._rate_hz = rate_hz
        self._counter = 0
        self._behind = False
        self._last_us = self._clock.now()
        self._last_was_edge = False
        if self._battery is not None:
            self._ble.gatts_write(self._level, bytes((self._battery(),)))
        self._tell_config()

    def _stop(self):
        if self._rate_hz:
            self._chip.end()
        self._rate_hz = 0
        self._edge = None
        self._queue = []
        self._tell_config()

    def _sample(self, now):
        """Make a packet of what the chip has ready."""
        if self._edge is not None:
            stamp, from_edge = self._clock.at(self._edge), True
        elif self._behind:  # more than a packet waited, so no edge came for this one
            stamp, from_edge = self._last_us + round(self._per_packet * self._period_us), False
        else:
            self._look_for_a_missed_edge(now)
            return
        waiting = self._chip.waiting()
        if waiting < 0:
            self._run_over(now)
            return
        self._edge = None
        counts = self._chip.read(self._per_packet)
        if self._edge is None:
            self._behind = self._chip.waiting() >= self._per_packet
        self._learn_period(stamp, from_edge)
        self._last_us, self._last_was_edge = stamp & packets.WRAP_U32, from_edge
        if len(self._queue) < QUEUE:  # else the newest is dropped, and counted all the same
            self._queue.append(packets.encode_packet(self._counter, self._last_us, counts))
        self._counter = (self._counter + 1) & packets.WRAP_U32

    def _learn_period(self, stamp, from_edge):
        """Average the chip's own period over packets with stamps of their own."""
        if from_edge and self._last_was_edge:
            seen = ((stamp - self._last_us) & packets.WRAP_U32) / self._per_packet
            self._period_us += (seen - self._period_us) / RATE_SMOOTHING

    def _look_for_a_missed_edge(self, now):
        packet_us = self._per_packet * self._period_us
        if (now - self._last_us) & packets.WRAP_U32 < SILENCE_PACKETS * packet_us:
            return
        waiting = self._chip.waiting()
        if waiting < 0:
            self._run_over(now)
        elif waiting >= self._per_packet:
            self._behind = True
            self._last_us = (now - round(waiting * self._period_us)) & packets.WRAP_U32

    def _run_over(self, now):
        """The FIFO lost samples: begin anew, and count the packets that they would have been."""
        lost_us = (now - self._last_us) & packets.WRAP_U32
        self._counter += max(1, round(lost_us / (self._per_packet * self._period_us)))
        self._edge, self._behind, self._last_was_edge = None, False, False
        self._chip.clear()
        self._last_us = now
