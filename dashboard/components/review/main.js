// One cursor for traces, figure and numbers; plays at any speed by the browser's own frames.

import { Figure, poseOf } from "../canvas/figure.js";
import { mounted } from "../canvas/mount.js";
import { isDark, paletteOf } from "../live/colours.js";
import { Traces, UNKNOWN, clock } from "./traces.js";

// How far the keys go on the time line; the browser's own way would be a hundredth of a second.
const STEPS_S = { ArrowLeft: -0.1, ArrowDown: -0.1, ArrowRight: 0.1, ArrowUp: 0.1, PageDown: -5, PageUp: 5 };
const VALUES = [
  ["Rotation", "hip_rotation_left_deg", "hip_rotation_right_deg"],
  ["Flexion", "hip_flexion_left_deg", "hip_flexion_right_deg"],
  ["Adduction", "hip_adduction_left_deg", "hip_adduction_right_deg"],
  ["Pelvis tilt", "pelvis_tilt_deg", null],
  ["Pelvis list", "pelvis_obliquity_deg", null],
  ["Pelvis turn", "pelvis_rotation_deg", null],
];

/** The session that `views/review.player_data` and `packed` made: its data, and a column for each name. */
function unpacked(data, bytes) {
  const samples = new Int16Array(bytes);
  const columns = {};
  data.columns.forEach((name, k) => { columns[name] = samples.subarray(k * data.rows, (k + 1) * data.rows); });
  return { ...data, count: data.rows, columns, end: data.t0 + (data.rows - 1) / data.hz };
}

class Player {
  /** @type {ArrayBuffer | undefined} */
  bytes;

  /** @type {string} */
  fetched;

  constructor(root) {
    this.root = root;
    this.query = (selector) => root.querySelector(selector);
    this.traces = new Traces(this.query(".traces"));
    this.figure = new Figure(this.query(".figure canvas"), "behind", () => this.paint());
    this.slider = this.query("input");
    this.slider.oninput = () => this.go(Number(this.slider.value));
    this.slider.onkeydown = (event) => {
      const by = STEPS_S[event.key];
      if (by === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      this.go(this.at + by);
    };
    for (const button of root.querySelectorAll("[data-view]")) {
      button.onclick = () => { this.figure.look(button.dataset.view); this.paint(); };
    }
    this.query('[data-act="play"]').onclick = () => this.play(!this.playing);
    this.query('[data-act="whole"]').onclick = () => this.show(this.session.t0, this.session.end);
    this.query('[data-act="chosen"]').onclick = () => this.showChosen();
    this.query('[data-act="closer"]').onclick = () => this.zoom(0.5);
    this.query('[data-act="wider"]').onclick = () => this.zoom(2);
    this.listen(this.query(".traces"));
    this.query("tbody").replaceChildren(...VALUES.map(([name, left, right]) => this.valueRow(name, left, right)));
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.query(".traces"));
    this.observer.observe(this.query(".figure"));
    this.hook = { at: 0, playing: false, from: 0, to: 0, rows: 0 };
    window.imuhip = { ...window.imuhip, review: this.hook };
  }

  valueRow(name, left, right) {
    const row = document.createElement("tr");
    const head = row.appendChild(document.createElement("th"));
    head.scope = "row";
    head.textContent = name;
    [[left, "left"], [right, "right"]].forEach(([column, side]) => {
      const cell = row.appendChild(document.createElement("td"));
      if (!column) return;
      cell.dataset.column = column;
      if (right) cell.dataset.side = side;
    });
    return row;
  }

  listen(area) {
    const follow = (event) => this.go(this.traces.t(event.clientX - area.getBoundingClientRect().left));
    area.onpointerdown = (event) => { area.setPointerCapture(event.pointerId); this.held = true; follow(event); };
    area.onpointermove = (event) => { if (this.held) follow(event); };
    area.onpointerup = area.onpointercancel = () => { this.held = false; };
  }

  /** Fetch the samples unless they are here, then show the session as it came last. */
  async take(data) {
    this.data = data;
    if (this.fetched !== data.samples) {
      const answer = await fetch(new URL(data.samples, document.baseURI)).catch(() => null);
      const bytes = answer?.ok ? await answer.arrayBuffer() : null;
      if (this.data !== data) return;
      if (!bytes) { this.query(".time").textContent = "Could not load the session. Reload the page."; return; }
      Object.assign(this, { bytes, fetched: data.samples });
    }
    this.open(unpacked(data, this.bytes));
  }

  /** Take a session; cursor and zoom stay when it is the one that is shown. */
  open(session) {
    const same = this.session?.samples === session.samples;
    const lit = (of) => JSON.stringify(of.reps.filter((rep) => rep.lit).map((rep) => rep.from));
    const moved = !same || lit(this.session) !== lit(session);
    this.session = session;
    this.slider.min = session.t0;
    this.slider.max = session.end;
    const chosen = this.chosen();
    this.query('[data-act="chosen"]').disabled = !chosen.length;
    if (!same) { this.play(false); this.from = session.t0; this.to = session.end; this.at = session.reps.length ? session.reps[0].from : session.t0; }
    if (moved && chosen.length) this.showChosen(); else this.draw();
    this.hook.rows = session.count;
    requestAnimationFrame(() => setTimeout(() => { this.hook.painted ??= performance.now(); }));
  }

  chosen() { return this.session.reps.filter((rep) => rep.lit); }

  showChosen() {
    const chosen = this.chosen();
    const from = Math.min(...chosen.map((rep) => rep.from)), to = Math.max(...chosen.map((rep) => rep.to));
    this.at = from;
    this.show(from - 0.5, to + 0.5);
  }

  show(from, to) {
    const span = Math.max(Math.min(to - from, this.session.end - this.session.t0), 0.5);
    this.from = Math.max(this.session.t0, Math.min(from, this.session.end - span));
    this.to = this.from + span;
    if (this.at < this.from || this.at > this.to) this.at = this.from;
    this.draw();
  }

  zoom(factor) {
    const half = ((this.to - this.from) * factor) / 2;
    this.show(this.at - half, this.at + half);
  }

  go(t) {
    this.at = Math.max(this.session.t0, Math.min(t, this.session.end));
    const span = this.to - this.from;
    if (this.at < this.from || this.at > this.to) this.show(this.at - span * 0.1, this.at + span * 0.9);
    else this.paint();
  }

  /** Play what is in view, again from its beginning at its end. */
  play(on) {
    this.playing = on;
    this.hook.playing = on;
    this.query('[data-act="play"]').textContent = on ? "❚❚ Pause" : "▶ Play";
    cancelAnimationFrame(this.frame);
    if (!on) return;
    let before = performance.now();
    const step = (now) => {
      const speed = Number(this.query("select").value);
      this.at += ((now - before) / 1000) * speed;
      before = now;
      if (this.at >= this.to) this.at = this.from;
      this.paint();
      this.frame = requestAnimationFrame(step);
    };
    this.frame = requestAnimationFrame(step);
  }

  draw() {
    if (!this.session) return;
    this.root.toggleAttribute("data-dark", isDark(this.root));
    this.palette = paletteOf(this.root);
    this.traces.draw(this.session, this.from, this.to, this.palette);
    this.figure.fit(this.palette);
    this.paint();
  }

  /** What moves with the cursor. */
  paint() {
    if (!this.palette) return;
    const row = Math.round((this.at - this.session.t0) * this.session.hz);
    const at = (name) => {
      const value = this.session.columns[name][row];
      return value === undefined || value === UNKNOWN ? NaN : value / 100;
    };
    this.traces.point(this.at, this.palette);
    this.query(".unknown").hidden = this.figure.draw(poseOf(at));
    for (const cell of this.root.querySelectorAll("[data-column]")) {
      const value = at(cell.dataset.column);
      cell.textContent = Number.isFinite(value) ? value.toFixed(0).replace("-0", "0").replace("-", "−") : "–";
    }
    this.slider.value = this.at;
    this.slider.setAttribute("aria-valuetext", clock(this.at, true));
    this.query(".time").textContent = `${clock(this.at, true)} / ${clock(this.session.end, false)}`;
    Object.assign(this.hook, { at: this.at, from: this.from, to: this.to, knees: this.figure.knees });
  }

  close() {
    this.play(false);
    this.observer.disconnect();
  }
}

export default mounted(".review", (root) => new Player(root));
