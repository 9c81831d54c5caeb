"""Pairwise clock error of two sensors over simulated links, as the stage is used: causal.

Ten minutes, crystals within ±40 ppm, connection events, repeats, stalls of 20 to 150 ms; the seeds
tuned nothing. `python tests/benchmarks/bench_clocks.py [SEEDS]`
"""

import sys
from dataclasses import dataclass

import numpy as np

from imuhip.estimate.clocks import Clock, Source
from imuhip.records import DecodedBlock
from imuhip.simulate.radio import Radio, arrivals

DURATION_S, SETTLED_S = 600.0, 30.0
FIRST_SEED = 7000


@dataclass(frozen=True)
class Link:
    """A link and its targets; `repeats` is the share of connection events that fail."""

    rate_hz: float
    per_packet: int
    interval_s: float
    repeats: float
    stamped: bool = True
    p95_ms: float = 2.0
    max_ms: float = 5.0

    def __str__(self) -> str:
        batch = f" in {self.per_packet}s" if self.per_packet > 1 else ""
        kind = "" if self.stamped else ", no stamps"
        return f"{self.rate_hz:g} Hz{batch}, {1e3 * self.interval_s:g} ms, {self.repeats:.0%}{kind}"


LINKS = (
    Link(60.0, 1, 0.015, 0.05),
    Link(60.0, 1, 0.015, 0.30),
    Link(60.0, 1, 0.030, 0.05),
    Link(60.0, 1, 0.030, 0.30),
    Link(104.0, 8, 0.030, 0.05),
    Link(104.0, 8, 0.030, 0.30),
    Link(100.0, 1, 0.015, 0.05, max_ms=np.inf, p95_ms=5.0),
    Link(100.0, 1, 0.030, 0.05, max_ms=np.inf, p95_ms=5.0),
    Link(100.0, 1, 0.030, 0.30, max_ms=np.inf, p95_ms=5.0),
    Link(100.0, 1, 0.015, 0.05, stamped=False, p95_ms=np.inf, max_ms=np.inf),
)


def run(link: Link, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Error and reported residual at every tenth of a second of one sensor's own time."""
    rng = np.random.default_rng(seed)
    ppm = rng.uniform(-40.0, 40.0)
    period = 1.0 / link.rate_hz / (1.0 + 1e-6 * ppm)
    count = int(DURATION_S * link.rate_hz) // link.per_packet * link.per_packet
    true = rng.uniform(0.0, period) + period * np.arange(count)
    newest = true[link.per_packet - 1 :: link.per_packet]
    radio = Radio(link.interval_s, repeat_rate=link.repeats, stalls_per_min=6.0)
    came = arrivals(rng, radio, newest)
    device_us = np.floor(1e6 * np.arange(count) / link.rate_hz + rng.uniform(0, 4e9)) % 2.0**32
    stamps = np.repeat(device_us[link.per_packet - 1 :: link.per_packet], link.per_packet)
    source = (
        Source(1e-6, 32, False, link.rate_hz)
        if link.stamped
        else Source(None, 0, False, link.rate_hz)
    )
    clock = Clock("pelvis", source)
    times, residuals = [], []
    step = max(1, round(0.1 * link.rate_hz / link.per_packet))
    for first in range(0, len(newest), step):
        stop = min(first + step, len(newest))
        n = (stop - first) * link.per_packet
        whole = slice(first * link.per_packet, stop * link.per_packet)
        nothing = np.zeros((n, 3))
        block = DecodedBlock(
            row=np.repeat(np.arange(stop - first), link.per_packet),
            ticks=stamps[whole] if link.stamped else None,
            index=np.tile(np.arange(link.per_packet) - (link.per_packet - 1), stop - first)
            if link.stamped
            else np.tile(np.arange(link.per_packet), stop - first),
            counter=None,
            acc=nothing,
            gyr=nothing,
            mag=None,
            quat=None,
            saturated=np.zeros(n, dtype=np.bool_),
        )
        samples, _ = clock.push(block, came[first:stop])
        times.append(samples.t)
        residuals.append(np.full(len(samples.t), getattr(clock, "residual_s", np.nan)))
    error = np.concatenate(times) - true
    grid = np.arange(0.5, true[-1] - 0.5, 0.1)
    return np.interp(grid, true, error), np.interp(grid, true, np.concatenate(residuals))


def main() -> None:
    """Print the table."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    print(f"{seeds} pairs of sensors a link; ms; covered: share of times the residual is larger")
    print(
        f"{'link':34} {'p50':>6} {'p95':>6} {'max':>6} | {'first 30 s p95':>14} {'max':>6} "
        f"| {'residual':>8} {'covered':>8}"
    )
    for link in LINKS:
        later, early, told, covered = [], [], [], []
        for seed in range(seeds):
            (a, ra), (b, rb) = (run(link, FIRST_SEED + 2 * seed + k) for k in (0, 1))
            n = min(len(a), len(b))
            apart = 1e3 * np.abs(a[:n] - b[:n])
            cut = int(SETTLED_S / 0.1)
            later.append(apart[cut:])
            early.append(apart[:cut])
            both = 1e3 * (ra[:n] + rb[:n])
            told.append(both[cut:])
            covered.append(apart[cut:] <= both[cut:])
        settled, first = np.concatenate(later), np.concatenate(early)
        p50, p95 = np.percentile(settled, (50, 95))
        met = "" if p95 < link.p95_ms and settled.max() < link.max_ms else "  above the target"
        print(
            f"{link!s:34} {p50:6.2f} {p95:6.2f} {settled.max():6.2f} | "
            f"{np.percentile(first, 95):14.2f} {first.max():6.2f} | "
            f"{np.median(np.concatenate(told)):8.2f} {np.mean(np.concatenate(covered)):8.1%}{met}"
        )


if __name__ == "__main__":
    main()
