"""A board's `machine` module as far as the firmware needs it, with an LSM6DS3TR-C on its bus.

Runs under MicroPython. The chip's registers are those of ST's datasheet; its samples come from the
test, one at a time, by `sample`.
"""

FIFO_BYTES = 4096
SAMPLE_BYTES = 12


class LSM6DS3:
    """Registers, FIFO, threshold and overrun; the gyroscope stands before the accelerometer."""

    def __init__(self):
        self.registers = {0x0F: 0x6A, 0x0A: 0, 0x10: 0, 0x11: 0, 0x12: 0x04, 0x0D: 0}
        self.fifo = bytearray()
        self.overrun = False
        self.raised = False
        self.pin = None
        self.before_read_ends = None

    def write(self, register, value):
        if register == 0x12:
            value &= ~0x01  # a reset is over at once
        self.registers[register] = value
        if register == 0x0A and value & 7 == 0:
            self.fifo, self.overrun, self.raised = bytearray(), False, False

    def read(self, register, count):
        if register == 0x3A:
            words = len(self.fifo) // 2
            return bytes((words & 0xFF, (words >> 8) & 7 | (0x40 if self.overrun else 0)))
        if register == 0x3E:
            out, self.fifo = bytes(self.fifo[:count]), self.fifo[count:]
            self._threshold()
            if self.before_read_ends is not None:
                self.before_read_ends()
            return out
        return bytes((self.registers[register],))

    def sample(self, raw):
        """A new sample, as the chip writes it: gyr x y z, acc x y z, little-endian."""
        if self.registers[0x0A] & 7 != 6 or self.registers[0x08] != 0x09:
            return
        self.fifo += raw
        if len(self.fifo) > FIFO_BYTES:
            self.fifo, self.overrun = self.fifo[SAMPLE_BYTES:], True
        self._threshold()

    def _threshold(self):
        words = self.registers[0x06] | (self.registers[0x07] & 7) << 8
        high = len(self.fifo) // 2 >= words
        if high and not self.raised and self.registers[0x0D] & 8:
            self.pin.handler(self.pin)
        self.raised = high


CHIP = LSM6DS3()


class I2C:
    def __init__(self, number, sda, scl, freq):
        assert freq <= 400_000

    def readfrom_mem(self, address, register, count):
        assert address == 0x6A
        return CHIP.read(register, count)

    def readfrom_mem_into(self, address, register, into):
        into[:] = self.readfrom_mem(address, register, len(into))

    def writeto_mem(self, address, register, data):
        assert (address, len(data)) == (0x6A, 1)
        CHIP.write(register, data[0])


class Pin:
    IN = 0
    IRQ_RISING = 1

    def __init__(self, number, mode=None):
        self.handler = None

    def irq(self, handler, trigger):
        assert trigger == Pin.IRQ_RISING
        self.handler = handler
        CHIP.pin = self


class ADC:
    ATTN_11DB = 3

    def __init__(self, pin, atten):
        pass

    def read_uv(self):
        return 1_900_000


def idle():
    pass
