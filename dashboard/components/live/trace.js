// Both sides over the last seconds on one time axis, and below them how still the pelvis is.

import { faded, fitted } from "./colours.js";

const SPAN_S = 8;
const STRIP = 30;
const LEFT_MARGIN = 62;
const RIGHT_MARGIN = 54;
const TOP = 14;
const BOTTOM = 22;

export class Trace {
  /** @type {CanvasRenderingContext2D} */
  context;

  /** @type {number} */
  height;

  /** @type {import("./colours.js").Palette} */
  palette;

  /** @type {number} */
  width;

  constructor(canvas) {
    this.canvas = canvas;
    this.low = -30;
    this.high = 30;
    this.edge = NaN;
  }

  fit(palette) { Object.assign(this, fitted(this.canvas), { palette }); }

  /** Draw the rows up to now. `flows` lets the axis run on between two frames. */
  draw(rows, hello, now, flows) {
    const on = this.context;
    on.clearRect(0, 0, this.width, this.height);
    if (!hello) return;
    this.moveEdge(rows, now, flows);
    const box = {
      left: LEFT_MARGIN,
      right: this.width - RIGHT_MARGIN,
      top: TOP,
      bottom: this.height - BOTTOM - STRIP - 8,
    };
    const first = this.firstRow(rows);
    this.scale(rows, hello, first);
    this.drawAxes(on, box);
    const strength = flows ? 1 : 0.45;
    for (const side of hello.sides) this.drawLine(on, box, rows, first, hello, side, strength);
    this.drawStrip(on, box, rows, first, hello, flows);
  }

  /** The right end of the axis follows the newest row smoothly, never ahead of a stopped stream. */
  moveEdge(rows, now, flows) {
    const newest = rows.count ? rows.at(rows.count - 1, 0) : 0;
    const step = (now - (this.drawnAt ?? now)) / 1000;
    this.drawnAt = now;
    const far = !(Math.abs(newest - this.edge) < 0.3);
    this.edge = far || !flows ? newest : this.edge + step + 0.08 * (newest - this.edge - step);
  }

  firstRow(rows) {
    let first = rows.count;
    while (first > 0 && rows.at(first - 1, 0) > this.edge - SPAN_S - 0.1) first -= 1;
    return first;
  }

  x(box, t) { return box.right - ((this.edge - t) / SPAN_S) * (box.right - box.left); }

  y(box, value) {
    return box.bottom - ((value - this.low) / (this.high - this.low)) * (box.bottom - box.top);
  }

  /** The vertical scale holds all that is shown, in steps of 15 degrees, and moves gently. */
  scale(rows, hello, first) {
    let [low, high] = [-20, 20];
    for (const side of hello.sides) {
      const column = rows.place[`${hello.gauge.angle}_${side}_deg`];
      for (let k = first; k < rows.count; k += 1) {
        const value = rows.at(k, column);
        if (value < low) low = value;
        if (value > high) high = value;
      }
    }
    const [wantedLow, wantedHigh] = [Math.floor((low - 3) / 15) * 15, Math.ceil((high + 3) / 15) * 15];
    this.low += 0.15 * (wantedLow - this.low);
    this.high += 0.15 * (wantedHigh - this.high);
  }

  drawAxes(on, box) {
    const { text, font } = this.palette;
    on.textBaseline = "middle";
    on.textAlign = "right";
    on.lineWidth = 1;
    const degree = (box.bottom - box.top) / (this.high - this.low);
    const step = [15, 30].find((each) => each * degree >= 15) ?? 60;
    for (let value = Math.ceil(this.low / step) * step; value <= this.high; value += step) {
      const y = this.y(box, value);
      on.strokeStyle = faded(text, value === 0 ? 0.45 : 0.12);
      on.beginPath();
      on.moveTo(box.left, y);
      on.lineTo(box.right, y);
      on.stroke();
      on.font = `500 12px ${font}`;
      on.fillStyle = faded(text, 0.7);
      on.fillText(`${Math.abs(value)}°`, box.left - 8, y);
    }
    on.font = `650 13px ${font}`;
    on.fillStyle = faded(text, 0.6);
    on.textAlign = "left";
    on.fillText("in", 10, box.top + 6);
    on.fillText("out", 10, box.bottom - 6);
    on.textAlign = "center";
    on.font = `500 12px ${font}`;
    for (let back = 0; back <= SPAN_S; back += 2) {
      const x = this.x(box, this.edge - back);
      on.fillText(back ? `−${back} s` : "now", x, this.height - BOTTOM / 2);
    }
  }

  drawLine(on, box, rows, first, hello, side, strength) {
    const column = rows.place[`${hello.gauge.angle}_${side}_deg`];
    const colour = this.palette[side];
    on.save();
    on.beginPath();
    on.rect(box.left, box.top - 6, box.right - box.left + 2, box.bottom - box.top + 12);
    on.clip();
    on.beginPath();
    let drawing = false;
    for (let k = first; k < rows.count; k += 1) {
      const value = rows.at(k, column);
      if (Number.isNaN(value)) { drawing = false; continue; }
      const [x, y] = [this.x(box, rows.at(k, 0)), this.y(box, value)];
      if (drawing) on.lineTo(x, y); else on.moveTo(x, y);
      drawing = true;
    }
    on.lineWidth = 3;
    on.lineJoin = "round";
    on.strokeStyle = faded(colour, strength);
    on.stroke();
    on.restore();
    const last = rows.count ? rows.at(rows.count - 1, column) : NaN;
    if (Number.isNaN(last) || strength < 1) return;
    on.font = `700 14px ${this.palette.font}`;
    on.textAlign = "left";
    on.fillStyle = colour;
    on.fillText(side === "left" ? "Left" : "Right", box.right + 8, this.labelY(box, rows, hello, side));
  }

  /** Height of a side's name at the end of its line; the two names keep clear of each other. */
  labelY(box, rows, hello, side) {
    const values = hello.sides.map((each) => rows.newest(`${hello.gauge.angle}_${each}_deg`));
    const own = values[hello.sides.indexOf(side)];
    const other = values[1 - hello.sides.indexOf(side)];
    const y = this.y(box, own);
    const apart = y - this.y(box, other);
    if (!(Math.abs(apart) < 16)) return y;
    const above = own > other || (own === other && side === "left");
    return y + ((above ? -1 : 1) * (16 - Math.abs(apart))) / 2;
  }

  /** Bars as high and as dark as the pelvis is fast. */
  drawStrip(on, box, rows, first, hello, flows) {
    const { column: name, still_below: still, moving_above: moving } = hello.stillness;
    const { text, font } = this.palette;
    const bottom = this.height - BOTTOM - 2;
    const column = rows.place[name];
    on.fillStyle = faded(text, 0.06);
    on.fillRect(box.left, bottom - STRIP, box.right - box.left, STRIP);
    const bars = Math.floor((box.right - box.left) / 3);
    const peaks = new Float64Array(bars);
    for (let k = first; k < rows.count; k += 1) {
      const bar = Math.floor((bars * (rows.at(k, 0) - this.edge + SPAN_S)) / SPAN_S);
      const share = Math.min(1, Math.max(0, (rows.at(k, column) - still) / (moving - still)));
      if (bar >= 0 && bar < bars && share > peaks[bar]) peaks[bar] = share;
    }
    for (let bar = 0; bar < bars; bar += 1) {
      if (!peaks[bar]) continue;
      const height = STRIP * peaks[bar];
      on.fillStyle = faded(text, (0.25 + 0.5 * peaks[bar]) * (flows ? 1 : 0.45));
      on.fillRect(box.left + 3 * bar, bottom - height, 3, height);
    }
    on.fillStyle = faded(text, 0.75);
    on.font = `650 13px ${font}`;
    on.textAlign = "left";
    on.fillText("Pelvis", 10, bottom - STRIP / 2);
    const speed = rows.newest(name);
    if (!flows || Number.isNaN(speed)) return;
    const recent = Math.max(...peaks.slice(-12));
    on.fillText(recent > 0 ? "moves" : "still", box.right + 8, bottom - STRIP / 2);
  }
}
