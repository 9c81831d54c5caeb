// One arc gauge: the thigh seen from above, straight ahead is up, one degree is one degree.

import { faded, fitted } from "./colours.js";

const DEG = Math.PI / 180;

/** Geometry and drawing of one side; inwards is towards the other gauge. */
export class Gauge {
  /** @type {CanvasRenderingContext2D} */
  context;

  /** @type {any} */
  gauge;

  /** @type {import("./colours.js").Palette} */
  palette;

  /** @type {number} */
  ratio;

  constructor(canvas, side) {
    this.canvas = canvas;
    this.side = side;
    // Screen turn, clockwise from up, per degree of internal rotation.
    this.turn = side === "left" ? 1 : -1;
    this.still = document.createElement("canvas");
    this.needle = NaN;
  }

  /** Take size, colours and scale; draw what does not move. */
  fit(palette, gauge) {
    const { context, width, height, ratio } = fitted(this.canvas);
    Object.assign(this, { context, width, height, ratio, palette, gauge });
    this.colour = palette[this.side];
    const margin = 30;
    this.radius = Math.max(20, Math.min(width / 2 - margin, height - margin - 14));
    this.x = width / 2;
    this.y = (height + this.radius + margin - 14) / 2;
    this.band = Math.max(10, this.radius * 0.13);
    this.still.width = this.canvas.width;
    this.still.height = this.canvas.height;
    const on = this.still.getContext("2d");
    on.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (gauge) this.drawStill(on);
  }

  /** Canvas angle, in radians, of a rotation in degrees. */
  angle(degrees) { return (degrees * this.turn - 90) * DEG; }

  /** Point at `radius` in the direction of `degrees`. */
  point(degrees, radius) {
    const a = this.angle(degrees);
    return [this.x + radius * Math.cos(a), this.y + radius * Math.sin(a)];
  }

  arc(on, from, to, radius, width, colour) {
    const [a, b] = [this.angle(from), this.angle(to)];
    on.beginPath();
    on.arc(this.x, this.y, radius, Math.min(a, b), Math.max(a, b));
    on.lineWidth = width;
    on.strokeStyle = colour;
    on.stroke();
  }

  ray(on, degrees, from, to, width, colour) {
    on.beginPath();
    on.moveTo(...this.point(degrees, from));
    on.lineTo(...this.point(degrees, to));
    on.lineWidth = width;
    on.strokeStyle = colour;
    on.stroke();
  }

  drawStill(on) {
    const { from_deg: from, to_deg: to, zones } = this.gauge;
    const { text, goal, font } = this.palette;
    const middle = this.radius - this.band / 2;
    this.arc(on, from, to, middle, this.band, faded(text, 0.1));
    for (const zone of zones) {
      this.arc(on, zone.from_deg, zone.to_deg, this.radius + 5, 5, faded(goal, 0.85));
    }
    on.textAlign = "center";
    on.textBaseline = "middle";
    for (let tick = Math.ceil(from / 10) * 10; tick <= to; tick += 10) {
      const labelled = tick % 30 === 0;
      const inner = this.radius - this.band;
      this.ray(on, tick, inner - (labelled ? 9 : 5), inner - 1, labelled ? 2 : 1, faded(text, labelled ? 0.6 : 0.3));
      if (!labelled) continue;
      on.font = `600 ${Math.round(Math.max(11, this.radius * 0.065))}px ${font}`;
      on.fillStyle = faded(text, 0.75);
      on.fillText(String(Math.abs(tick)), ...this.point(tick, this.radius + 20));
    }
    if (this.radius < 80) return;
    on.font = `650 ${Math.round(Math.max(12, this.radius * 0.085))}px ${font}`;
    on.fillStyle = faded(text, 0.55);
    const words = this.radius - this.band - Math.max(26, this.radius * 0.15);
    on.fillText("out", ...this.point(Math.max(from, -74), words));
    on.fillText("in", ...this.point(Math.min(to, 48), words));
  }

  /** Draw one moment: rotation and its sd in degrees, NaN for none. */
  draw(rotation, sd, held) {
    const { context: on, palette, gauge } = this;
    if (!gauge) return;
    on.save();
    on.setTransform(1, 0, 0, 1, 0, 0);
    on.clearRect(0, 0, this.canvas.width, this.canvas.height);
    on.drawImage(this.still, 0, 0);
    on.restore();
    const known = !Number.isNaN(rotation);
    const own = known ? this.colour : faded(palette.text, 0.35);
    const inside = (value) => Math.min(gauge.to_deg, Math.max(gauge.from_deg, value));
    this.drawHeld(on, held, inside, own);
    this.needle = known ? inside(rotation) : NaN;
    if (known) {
      this.drawZones(on, rotation);
      if (sd > 0) this.drawWedge(on, inside(rotation - 2 * sd), inside(rotation + 2 * sd), own);
      this.drawNeedle(on, this.needle, own);
    }
    on.beginPath();
    on.arc(this.x, this.y, Math.max(7, this.radius * 0.055), 0, 2 * Math.PI);
    on.fillStyle = own;
    on.fill();
  }

  /** The range swept so far, and a mark at each end. */
  drawHeld(on, held, inside, own) {
    if (Number.isNaN(held.least)) return;
    const [least, most] = [inside(held.least), inside(held.most)];
    const inner = this.radius - this.band;
    if (most > least) this.arc(on, least, most, this.radius - this.band / 2, this.band, faded(own, 0.28));
    for (const end of [least, most]) this.ray(on, end, inner, this.radius, 4, own);
  }

  /** A goal zone lights up while the needle is in it. */
  drawZones(on, rotation) {
    for (const zone of this.gauge.zones) {
      if (rotation < zone.from_deg || rotation > zone.to_deg) continue;
      this.arc(on, zone.from_deg, zone.to_deg, this.radius + 5, 9, this.palette.goal);
    }
  }

  /** Where the true angle lies nineteen times out of twenty, as far as the program believes. */
  drawWedge(on, from, to, own) {
    const [a, b] = [this.angle(from), this.angle(to)];
    on.beginPath();
    on.moveTo(this.x, this.y);
    on.arc(this.x, this.y, this.radius - this.band, Math.min(a, b), Math.max(a, b));
    on.closePath();
    on.fillStyle = faded(own, 0.16);
    on.fill();
  }

  drawNeedle(on, degrees, own) {
    const half = Math.max(4, this.radius * 0.03);
    const a = this.angle(degrees);
    const [nx, ny] = [-Math.sin(a) * half, Math.cos(a) * half];
    const [tx, ty] = this.point(degrees, this.radius - 2);
    on.beginPath();
    on.moveTo(this.x + nx, this.y + ny);
    on.lineTo(tx + nx * 0.3, ty + ny * 0.3);
    on.lineTo(tx - nx * 0.3, ty - ny * 0.3);
    on.lineTo(this.x - nx, this.y - ny);
    on.closePath();
    on.fillStyle = own;
    on.fill();
  }
}
