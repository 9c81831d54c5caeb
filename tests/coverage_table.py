"""Prints how much of each package the tests ran, by branches: `make coverage`.

Reads what ``coverage json`` wrote; lines that no test ran follow below the table.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path

LEAST = 95.0
"""Per cent of the branches of a package."""


def main(path: Path) -> int:
    """Print the table, and end with 1 where a package is below `LEAST`."""
    files = json.loads(path.read_text(encoding="utf-8"))["files"]
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for name, file in files.items():
        found = file["summary"]
        counts = ("num_statements", "covered_lines", "num_branches", "covered_branches")
        for i, count in enumerate(counts):
            sums[str(Path(name).parent)][i] += found[count]
    print("| package | statements | run | branches | run |\n| --- | ---: | ---: | ---: | ---: |")
    below = 0
    for package, (statements, run, branches, taken) in sorted(sums.items()):
        share = 100.0 * taken / max(branches, 1)
        below += share < LEAST
        print(
            f"| {package} | {statements} | {100.0 * run / max(statements, 1):.1f} % | {branches} "
            f"| {share:.1f} % |"
        )
    for name, file in sorted(files.items()):
        if lost := [*file["missing_lines"], *(way[0] for way in file["missing_branches"])]:
            print(f"{name}: {', '.join(map(str, sorted(set(lost))))}")
    return int(below > 0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
