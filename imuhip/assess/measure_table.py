"""What each measure is: unit, definition and source, for whoever shows its number."""

from dataclasses import dataclass
from typing import Final

from imuhip.core.conventions import HIP_ANGLES


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure.

    Parameters
    ----------
    name
        Its key in `Repetition.measures` and its column in ``repetitions.parquet``.
    unit
        ``deg``, ``s``, ``deg/s``, ``deg2`` or ``1``.
    title
        For people, a few words.
    definition
        One sentence.
    source
        Where the definition comes from.
    """

    name: str
    unit: str
    title: str
    definition: str
    source: str


_OWN = "this project; the boundaries are at 5 % of the peak speed"
_ISB = "Wu et al. 2002, doi:10.1016/S0021-9290(01)00222-6; zeroed to the athlete's own standing"
_SKIN = "Schache 2008, doi:10.1016/j.gaitpost.2007.01.001, and cameras (docs/method.md 7)"
_SPARC = "Balasubramanian et al. 2015, doi:10.1186/s12984-015-0090-9"


def _table() -> tuple[Measure, ...]:
    """The table, angle by angle where measures repeat."""
    table = [Measure(*row) for row in _ROWS]
    for angle in HIP_ANGLES:
        for where, place in (("bottom", "bottom"), ("end", "end range")):
            table += _with_errors(
                f"{angle}_{where}",
                f"hip {angle}, {place}",
                f"Mean hip {angle} over the {place} window (at least 0.1 s), against standing.",
            )
        table += _with_errors(
            f"{angle}_arc",
            f"{angle} arc",
            f"Hip {angle} at the bottom or end range minus its mean in the 0.3 s before the start.",
        )
        text = f"Greatest minus smallest hip {angle} from start to end."
        table.append(Measure(f"{angle}_range_deg", "deg", f"{angle} range", text, _ISB))
    for flexion in (60, 90, 120):
        table += _with_errors(
            f"rotation_at_{flexion}",
            f"rotation at {flexion}° of flexion",
            f"Hip rotation where hip flexion first passes {flexion}° on the way down.",
        )
    return tuple(table)


def _with_errors(stem: str, title: str, definition: str) -> list[Measure]:
    text = f"One standard deviation of the error of {stem}_deg,"
    alone, skin = f"{text} without soft tissue.", f"{text} with soft tissue: of the bone."
    return [
        Measure(f"{stem}_deg", "deg", title, definition, _ISB),
        Measure(f"{stem}_sd_deg", "deg", f"{title}, ±", alone, "the estimator's own covariance"),
        Measure(f"{stem}_sd_total_deg", "deg", f"{title}, ± with skin", skin, _SKIN),
    ]


_ROWS: Final = (
    ("duration_s", "s", "duration", "From start to end.", _OWN),
    ("descent_s", "s", "descent", "From start to the bottom window.", _OWN),
    ("bottom_s", "s", "bottom pause", "How long the bottom window lasts.", _OWN),
    ("ascent_s", "s", "ascent", "From the bottom window to the end.", _OWN),
    ("going_s", "s", "way to end range", "From start to the hold at end range.", _OWN),
    ("hold_s", "s", "hold", "How long the end range is held.", _OWN),
    (
        "tremor_deg_s",
        "deg/s",
        "unsteadiness of the hold",
        "Root mean square of the thigh's angular speed over the hold.",
        _OWN,
    ),
    (
        "pelvis_turn_most_deg",
        "deg",
        "pelvis turned",
        "How far the pelvis turns at most from where it mostly faces during the hold.",
        _OWN,
    ),
    (
        "pelvis_tilt_arc_deg",
        "deg",
        "pelvis tilt arc",
        "Tilt of the pelvis at the end range minus that of the rest before; forward is positive.",
        _OWN,
    ),
    ("return_s", "s", "way back", "From the hold to the end.", _OWN),
    (
        "pause_before_s",
        "s",
        "pause before",
        "From the end of the previous repetition of the set, or of this leg if it moves alone.",
        _OWN,
    ),
    (
        "depth_deg",
        "deg",
        "thigh depth",
        "Greatest inclination of the thigh from the vertical of standing.",
        _OWN,
    ),
    (
        "thigh_past_parallel_deg",
        "deg",
        "thigh past parallel",
        "Depth minus 90°: positive past parallel, negative short of it; no lift verdict.",
        _OWN,
    ),
    (
        "hip_crease_below_knee_deg",
        "deg",
        "hip crease below knee",
        "Thigh past parallel minus the athlete's own offset of the hip crease.",
        "the coach's setting hip_crease_offset_deg",
    ),
    (
        "rotation_descent_deg",
        "deg",
        "rotation on the way down",
        "Change of hip rotation from start to the bottom window; inwards is positive.",
        _ISB,
    ),
    (
        "rotation_ascent_deg",
        "deg",
        "rotation on the way up",
        "Change of hip rotation from the bottom window to the end; inwards is positive.",
        _ISB,
    ),
    (
        "rotation_most_in_deg",
        "deg",
        "arc in",
        "Greatest inward rotation from the rest before the repetition.",
        _ISB,
    ),
    (
        "rotation_most_out_deg",
        "deg",
        "arc out",
        "Greatest outward rotation from the rest before the repetition.",
        _ISB,
    ),
    (
        "pelvis_tilt_bottom_deg",
        "deg",
        "pelvis tilt, bottom",
        "Mean tilt of the pelvis over the bottom window, against standing; forward is positive.",
        _OWN,
    ),
    (
        "swept_area_deg2",
        "deg2",
        "swept area",
        "Area within the path of hip flexion and rotation from start to end, closed.",
        _OWN,
    ),
    (
        "speed_peak_deg_s",
        "deg/s",
        "peak speed",
        "Greatest rate of the thigh: its inclination in a squat, otherwise its turn.",
        _OWN,
    ),
    ("speed_mean_deg_s", "deg/s", "mean speed", "Mean of that rate from start to end.", _OWN),
    (
        "flexion_speed_peak_deg_s",
        "deg/s",
        "peak flexion speed",
        "Greatest rate of hip flexion, over 0.08 s.",
        _OWN,
    ),
    ("flexion_speed_mean_deg_s", "deg/s", "mean flexion speed", "Mean of that rate.", _OWN),
    (
        "sparc_descent",
        "1",
        "smoothness down",
        "Spectral arc length of the thigh's angular speed on the way down; nearer 0 is smoother.",
        _SPARC,
    ),
    ("sparc_ascent", "1", "smoothness up", "The same on the way up.", _SPARC),
    ("sparc_going", "1", "smoothness out", "The same on the way to the end range.", _SPARC),
    ("sparc_return", "1", "smoothness back", "The same on the way back.", _SPARC),
    ("sparc_turn", "1", "smoothness", "The same over the whole turn.", _SPARC),
    (
        "turn_deg",
        "deg",
        "turn of the leg",
        "Turn of the thigh about the vertical; inwards is positive.",
        _OWN,
    ),
    (
        "pelvis_followed_deg",
        "deg",
        "pelvis followed",
        "The part of the turn that the hip did not give: the pelvis went with it.",
        _OWN,
    ),
    (
        "hip_share",
        "1",
        "hip share",
        "Change of hip rotation per turn of the thigh, for turns of at least 10°.",
        _OWN,
    ),
)

MEASURES: Final[dict[str, Measure]] = {each.name: each for each in _table()}
"""Name to measure: every name that `measured` gives is here."""
