"""Seeds of the simulated collector, one after the other, as many as there is time for.

    python -m faults.soak SEEDS [FIRST]        from the folder tests

Ends with 1 when a seed came out wrong, and prints its story and how to see it again.
"""

import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import islice

from faults.auditor import audited_seed
from faults.story import story_of

BLOCK = 200
"""Seeds after which the workers are made anew, for none keeps what it took of the memory."""


def main() -> int:
    """Run them, with progress on standard error."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    started, wrong, simulated = time.perf_counter(), 0, 0.0
    numbers = iter(range(first, first + seeds))
    done = 0
    # A pool for each block: in CPython, one that renews its workers itself can stand still.
    while some := list(islice(numbers, BLOCK)):
        with ProcessPoolExecutor(os.cpu_count()) as pool:
            for seed, story, found in pool.map(audited_seed, some):
                done += 1
                simulated += story_of(seed).seconds
                if found:
                    wrong += 1
                    sys.stdout.write(f"\n{story}\n")
                    sys.stdout.writelines(f"  -> {each}\n" for each in found)
                    sys.stdout.write(f"  again: make soak FIRST={seed} SEEDS=1\n")
                    sys.stdout.flush()
                if done % 20 == 0 or done == seeds:
                    took = time.perf_counter() - started
                    sys.stderr.write(f"\r{done} of {seeds} seeds, {wrong} wrong, {took:.0f} s")
    hours = (time.perf_counter() - started) / 3600.0
    sys.stdout.write(
        f"\nseeds {first} to {first + seeds - 1}: {wrong} wrong; {simulated / 3600.0:.1f} h of "
        f"recording simulated in {hours:.2f} h\n"
    )
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
