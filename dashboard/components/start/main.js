// Watches the collector for the start page, and asks for the page anew when what it shows has changed.

import { askedAt, mounted } from "../canvas/mount.js";
import { Collector } from "../live/collector.js";

const EVERY_MS = 2000;
// So long after a tap or a key nothing is asked for: it may be leading to another page.
const LEAVING_MS = 5000;

/** What the page shows of the collector, in the words of `shown_of` in views/start.py. */
export function shownOf(status) {
  if (!status) return "";
  const { plan, calibrating } = status.course ?? {};
  const sensors = (status.sensors ?? []).map(({ sensor, state, battery }) => [sensor, state, Math.floor(battery ?? -1)]);
  return JSON.stringify([status.source, status.state, status.athlete, calibrating, plan?.athlete, plan?.queue, sensors]);
}

class Watch {
  constructor(root, data, ask) {
    this.root = root;
    this.ask = ask;
    this.collector = new Collector(askedAt(data));
    this.touched = -Infinity;
    this.hook = { looked: 0, asked: 0 };
    window.imuhip = { ...window.imuhip, start: this.hook };
    this.onTouch = () => { this.touched = performance.now(); };
    for (const kind of ["pointerdown", "keydown"]) window.addEventListener(kind, this.onTouch, true);
    this.timer = setInterval(() => this.look(), EVERY_MS);
  }

  /** After a rerun: what is shown now. */
  take(data) { this.shown = data.shown; }

  close() {
    clearInterval(this.timer);
    for (const kind of ["pointerdown", "keydown"]) window.removeEventListener(kind, this.onTouch, true);
  }

  async look() {
    if (document.hidden) return;
    const now = shownOf(await this.collector.status());
    this.hook.looked += 1;
    if (now === this.shown || !this.root.isConnected || performance.now() - this.touched < LEAVING_MS) return;
    this.hook.asked += 1;
    this.ask("changed", now);
  }
}

export default mounted(".watch", (root, data, ask) => new Watch(root, data, ask));
