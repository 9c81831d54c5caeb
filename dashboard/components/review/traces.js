// Angles over time, stacked over one time axis; repetitions, sets and marks behind and above them.

import { faded, fitted } from "../live/colours.js";

// What stands for an angle that is not known.
export const UNKNOWN = -32768;

const PANELS = [
  { title: "Rotation: in + / out −", lines: [["hip_rotation_left_deg", "left"], ["hip_rotation_right_deg", "right"]] },
  { title: "Hip flexion", lines: [["hip_flexion_left_deg", "left"], ["hip_flexion_right_deg", "right"]] },
  { title: "Adduction + / abduction −", lines: [["hip_adduction_left_deg", "left"], ["hip_adduction_right_deg", "right"]] },
  { title: "Pelvis: forward (line), lower right (dashes), turned left (dots)",
    lines: [["pelvis_tilt_deg", "text", []], ["pelvis_obliquity_deg", "text", [7, 4]], ["pelvis_rotation_deg", "text", [2, 3]]] },
];
const EDGE = { left: 46, right: 10, top: 54, bottom: 22, between: 24 };
const LEAST_RANGE = 20;

export class Traces {
  /** @type {number} */
  from;

  /** @type {number} */
  height;

  /** @type {any} */
  session;

  /** @type {number} */
  to;

  /** @type {number} */
  width;

  constructor(root) {
    this.lines = root.querySelector(".lines");
    this.cursor = root.querySelector(".cursor");
  }

  /** Place of a time on the canvas, and back. */
  x(t) { return EDGE.left + ((t - this.from) / (this.to - this.from)) * (this.width - EDGE.left - EDGE.right); }
  t(x) { return this.from + ((x - EDGE.left) / (this.width - EDGE.left - EDGE.right)) * (this.to - this.from); }

  draw(session, from, to, palette) {
    const { context, width, height } = fitted(this.lines);
    Object.assign(this, { from, to, width, height, session });
    context.clearRect(0, 0, width, height);
    const tall = (height - EDGE.top - EDGE.bottom - EDGE.between * (PANELS.length - 1)) / PANELS.length;
    this.bands(context, palette);
    PANELS.forEach((panel, k) => {
      this.panel(context, panel, EDGE.top + k * (tall + EDGE.between), tall, palette);
    });
    this.axis(context, palette);
    this.marks(context, palette);
  }

  /** Sets and repetitions. */
  bands(context, palette) {
    const bottom = this.height - EDGE.bottom;
    context.font = `12px ${palette.font}`;
    context.textAlign = "left";
    const clipped = (band) => [Math.max(this.x(band.from), EDGE.left), Math.min(this.x(band.to), this.width - EDGE.right)];
    for (const set of this.session.sets) {
      const [a, b] = clipped(set);
      if (b <= a) continue;
      context.fillStyle = faded(palette.text, 0.05);
      context.fillRect(a, 20, b - a, bottom - 20);
      context.fillStyle = palette.text;
      context.fillText(shortened(context, set.label, b - a - 3), a + 3, 15);
    }
    for (const rep of this.session.reps) {
      const [a, b] = clipped(rep);
      if (b <= a) continue;
      context.fillStyle = rep.lit ? faded(palette.goal, 0.14) : faded(palette[rep.side], rep.counts ? 0.1 : 0.03);
      context.fillRect(a, 22, Math.max(b - a, 1), bottom - 22);
    }
  }

  panel(context, panel, top, tall, palette) {
    const rows = this.rows();
    const [low, high] = this.range(panel, rows);
    const y = (v) => top + tall * (1 - (v - low) / (high - low));
    context.strokeStyle = palette.line;
    context.fillStyle = palette.text;
    context.lineWidth = 1;
    context.font = `11px ${palette.font}`;
    context.textAlign = "right";
    const step = [5, 10, 20, 30, 45, 60, 90].find((s) => (high - low) / s <= 4) || 90;
    for (let v = Math.ceil(low / step) * step; v <= high; v += step) {
      context.beginPath();
      context.moveTo(EDGE.left, y(v));
      context.lineTo(this.width - EDGE.right, y(v));
      context.stroke();
      context.fillText(`${v}°`, EDGE.left - 5, y(v) + 4);
    }
    context.textAlign = "left";
    context.font = `600 12px ${palette.font}`;
    // A halo: bands, marks and the cursor cross it.
    context.strokeStyle = palette.card;
    context.lineWidth = 4;
    context.lineJoin = "round";
    context.strokeText(panel.title, EDGE.left + 2, top - 5);
    context.fillText(panel.title, EDGE.left + 2, top - 5);
    for (const [name, colour, dash] of panel.lines) {
      context.strokeStyle = palette[colour];
      context.lineWidth = 1.6;
      context.setLineDash(dash || []);
      this.line(context, this.session.columns[name], rows, y);
    }
    context.setLineDash([]);
  }

  /** Which rows are in view. @returns {[number, number]} */
  rows() {
    const { t0, hz, count } = this.session;
    return [Math.max(0, Math.floor((this.from - t0) * hz)), Math.min(count - 1, Math.ceil((this.to - t0) * hz))];
  }

  range(panel, [first, last]) {
    let low = Infinity, high = -Infinity;
    for (const [name] of panel.lines) {
      const values = this.session.columns[name];
      for (let k = first; k <= last; k++) {
        const v = values[k];
        if (v === UNKNOWN) continue;
        if (v < low) low = v;
        if (v > high) high = v;
      }
    }
    if (low > high) return [-LEAST_RANGE / 2, LEAST_RANGE / 2];
    const middle = (low + high) / 200, half = Math.max((high - low) / 200, LEAST_RANGE / 2) * 1.06;
    return [middle - half, middle + half];
  }

  /** One angle: each row where there is room, else the lowest and highest of each pixel. */
  line(context, values, [first, last], y) {
    const { t0, hz } = this.session;
    const each = Math.max(1, Math.floor((last - first) / Math.max(this.width - EDGE.left - EDGE.right, 1)));
    context.beginPath();
    let pen = false;
    for (let k = first; k <= last; k += each) {
      let low = Infinity, high = -Infinity;
      for (let j = k; j < Math.min(k + each, last + 1); j++) {
        const v = values[j];
        if (v === UNKNOWN) continue;
        if (v < low) low = v;
        if (v > high) high = v;
      }
      if (low > high) { pen = false; continue; }
      const x = this.x(t0 + k / hz);
      if (pen) context.lineTo(x, y(low / 100)); else context.moveTo(x, y(low / 100));
      if (high > low) context.lineTo(x, y(high / 100));
      pen = true;
    }
    context.stroke();
  }

  axis(context, palette) {
    const span = this.to - this.from;
    const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600].find((s) => span / s <= this.width / 90) || 1200;
    context.fillStyle = palette.text;
    context.font = `11px ${palette.font}`;
    context.textAlign = "center";
    for (let t = Math.ceil(this.from / step) * step; t <= this.to; t += step) {
      context.fillText(clock(t, step < 1), this.x(t), this.height - 6);
    }
  }

  marks(context, palette) {
    context.font = `11px ${palette.font}`;
    context.textAlign = "left";
    const hurts = getComputedStyle(this.lines).getPropertyValue("--pain").trim();
    const seen = this.session.marks.filter((mark) => mark.t >= this.from && mark.t <= this.to);
    for (const [k, mark] of seen.entries()) {
      const x = this.x(mark.t), pain = mark.label === "pain";
      context.strokeStyle = context.fillStyle = pain ? hurts : palette.goal;
      context.setLineDash([4, 3]);
      context.beginPath();
      context.moveTo(x, 22);
      context.lineTo(x, this.height - EDGE.bottom);
      context.stroke();
      context.setLineDash([]);
      // As much as there is room for up to the next mark; "Notes of the moment" has all of it.
      const room = (k + 1 < seen.length ? this.x(seen[k + 1].t) : this.width) - x - 6;
      const words = [mark.label.replace(":", ": "), mark.label.split(":")[0]];
      context.fillText(words.find((text) => context.measureText(text).width < room) ?? "", x + 3, 33);
    }
  }

  /** The cursor alone, on a canvas of its own. */
  point(t, palette) {
    const { context, width, height } = fitted(this.cursor);
    context.clearRect(0, 0, width, height);
    if (t < this.from || t > this.to) return;
    const x = this.x(t);
    context.strokeStyle = palette.text;
    context.lineWidth = 2;
    context.beginPath();
    context.moveTo(x, 18);
    context.lineTo(x, height - EDGE.bottom);
    context.stroke();
  }
}

/** As much of a text as there is room for. */
function shortened(context, text, room) {
  for (let length = text.length; length > 0; length -= 1) {
    const shown = length === text.length ? text : `${text.slice(0, length).trimEnd()}…`;
    if (context.measureText(shown).width <= room) return shown;
  }
  return "";
}

/** Seconds as minutes and seconds. */
export function clock(t, fine) {
  const minutes = Math.floor(t / 60), seconds = t - 60 * minutes;
  return `${minutes}:${seconds.toFixed(fine ? 1 : 0).padStart(fine ? 4 : 2, "0")}`;
}
