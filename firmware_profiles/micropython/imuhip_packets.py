"""The bytes of the open reference format, for MicroPython.

The same format as `imuhip_reference.h` writes in C; docs/reference_sensor.md explains it.
Plain bytes in, plain bytes out: no board, no radio, no clock.
"""

import struct

FORMAT_VERSION = 1

SERVICE_UUID = "49940001-b8d2-418c-9313-3845df04f39f"
DATA_UUID = "49940002-b8d2-418c-9313-3845df04f39f"
CONTROL_UUID = "49940003-b8d2-418c-9313-3845df04f39f"
CONFIG_UUID = "49940004-b8d2-418c-9313-3845df04f39f"

RATES_HZ = (50, 100, 200, 400)
ACC_RANGE_G = 16
GYR_RANGE_DEG_S = 2000

HEADER_SIZE = 8  # u32 packet counter, u32 microseconds of the last sample
SAMPLE_SIZE = 12  # six i16
NOTIFY_OVERHEAD = 3  # of a notification, within the ATT MTU
MOST_SAMPLES = 8  # in a packet, which is then 104 bytes

STOP = 0
START = 1
DONE = 0
REFUSED = 1

WRAP_U32 = 0xFFFFFFFF


def rescale(value, numerator, denominator):
    """A chip's count as a count of this format: rounded to the nearest, clipped to the range.

    Clipped values are the ends of the range, by which imuhip sees saturation. 0 < `denominator`.
    """
    product = value * numerator
    half = denominator // 2
    result = (abs(product) + half) // denominator
    if product < 0:
        result = -result
    return max(-32768, min(32767, result))


def samples_that_fit(att_mtu):
    """How many samples a packet holds at this ATT MTU: 1 at 23, MOST_SAMPLES at 107 and more."""
    fit = (att_mtu - NOTIFY_OVERHEAD - HEADER_SIZE) // SAMPLE_SIZE
    return max(0, min(MOST_SAMPLES, fit))


def encode_packet(counter, last_us, counts):
    """A packet of samples.

    counter  packets from the start of streaming, those not sent included; wraps at 2**32
    last_us  time of the last sample in microseconds; wraps at 2**32
    counts   acc x y z, gyr x y z of each sample, the oldest first: 6 N whole numbers
    """
    packet = bytearray(HEADER_SIZE + 2 * len(counts))
    struct.pack_into("<II", packet, 0, counter & WRAP_U32, last_us & WRAP_U32)
    struct.pack_into(f"<{len(counts)}h", packet, HEADER_SIZE, *counts)
    return packet


def encode_config(per_packet, rate_hz):
    """The value of the config characteristic."""
    return struct.pack("<BBHHH", FORMAT_VERSION, per_packet, rate_hz, ACC_RANGE_G, GYR_RANGE_DEG_S)


def parse_control(written):
    """What was written to the control characteristic: (START, rate), (STOP, 0), or None."""
    if len(written) == 1 and written[0] == STOP:
        return STOP, 0
    if len(written) == 3 and written[0] == START:
        return START, written[1] | written[2] << 8
    return None


def encode_answer(written, done):
    """The answer to what was written, to be notified on the control characteristic."""
    return bytes((written[0], DONE if done else REFUSED))
