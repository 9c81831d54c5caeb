// How does a script follow a session while it runs? Prints both hips' rotation twice a second.
//
//     imuhip replay REC --serve          # or: imuhip collect
//     node live_angles.mjs [ws://127.0.0.1:8765/live]      # Node 22 or later, or a browser

const address = globalThis.process?.argv[2] ?? "ws://127.0.0.1:8765/live";
const hub = new WebSocket(address);
hub.binaryType = "arraybuffer";
let columns = [], head = 0, shown = -Infinity;

hub.onmessage = ({ data }) => {
  if (typeof data === "string") {
    const said = JSON.parse(data);
    if (said.type === "hello") {  // a session begins: forget what was before
      [columns, head, shown] = [said.columns, said.head.length, -Infinity];
      console.log(`session ${said.session}, athlete ${said.athlete || "unknown"}`);
    }
    return;
  }
  const numbers = new Float64Array(data).subarray(head);
  if (!numbers.length) return;
  const row = numbers.subarray(numbers.length - columns.length);
  const now = Object.fromEntries(columns.map((name, i) => [name, row[i]]));
  if (now.t < shown + 0.5) return;
  const [left, right] = ["left", "right"].map((side) => now[`hip_rotation_${side}_deg`].toFixed(1));
  console.log(`${now.t.toFixed(2)} s   left ${left}°   right ${right}°`);
  shown = now.t;
};
hub.onclose = () => console.log("the hub has gone");
hub.onerror = () => console.log(`no hub answers at ${address}`);
