// Pelvis and thighs from the angles of one row, by the tables of imuhip/conventions.py: X forward,
// Y up, Z to the right; pelvis Ry(rotation) Rx(obliquity) Rz(-tilt); hip Rz Rx Ry with the side's
// signs.

const RAD = Math.PI / 180;
const HIP_SIGNS = { left: [1, -1, -1], right: [1, 1, 1] };
// Yaw and pitch: 0 looks from the athlete's right, -90 from the front.
const VIEWS = { front: [-78, 12], side: [8, 6], top: [-90, 72] };

function times(a, b) {
  return a.map((row) => [0, 1, 2].map((k) => row[0] * b[0][k] + row[1] * b[1][k] + row[2] * b[2][k]));
}
function apply(m, v) { return m.map((row) => row[0] * v[0] + row[1] * v[1] + row[2] * v[2]); }
function plus(a, b) { return a.map((x, k) => x + b[k]); }
function rx(d) { const c = Math.cos(d * RAD), s = Math.sin(d * RAD); return [[1, 0, 0], [0, c, -s], [0, s, c]]; }
function ry(d) { const c = Math.cos(d * RAD), s = Math.sin(d * RAD); return [[c, 0, s], [0, 1, 0], [-s, 0, c]]; }
function rz(d) { const c = Math.cos(d * RAD), s = Math.sin(d * RAD); return [[c, -s, 0], [s, c, 0], [0, 0, 1]]; }

/** Orientation of the pelvis from tilt, obliquity and rotation in degrees; unknown is upright. */
function pelvisOf(tilt, obliquity, rotation) {
  const [t, o, r] = [tilt, obliquity, rotation].map((x) => (Number.isFinite(x) ? x : 0));
  return times(times(ry(r), rx(o)), rz(-t));
}

/** Orientation of a thigh on a pelvis from flexion, adduction and rotation in degrees. */
function thighOf(pelvis, side, flexion, adduction, rotation) {
  const [f, a, r] = HIP_SIGNS[side];
  return times(pelvis, times(times(rz(f * flexion), rx(a * adduction)), ry(r * rotation)));
}

class Figure {
  constructor(canvas, changed) {
    this.canvas = canvas;
    this.look("front");
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

  look(view) { this.angle = VIEWS[view]; }

  /** Draw; `at(name)` gives the degrees of a column, NaN where not known. */
  draw(at, palette) {
    const { context, width, height } = fitted(this.canvas);
    context.clearRect(0, 0, width, height);
    const scale = Math.min(width, height) * 1.05;
    const turn = times(rx(this.angle[1]), ry(this.angle[0]));
    const place = (v) => {
      const [x, y, z] = apply(turn, v);
      return [width / 2 + x * scale, height * 0.36 - y * scale, z];
    };
    const pelvis = pelvisOf(at("pelvis_tilt_deg"), at("pelvis_obliquity_deg"), at("pelvis_rotation_deg"));
    this.knees = {};
    const parts = ["left", "right"].map((side) => this.thigh(side, pelvis, at, place));
    parts.push(this.plate(pelvis, place));
    parts.sort((a, b) => a.depth - b.depth);
    for (const part of parts) part.draw(context, palette, scale);
    context.fillStyle = palette.text;
    context.font = `12px ${palette.font}`;
    context.textAlign = "center";
    for (const part of parts) if (part.label) context.fillText(part.label, part.at[0], part.at[1] + 18);
    if (parts.some((part) => part.unknown)) context.fillText("angles not known here", width / 2, height - 10);
  }

  plate(pelvis, place) {
    const outline = [[0.03, -0.02, -0.1], [0.07, 0.1, -0.14], [-0.04, 0.14, -0.08], [-0.09, 0.03, -0.03],
      [-0.09, 0.03, 0.03], [-0.04, 0.14, 0.08], [0.07, 0.1, 0.14], [0.03, -0.02, 0.1]];
    const points = outline.map((v) => place(apply(pelvis, v)));
    return {
      depth: points.reduce((sum, p) => sum + p[2], 0) / points.length + 0.02,
      draw(context, palette) {
        context.beginPath();
        points.forEach(([x, y], k) => (k ? context.lineTo(x, y) : context.moveTo(x, y)));
        context.closePath();
        context.fillStyle = faded(palette.text, 0.22);
        context.strokeStyle = palette.text;
        context.lineWidth = 2;
        context.lineJoin = "round";
        context.fill();
        context.stroke();
      },
    };
  }

  thigh(side, pelvis, at, place) {
    const angles = ["flexion", "adduction", "rotation"].map((name) => at(`hip_${name}_${side}_deg`));
    if (!angles.every(Number.isFinite)) return { depth: 0, unknown: true, draw() {} };
    const femur = thighOf(pelvis, side, ...angles);
    this.knees[side] = { long: apply(femur, [0, -1, 0]), forward: apply(femur, [1, 0, 0]) };
    const hip = apply(pelvis, [0, 0, side === "left" ? -0.09 : 0.09]);
    const on = (v) => place(plus(hip, apply(femur, v)));
    const knee = on([0, -0.42, 0]);
    // The kneecap points forward of the thigh: it shows how far the thigh is turned.
    const cap = on([0.11, -0.4, 0]), inner = on([0, -0.42, -0.05]), outer = on([0, -0.42, 0.05]);
    const top = place(hip);
    return {
      at: knee, depth: (top[2] + knee[2]) / 2, label: side,
      draw(context, palette, scale) {
        const stroke = (from, to, wide) => {
          context.beginPath();
          context.moveTo(from[0], from[1]);
          context.lineTo(to[0], to[1]);
          context.lineWidth = wide * scale;
          context.stroke();
        };
        context.lineCap = "round";
        context.strokeStyle = palette[side];
        stroke(top, knee, 0.055);
        stroke(inner, outer, 0.04);
        context.strokeStyle = palette.text;
        stroke(on([0.03, -0.41, 0]), cap, 0.016);
      },
    };
  }
}
