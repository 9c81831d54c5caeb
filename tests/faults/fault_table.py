"""Prints the fault table: what is injected, how often, the target, what was seen.

    python -m faults.fault_table [--share 0.1] [ROW …]        from the folder tests

``--share`` takes so much of each row's number; `make faults` runs all of it and ends with 1 when a
target is missed. A row is named by a part of its function's name.
"""

import argparse
import sys
import time
from collections.abc import Callable

from faults import rows
from faults.rows import Row, by_tests

TABLE: tuple[tuple[str, Callable[[int], Row], int], ...] = (
    ("drop_out_live", rows.drop_out_live, 40),
    ("drop_out_angles", rows.drop_out_angles, 20),
    ("computer_pauses", rows.computer_pauses, 20),
    ("sensor_dies", rows.sensor_dies, 40),
    ("doubled", rows.doubled, 12),
    (
        "wraps",
        by_tests(
            "copies, disorder, counters and stamps that wrap",
            "the bits of an undisturbed stream",
            "tests/estimate/test_sequence.py",
        ),
        1,
    ),
    ("wall_clock", rows.wall_clock, 12),
    (
        "shake",
        by_tests(
            "sensors 300 ms and 80 ppm apart, one shake",
            "aligned to ≤ 10 ms within 10 s, the rest reported",
            "tests/estimate/test_shake.py",
        ),
        1,
    ),
    (
        "stampless",
        by_tests(
            "another rate than declared; stalls; copies",
            "the rate measured, used and reported",
            "tests/estimate/test_stampless.py",
            "tests/estimate/test_clocks.py",
        ),
        1,
    ),
    ("stuck_values", rows.stuck_values, 30),
    (
        "plausibility",
        by_tests(
            "impossible, stuck, saturated values; axes that disagree",
            "a gap with a fault; what is plausible passes",
            "tests/estimate/test_plausibility.py",
        ),
        1,
    ),
    ("placement", rows.placement, 40),
    ("slips", rows.slips, 60),
    ("kills", rows.kills, 200),
    ("failing_disk", rows.failing_disk, 60),
    ("cut_files", rows.cut_files, 100_000),
    ("flipped_bits", rows.flipped_bits, 5000),
    (
        "hostile",
        by_tests(
            "hostile recordings",
            "refused or escaped, ≤ 200 MB, ≤ 2 s",
            "tests/recording/test_recording_hostile.py",
        ),
        1,
    ),
    ("soak", rows.soak, 120),
    ("seeds", rows.seeds, 500),
    (
        "network",
        by_tests(
            "foreign Host and Origin, slow, many and hostile viewers of the hub",
            "refused, bounded, no sample lost",
            "tests/live/test_hub.py",
            "tests/live/test_origin_check.py",
        ),
        1,
    ),
    ("at_rest", rows.at_rest, 5),
)
"""Name, row, and how often it is injected."""


def main() -> int:
    """Run the rows, and print each as it is done."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("rows", nargs="*", metavar="ROW")
    asked = parser.parse_args()
    sys.stdout.write("| fault | times | target | seen | |\n| --- | ---: | --- | --- | --- |\n")
    missed = 0
    for name, row, times in TABLE:
        if asked.rows and not any(word in name for word in asked.rows):
            continue
        started = time.perf_counter()
        done = row(max(1, round(times * asked.share)))
        missed += not done.met
        verdict = "met" if done.met else "**missed**"
        sys.stdout.write(
            f"| {done.fault} | {done.times} | {done.target} | {done.seen} | {verdict} |\n"
        )
        sys.stdout.flush()
        sys.stderr.write(f"{name}: {time.perf_counter() - started:.0f} s\n")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
