// A plain pelvis and two thighs, seen in perspective, moving as the angles say.

import { applied, hipTurn, pelvisTurn, times, turn } from "./turns.js";
import { fitted, rgbOf } from "../live/colours.js";

const EYE = 3.2;
const ROUND = 10;
// Yaw and pitch in degrees, as seen from there.
const VIEWS = { behind: [-28, 14], side: [-90, 4], front: [152, 14], top: [0, 78] };
const HIP = { left: [0, -0.05, -0.095], right: [0, -0.05, 0.095] };
const THIGH_LENGTH = 0.46;
const HIP_NAMES = ["flexion", "adduction", "rotation"];
const PELVIS_NAMES = ["tilt", "obliquity", "rotation"];
const STILL = { flexion: 0, adduction: 0, rotation: 0 };

/** Polygons of a tube along -Y from radius to radius, of a thigh; each with the colour's name. */
function tube(length, top, bottom, name) {
  const ring = (y, r) => Array.from({ length: ROUND }, (_, k) => {
    const a = (2 * Math.PI * k) / ROUND;
    return [r * Math.cos(a), y, r * Math.sin(a)];
  });
  const rings = [ring(0, top), ring(-0.55 * length, 0.92 * top), ring(-length, bottom)];
  const faces = [{ points: rings[2], name }, { points: rings[0], name }];
  for (let r = 0; r < 2; r += 1) {
    for (let k = 0; k < ROUND; k += 1) {
      const next = (k + 1) % ROUND;
      faces.push({ points: [rings[r][k], rings[r][next], rings[r + 1][next], rings[r + 1][k]], name });
    }
  }
  return faces;
}

/** Polygons of a box of these half sizes about a middle. */
export function box([x, y, z], [a, b, c], name) {
  const at = (i, j, k) => [x + i * a, y + j * b, z + k * c];
  const quads = [];
  for (const s of [-1, 1]) {
    quads.push([at(s, -1, -1), at(s, 1, -1), at(s, 1, 1), at(s, -1, 1)]);
    quads.push([at(-1, s, -1), at(1, s, -1), at(1, s, 1), at(-1, s, 1)]);
    quads.push([at(-1, -1, s), at(1, -1, s), at(1, 1, s), at(-1, 1, s)]);
  }
  return quads.map((points) => ({ points, name }));
}

const outside = (side) => (side === "left" ? -1 : 1);
const PARTS = {
  pelvis: [
    ...box([0, 0.03, 0], [0.075, 0.085, 0.135], "pelvis"),
    ...box([-0.09, 0.05, 0], [0.012, 0.03, 0.022], "sensor"),
  ],
  left: thighFaces("left"),
  right: thighFaces("right"),
};

/** A thigh with its kneecap, and its sensor on the outside above the knee. */
function thighFaces(side) {
  return [
    ...tube(THIGH_LENGTH, 0.085, 0.056, side),
    ...box([0.058, -0.43, 0], [0.018, 0.03, 0.026], "knee"),
    ...box([0, -0.31, outside(side) * 0.082], [0.022, 0.03, 0.011], "sensor"),
  ];
}

/** The angles of one moment by part, of the named numbers that `at` gives; NaN where unknown. */
export function poseOf(at) {
  const hip = (side) => Object.fromEntries(HIP_NAMES.map((name) => [name, at(`hip_${name}_${side}_deg`)]));
  const pelvis = Object.fromEntries(PELVIS_NAMES.map((name) => [name, at(`pelvis_${name}_deg`)]));
  return { pelvis, left: hip("left"), right: hip("right") };
}

/** Draws the figure, and turns it by finger or mouse; `changed` asks to draw it anew. */
export class Figure {
  /** @type {CanvasRenderingContext2D} */
  context;

  /** @type {number} */
  height;

  /** @type {import("../live/colours.js").Palette} */
  palette;

  /** @type {number} */
  width;

  constructor(canvas, view, changed) {
    this.canvas = canvas;
    this.knees = {};
    this.look(view);
    canvas.onpointerdown = (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.from = [event.clientX, event.clientY, ...this.angle];
    };
    canvas.onpointermove = (event) => {
      if (!this.from) return;
      const [x, y, yaw, pitch] = this.from;
      const tipped = pitch + (event.clientY - y) * 0.5;
      this.angle = [yaw + (event.clientX - x) * 0.5, Math.max(-85, Math.min(85, tipped))];
      changed();
    };
    canvas.onpointerup = canvas.onpointercancel = () => { this.from = null; };
  }

  /** See it from one of `VIEWS`. */
  look(view) { this.angle = VIEWS[view]; }

  fit(palette) { Object.assign(this, fitted(this.canvas), { palette }); }

  /** Where the corner `point` falls on the canvas, and how far away it is. */
  seen(camera, point) {
    const [x, y, z] = applied(camera, [point[0], point[1] + 0.17, point[2]]);
    // So that a thigh held out to any side stays in the picture.
    const scale = (Math.min(this.height * 0.95, this.width) * EYE) / (EYE + x);
    return [this.width / 2 + scale * z, this.height / 2 - scale * y, x];
  }

  /** Draw a pose; parts that nobody knows stand straight, and pale. Returns whether all are known. */
  draw(pose) {
    const [yaw, pitch] = this.angle;
    const camera = times(turn(2, pitch), turn(1, yaw));
    const pelvis = pelvisTurn(known(pose.pelvis) ? pose.pelvis : { tilt: 0, obliquity: 0, rotation: 0 });
    const faces = this.faces(camera, PARTS.pelvis, (p) => applied(pelvis, p), known(pose.pelvis));
    const labels = [];
    let all = known(pose.pelvis);
    this.knees = {};
    for (const side of ["left", "right"]) {
      const sure = known(pose[side]) && known(pose.pelvis);
      const thigh = times(pelvis, hipTurn(side, sure ? pose[side] : STILL));
      const hip = applied(pelvis, HIP[side]);
      const place = (p) => applied(thigh, p).map((value, k) => value + hip[k]);
      faces.push(...this.faces(camera, PARTS[side], place, sure));
      labels.push([side, this.seen(camera, place([0, -THIGH_LENGTH - 0.08, 0]))]);
      all &&= sure;
      if (sure) this.knees[side] = { long: applied(thigh, [0, -1, 0]), forward: applied(thigh, [1, 0, 0]) };
    }
    faces.sort((a, b) => b.depth - a.depth);
    const on = this.context;
    on.clearRect(0, 0, this.width, this.height);
    for (const face of faces) this.fill(on, face);
    this.label(on, labels);
    return all;
  }

  /** The name of each side beyond its knee. */
  label(on, labels) {
    on.font = `700 14px ${this.palette.font}`;
    on.textAlign = "center";
    on.textBaseline = "middle";
    on.strokeStyle = this.palette.card;
    on.lineWidth = 4;
    on.lineJoin = "round";
    for (const [side, [x, y]] of labels) {
      const inside = (value, size, room) => Math.max(room, Math.min(value, size - room));
      const at = [inside(x, this.width, 18), inside(y, this.height, 9)];
      on.strokeText(side, ...at);
      on.fillStyle = this.palette[side];
      on.fillText(side, ...at);
    }
  }

  faces(camera, part, place, sure) {
    return part.map(({ points, name }) => {
      const corners = points.map((point) => this.seen(camera, place(point)));
      const depth = corners.reduce((sum, corner) => sum + corner[2], 0) / corners.length;
      return { corners, depth, name, sure };
    });
  }

  /** A polygon, lighter the more it faces the light. */
  fill(on, { corners, name, sure }) {
    const { left, right, text, goal } = this.palette;
    const colour = { left, right, pelvis: text, sensor: goal, knee: text }[name];
    on.beginPath();
    corners.forEach(([x, y], k) => (k ? on.lineTo(x, y) : on.moveTo(x, y)));
    on.closePath();
    on.globalAlpha = sure ? 1 : 0.28;
    on.fillStyle = mixed(colour, this.palette.card, 0.35 + 0.5 * lit(corners));
    on.fill();
    on.lineWidth = 0.75;
    on.strokeStyle = mixed(colour, this.palette.card, 0.9);
    on.stroke();
    on.globalAlpha = 1;
  }
}

/** Whether every angle of a part is a number. */
export function known(angles) {
  return Boolean(angles) && Object.values(angles).every((value) => Number.isFinite(value));
}

/** From 0 to 1: how much a polygon on the screen faces a light from above left. */
export function lit(corners) {
  const [a, b, c] = corners;
  const [ux, uy, uz] = [b[0] - a[0], b[1] - a[1], 300 * (b[2] - a[2])];
  const [vx, vy, vz] = [c[0] - a[0], c[1] - a[1], 300 * (c[2] - a[2])];
  const n = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
  const size = Math.hypot(...n) || 1;
  return Math.abs(0.4 * n[0] + 0.65 * n[1] + 0.6 * n[2]) / size;
}

/** A colour mixed with the ground: `share` of the colour. */
function mixed(colour, ground, share) {
  const [one, two] = [rgbOf(colour), rgbOf(ground)];
  const part = one.map((value, k) => Math.round(share * value + (1 - share) * two[k]));
  return `rgb(${part[0]},${part[1]},${part[2]})`;
}
