"""How does a script follow a session while it runs? Prints both hips' rotation twice a second.

imuhip replay REC --serve          # or: imuhip collect
python live_angles.py [ws://127.0.0.1:8765/live]
"""

import json
import sys

import numpy as np
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

address = sys.argv[1] if len(sys.argv) > 1 else "ws://127.0.0.1:8765/live"
columns: list[str] = []
head, shown = 0, -np.inf
with connect(address) as hub:
    try:
        for message in hub:
            if isinstance(message, str):
                said = json.loads(message)
                if said["type"] == "hello":  # a session begins: forget what was before
                    columns, head, shown = said["columns"], len(said["head"]), -np.inf
                    print(f"session {said['session']}, athlete {said['athlete'] or 'unknown'}")
                continue
            numbers = np.frombuffer(message, "<f8")
            rows = numbers[head:].reshape(-1, len(columns))
            if len(rows) and rows[-1, 0] >= shown + 0.5:
                now = dict(zip(columns, rows[-1], strict=True))
                left, right = now["hip_rotation_left_deg"], now["hip_rotation_right_deg"]
                print(f"{now['t']:8.2f} s   left {left:6.1f}°   right {right:6.1f}°", flush=True)
                shown = now["t"]
    except ConnectionClosed:
        print("the hub has gone")
