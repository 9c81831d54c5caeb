"""What do many athletes' sessions say, asked with SQL?

    python squat_study.py [FOLDER_OF_RECORDINGS]

Without a folder, a small season of three simulated athletes is made. The batch writes one Parquet
data set; duckdb reads it where it lies.
"""

import sys
from pathlib import Path

import duckdb

from imuhip.batch.engines import LocalEngine
from imuhip.batch.run import batch
from imuhip.simulate.output import write
from imuhip.simulate.session import simulate


def make_a_season(folder: Path) -> None:
    """Three athletes with their own habits, one session each."""
    folder.mkdir(exist_ok=True)
    for seed in (31, 32, 33):
        write(simulate("squat", seed=seed, grade="good"), folder / f"{seed}.mcap", overwrite=True)


if __name__ == "__main__":  # the batch's own processes read this file too
    season = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("season")
    if len(sys.argv) < 2:
        make_a_season(season)
    report = batch([season], Path("dataset"), LocalEngine(1))
    print(f"{len(report.failures)} recordings could not be analyzed")

    print("each athlete's squats: how deep, and how far the sides differ in rotation")
    duckdb.sql("""
        with squats as (
            select athlete, recording, repetition, side, depth_deg, rotation_arc_deg
            from read_parquet('dataset/repetitions/**/*.parquet', hive_partitioning = true)
            where movement = 'squat' and counted
        )
        select athlete,
               count(*) as squats,
               round(avg(l.depth_deg), 1) as depth_deg,
               round(avg(r.rotation_arc_deg - l.rotation_arc_deg), 1) as right_minus_left_deg,
               round(stddev(r.rotation_arc_deg - l.rotation_arc_deg), 1) as spread_deg
        from squats l join squats r using (athlete, recording, repetition)
        where l.side = 'left' and r.side = 'right'
        group by athlete order by athlete
    """).show()

    # NaN is greater than every number in SQL, so what is not known is left out by name.
    print("time with the hip turned inwards by more than 10°, s")
    duckdb.sql("""
        select athlete,
               count(*) filter (valid_left and hip_rotation_left_deg > 10) / 100 as left_s,
               count(*) filter (valid_right and hip_rotation_right_deg > 10) / 100 as right_s
        from read_parquet('dataset/angles/**/*.parquet', hive_partitioning = true)
        group by athlete order by athlete
    """).show()
