"""Who worked how much meanwhile: this benchmark's processes, and what else the machine did."""

import os
from pathlib import Path

TICKS_S = os.sysconf("SC_CLK_TCK")


def used_s(**processes: int) -> dict[str, float]:
    """Processor seconds used so far.

    Parameters
    ----------
    processes
        Names and ids of processes of interest, each counted without its children.

    Returns
    -------
    dict
        One of each name; ``own``, this process with all below it; ``machine``, everything.
    """
    fields = Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
    ticks = [int(field) for field in fields]
    idle = ticks[3] + ticks[4]
    used = {name: _process(pid)[1] for name, pid in processes.items()}
    return used | {"own": _own(), "machine": (sum(ticks) - idle) / TICKS_S}


def shares(before: dict[str, float], after: dict[str, float], seconds: float) -> dict[str, float]:
    """Per cent of one core that each used between two readings; ``others`` is not ours."""
    found = {name: 100.0 * (after[name] - used) / seconds for name, used in before.items()}
    found["others"] = max(found.pop("machine") - found["own"], 0.0)
    return found


def _own() -> float:
    """Seconds of this process and of all that descend from it and still run."""
    parents, seconds = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)], seconds[int(entry.name)] = _process(int(entry.name))
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended meanwhile
    ours = {os.getpid()}
    grown = True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in ours} - ours
        ours |= more
        grown = bool(more)
    return sum(seconds.get(pid, 0.0) for pid in ours)


def _process(pid: int) -> tuple[int, float]:
    """Parent of a process, and the seconds that it has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[1]), (int(fields[11]) + int(fields[12])) / TICKS_S
