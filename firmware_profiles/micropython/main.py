"""Runs when the board starts: an imuhip reference sensor, until the power goes.

Copy all files of this folder to the board; docs/makers/build.md says how.
"""

import board
from imuhip_sensor import Sensor
from lsm6ds3 import Chip
from machine import ADC, I2C, Pin, idle

EMPTY_UV, FULL_UV = 3_300_000, 4_150_000  # a lithium cell at rest
AVERAGED = 16  # readings


def battery_level():
    """Percent of the battery, by its voltage behind two equal resistors; sending disturbs it."""
    pin = ADC(Pin(board.BATTERY_PIN), atten=ADC.ATTN_11DB)
    cell_uv = 2 * sum(pin.read_uv() for _ in range(AVERAGED)) // AVERAGED
    percent = 100 * (cell_uv - EMPTY_UV) // (FULL_UV - EMPTY_UV)
    return max(0, min(100, percent))


def main():
    """Put the parts together, and run."""
    i2c = I2C(0, sda=Pin(board.SDA), scl=Pin(board.SCL), freq=board.I2C_HZ)
    sensor = Sensor(
        Chip(i2c, board.I2C_ADDRESS, board.AXES),
        (Pin(board.INT1, Pin.IN), Pin.IRQ_RISING),
        board.HARDWARE,
        None if board.BATTERY_PIN is None else battery_level,
    )
    while True:
        sensor.step()
        idle()


if __name__ == "__main__":
    main()
