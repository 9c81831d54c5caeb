"""From samples to joint angles; a stage a file, no stage imports another. No I/O."""
