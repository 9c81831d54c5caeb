"""ST's LSM6DS3TR-C (and LSM6DS3) on I2C: samples from its FIFO, an interrupt when a packet is full.

Registers and fields are those of ST's datasheet of the LSM6DS3TR-C (DocID030071) and of ST's own
driver, github.com/STMicroelectronics/lsm6ds3tr-c-pid; ST's application note AN5130 describes the
FIFO. The LSM6DS3 has the same registers and answers 0x69.
"""

import struct
import time
from array import array

from imuhip_packets import rescale

FIFO_CTRL1 = 0x06  # threshold in words of 16 bits, low byte
FIFO_CTRL2 = 0x07  # threshold, high bits
FIFO_CTRL3 = 0x08  # what goes into the FIFO: gyroscope in bits 3-5, accelerometer in bits 0-2
FIFO_CTRL5 = 0x0A  # rate in bits 3-6, mode in bits 0-2
INT1_CTRL = 0x0D
WHO_AM_I = 0x0F
CTRL1_XL = 0x10  # accelerometer: rate in bits 4-7, range in bits 2-3
CTRL2_G = 0x11  # gyroscope: rate in bits 4-7, range in bits 1-3
CTRL3_C = 0x12
FIFO_STATUS1 = 0x3A  # unread words, low byte; FIFO_STATUS2 has the high bits and the overrun
FIFO_DATA_OUT_L = 0x3E

KNOWN = (0x6A, 0x69)  # answers to WHO_AM_I: LSM6DS3TR-C, LSM6DS3
SOFTWARE_RESET = 0x01  # CTRL3_C
BLOCK_UPDATE_AND_COUNT_UP = 0x44  # CTRL3_C: no sample is torn, registers count up in a burst
ACC_16_G = 0b01 << 2
GYR_2000_DEG_S = 0b110 << 1
BOTH_TO_FIFO = 0b001 << 3 | 0b001
CONTINUOUS = 0b110  # FIFO mode: the oldest sample is overwritten when it is full
THRESHOLD_ON_INT1 = 0x08
OVERRUN = 0x40  # FIFO_STATUS2
WORDS_HIGH = 0x07  # FIFO_STATUS2

RATES = {50: (0b0011, 52), 100: (0b0100, 104), 200: (0b0101, 208), 400: (0b0110, 416)}
"""Rate asked for: its code, and what the chip then gives."""

WORDS_A_SAMPLE = 6
BYTES_A_SAMPLE = 2 * WORDS_A_SAMPLE
GYR_SCALE = (3584, 3125)  # 70 mdeg/s a count to 2000 deg/s / 32768 a count
SETTLING_MS = 100  # the gyroscope's first samples after it is switched on are none


class Chip:
    """The chip, its axes turned into those printed on the case."""

    def __init__(self, i2c, address, axes):
        """Find and reset the chip.

        axes  for x, y, z of the case: which axis of the chip (0, 1, 2) and its sign (1 or -1)
        """
        self._i2c = i2c
        self._address = address
        self._axes = axes
        self._status = bytearray(2)
        who = i2c.readfrom_mem(address, WHO_AM_I, 1)[0]
        if who not in KNOWN:
            raise OSError(f"no LSM6DS3 at this address: WHO_AM_I says 0x{who:02x}")
        self._write(CTRL3_C, SOFTWARE_RESET)
        time.sleep_ms(1)
        self._write(CTRL3_C, BLOCK_UPDATE_AND_COUNT_UP)

    def begin(self, rate_hz, per_packet):
        """Sample; INT1 rises whenever `per_packet` samples wait. Returns the chip's own rate."""
        code, real_hz = RATES[rate_hz]
        words = per_packet * WORDS_A_SAMPLE
        self._write(FIFO_CTRL5, 0)
        self._write(CTRL1_XL, code << 4 | ACC_16_G)
        self._write(CTRL2_G, code << 4 | GYR_2000_DEG_S)
        time.sleep_ms(SETTLING_MS)
        self._write(FIFO_CTRL1, words & 0xFF)
        self._write(FIFO_CTRL2, words >> 8)
        self._write(FIFO_CTRL3, BOTH_TO_FIFO)
        self._write(INT1_CTRL, THRESHOLD_ON_INT1)
        self._write(FIFO_CTRL5, code << 3 | CONTINUOUS)
        return real_hz

    def end(self):
        """Stop sampling; the chip sleeps."""
        self._write(INT1_CTRL, 0)
        self._write(FIFO_CTRL5, 0)
        self._write(CTRL1_XL, 0)
        self._write(CTRL2_G, 0)

    def waiting(self):
        """How many samples wait in the FIFO; -1 where it ran over."""
        self._i2c.readfrom_mem_into(self._address, FIFO_STATUS1, self._status)
        low, high = self._status
        if high & OVERRUN:
            return -1
        return ((high & WORDS_HIGH) << 8 | low) // WORDS_A_SAMPLE

    def clear(self):
        """Throw away what waits, and go on."""
        mode = self._i2c.readfrom_mem(self._address, FIFO_CTRL5, 1)[0]
        self._write(FIFO_CTRL5, 0)
        self._write(FIFO_CTRL5, mode)

    def read(self, count):
        """The oldest samples, as counts of the reference format: acc x y z, gyr x y z of each."""
        raw = self._i2c.readfrom_mem(self._address, FIFO_DATA_OUT_L, count * BYTES_A_SAMPLE)
        words = struct.unpack(f"<{count * WORDS_A_SAMPLE}h", raw)
        counts = array("h", bytes(len(raw)))
        for first in range(0, len(words), WORDS_A_SAMPLE):
            for place in range(3):
                axis, sign = self._axes[place]
                gyr, acc = words[first + axis], words[first + 3 + axis]
                counts[first + place] = rescale(acc, sign, 1)
                counts[first + 3 + place] = rescale(gyr, sign * GYR_SCALE[0], GYR_SCALE[1])
        return counts

    def _write(self, register, value):
        self._i2c.writeto_mem(self._address, register, bytes((value,)))
