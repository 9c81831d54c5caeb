"""How often equal sides, and unchanged days, are called different.

`python tests/benchmarks/bench_sides.py [DRAWS]`
"""

import sys

import numpy as np

from imuhip.assess.symmetry import (
    START_DAY_ERROR,
    Difference,
    Measured,
    change,
    day_error,
    side_difference,
)
from imuhip.assess.waveforms import PHASES, side_band

SEED = 20_000  # nothing was developed on it


def main() -> None:
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    rng = np.random.default_rng(SEED)
    print(f"{draws} draws; shares in per cent")
    print(f"{'case':52} {'real':>6} {'possible':>9} {'none':>6}")
    for sd in (1.0, 3.0, 6.0):
        pairs = 10.0 + sd * rng.standard_normal((draws, 2))
        found = [side_difference(Measured(a, sd), Measured(b, sd)) for a, b in pairs]
        _row(f"equal sides, {sd:.0f}° of error a side", found)
    shared = _with_shared_pelvis(rng, draws)
    _row("equal sides at depth, 3.3° a side, shared pelvis axis", shared)
    for sessions in (0, 3, 5, 10):
        found = [_unchanged(rng, sessions) for _ in range(draws)]
        _row(f"unchanged between days, {sessions} own sessions", found)
    for n in (6, 8, 12):
        sets = draws // 4
        beyond = sum(_band_beyond(rng, n) for _ in range(sets))
        share = 100 * beyond / sets
        print(f"{f'equal waveforms, {n} repetitions: a phase beyond the band':52} {share:6.1f}")


def _row(case: str, found: list[Difference]) -> None:
    words = [each.word for each in found]
    shares = (words.count(w) for w in ("real", "possible", "no detectable difference"))
    real, possible, none = (100 * count / len(words) for count in shares)
    print(f"{case:52} {real:6.2f} {possible:9.2f} {none:6.2f}")


def _with_shared_pelvis(rng: np.random.Generator, draws: int) -> list[Difference]:
    common, own = 3.2, float(np.sqrt(3.3**2 - 3.2**2))
    found = []
    for axis, left, right in rng.standard_normal((draws, 3)):
        sides = (
            Measured(10.0 + s * common * axis + own * e, 3.3) for s, e in ((1, left), (-1, right))
        )
        found.append(side_difference(*sides, covariance=-(common**2)))
    return found


def _unchanged(rng: np.random.Generator, sessions: int) -> Difference:
    def session() -> list[float]:
        day = START_DAY_ERROR.between_sd * rng.standard_normal()
        return (25.0 + day + START_DAY_ERROR.within_sd * rng.standard_normal(6)).tolist()

    return change(session(), session(), day_error([session() for _ in range(sessions)]))


def _band_beyond(rng: np.random.Generator, n: int) -> bool:
    def curves() -> np.ndarray:
        offset, slope = 2.0 * rng.standard_normal((2, n, 1))
        return 10.0 * PHASES + offset + slope * PHASES

    band = side_band(curves(), curves(), paired=True)
    return band is not None and bool(band.beyond.any())


if __name__ == "__main__":
    main()
