"""Pairwise clock error of two sensors over simulated links, as the stage is used: causal.

Ten minutes, crystals within ±40 ppm, connection events, repeats, stalls of 20 to 150 ms; the seeds
tuned nothing. `python tests/benchmarks/bench_clocks.py [SEEDS]`

The column ``bound`` is what nobody can do better on such a link, for as many pairs as make it
certain. A sample leaves with the next connection event, so all that a host sees of a clock is which
sample went with which event: its time to one tooth of the comb that period and interval make. An
oracle is told the comb exactly, sees neither repeats nor stalls, and knows how crystals are spread.
It keeps all clocks (offset and rate) that would have sent every sample with the very events it went
with, and takes the mean of those: the estimate with the least mean square error there is.
"""

import sys
from dataclasses import dataclass

import numpy as np

from imuhip.core.records import DecodedBlock
from imuhip.estimate.clocks import Clock, Source
from imuhip.simulate.radio import Radio, arrivals

DURATION_S, SETTLED_S = 600.0, 30.0
FIRST_SEED = 7000
ORACLE_CLOCKS, ORACLE_PAIRS, ORACLE_STEP_S = 20_000, 150, 3.0


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


def bound_ms(link: Link, rng: np.random.Generator) -> tuple[float, float]:
    """Median and 95 % of the pairwise error of an oracle."""
    comb_s = _comb_s(link.per_packet / link.rate_hz, link.interval_s)
    t = np.arange(0.0, DURATION_S, ORACLE_STEP_S)
    rates = rng.uniform(-40e-6, 40e-6, ORACLE_CLOCKS)
    clocks = rng.uniform(0.0, comb_s, ORACLE_CLOCKS)[:, None] + rates[:, None] * t
    teeth = np.floor(clocks / comb_s).astype(np.int16)
    errors = []
    for _ in range(2 * ORACLE_PAIRS):
        truth = rng.uniform(0.0, comb_s) + rng.uniform(-40e-6, 40e-6) * t
        same = teeth == np.floor(truth / comb_s).astype(np.int16)
        possible = np.logical_and.accumulate(same, axis=1)
        count = possible.sum(axis=0)
        mean = np.where(possible, clocks, 0.0).sum(axis=0) / np.maximum(count, 1)
        errors.append(np.where(count > 0, mean - truth, 0.0)[t >= SETTLED_S])
    apart = 1e3 * np.abs(np.array(errors[::2]) - np.array(errors[1::2]))
    return float(np.percentile(apart, 50)), float(np.percentile(apart, 95))


def _comb_s(period_s: float, interval_s: float) -> float:
    """Spacing of the delays that samples of a period meet at events of an interval."""
    late = np.sort(-(np.arange(60) * period_s) % interval_s)
    steps = np.diff(late)
    return float(steps[steps > 1e-5].min())


def main() -> None:
    """Print the table."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    print(f"{seeds} pairs of sensors a link; ms; covered: share of times the residual is larger")
    print(
        f"{'link':34} {'p50':>6} {'p95':>6} {'max':>6} | {'first 30 s p95':>14} {'max':>6} "
        f"| {'residual':>8} {'covered':>8} | {'bound p50':>9} {'p95':>5}"
    )
    rng = np.random.default_rng(FIRST_SEED)
    for link in LINKS:
        later, early, reported, covered = [], [], [], []
        for seed in range(seeds):
            (a, ra), (b, rb) = (run(link, FIRST_SEED + 2 * seed + k) for k in (0, 1))
            n = min(len(a), len(b))
            apart = 1e3 * np.abs(a[:n] - b[:n])
            cut = int(SETTLED_S / 0.1)
            later.append(apart[cut:])
            early.append(apart[:cut])
            both = 1e3 * (ra[:n] + rb[:n])
            reported.append(both[cut:])
            covered.append(apart[cut:] <= both[cut:])
        settled, first = np.concatenate(later), np.concatenate(early)
        p50, p95 = np.percentile(settled, (50, 95))
        least50, least95 = bound_ms(link, rng)
        met = "" if p95 < link.p95_ms and settled.max() < link.max_ms else "  above the target"
        print(
            f"{link!s:34} {p50:6.2f} {p95:6.2f} {settled.max():6.2f} | "
            f"{np.percentile(first, 95):14.2f} {first.max():6.2f} | "
            f"{np.median(np.concatenate(reported)):8.2f} {np.mean(np.concatenate(covered)):8.1%} | "
            f"{least50:9.2f} {least95:5.2f}{met}",
            flush=True,
        )


if __name__ == "__main__":
    main()
