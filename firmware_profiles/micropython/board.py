"""Pins and axes of this board: the one file to edit.

As it stands: Seeed Studio XIAO ESP32C3 with an LSM6DS3TR-C breakout board, wired as on the page
docs/makers/build.md.
"""

SDA = 6  # D4
SCL = 7  # D5
INT1 = 5  # D3
I2C_ADDRESS = 0x6A  # 0x6B where the breakout's address pin is tied high
I2C_HZ = 400_000

AXES = ((0, 1), (1, 1), (2, 1))
"""For x, y, z printed on the case: which axis of the chip, and its sign. Keep it right-handed."""

BATTERY_PIN = None
"""ADC pin behind two equal resistors from the battery, such as 2 (A0); None without them."""

HARDWARE = "XIAO ESP32C3, LSM6DS3TR-C"
