"""A run in one number: its recordings to the bit, what was said and when."""

import hashlib
import sys
import tempfile
from pathlib import Path

from faults.story import Story, story_of
from faults.world import lived


def digest(story: Story) -> str:
    """The SHA-256 of what came of a story."""
    reported = hashlib.sha256()
    with tempfile.TemporaryDirectory() as name:
        world = lived(story, Path(name) / "recordings")
        for taken in world.taken:
            reported.update(taken.path.name.encode() + taken.path.read_bytes())
        for t, sentence in world.said:
            reported.update(f"{t:.9f} {sentence.replace(name, '')}\n".encode())
    return reported.hexdigest()


if __name__ == "__main__":
    sys.stdout.write(f"{digest(story_of(int(sys.argv[1])))}\n")
