// The calibration: what the coach says, a countdown, what was measured, and what to do again.

const READY_S = 3;
const VERDICT_MS = 6000;
const STEPS = [
  { name: "shake", title: "Shake together", seconds: 10, optional: true, says: "Hold all three sensors in one hand and shake hard and unevenly.", why: "Finds how late each sensor's radio is. Only needed once a day." },
  { name: "tray", title: "Tray", seconds: 5, says: "Lay the three sensors in the tray, arrows the same way. Don't touch.", why: "Gives all three the same compass. Strap them on within a minute and a half." },
  { name: "stand", title: "Stand", seconds: 8, says: "Stand tall, feet hip-width and parallel, kneecaps forward, arms crossed. Don't move.", why: "Your standing is the zero of every angle." },
  { name: "bow", title: "Bow", seconds: 14, says: "Three slow bows from the hips, back flat, straight ahead.", why: "Finds which way the pelvis faces." },
  { name: "knee_lift_left", title: "Left knee", seconds: 12, says: "Three slow knee lifts on the LEFT, knee straight ahead.", why: "Checks the left thigh's sensor." },
  { name: "knee_lift_right", title: "Right knee", seconds: 12, says: "Three slow knee lifts on the RIGHT, knee straight ahead.", why: "Checks the right thigh's sensor." },
  { name: "toe_turn_left", title: "Left toes", seconds: 6, says: "LEFT leg straight: turn the toes out and in.", why: "Checks which way the left thigh turns." },
  { name: "toe_turn_right", title: "Right toes", seconds: 6, says: "RIGHT leg straight: turn the toes out and in.", why: "Checks which way the right thigh turns." },
  { name: "stand_again", title: "Stand again", seconds: 8, says: "Stand as at the start. Don't move.", why: "Shows whether a strap has slipped." },
];
const GATE_NAMES = {
  rows: ["data that came", 100, " %"],
  gyro_spread: ["restlessness", 1, "°/s"],
  force_minus_gravity: ["pull besides gravity", 1, " m/s²"],
  bow_amplitude: ["depth of the bows", 1, "°"],
  bow_steadiness: ["bows differ by", 1, "°"],
  knee_lift_amplitude: ["height of the knee", 1, "°"],
  knee_lift_steadiness: ["lifts differ by", 1, "°"],
  axis_tilt: ["tilt of the pelvis sensor", 1, "°"],
  side: ["this leg against the other", 1, " ×"],
  tilt_closure: ["leans otherwise by", 1, "°"],
  heading_closure: ["faces otherwise by", 1, "°"],
  slip: ["slip of the strap", 1, ""],
  shake_speed: ["strength of the shake", 57.29578, "°/s"],
  shake_agreement: ["sensors turned alike", 100, " %"],
  shake_distinct: ["clearness", 100, " %"],
  shake_uncertainty: ["known to", 1, " ms"],
  shake_delay: ["later than the pelvis", 1, " ms"],
};
const VERDICTS = { good: "good", fair: "fair", failed: "not enough" };

/** A number as short as it may be. */
function short(value) {
  if (typeof value !== "number") return "–";
  const size = Math.abs(value);
  return size >= 10 ? value.toFixed(0) : size >= 1 ? value.toFixed(1) : value.toFixed(2);
}

/** One measured thing in words: name, value, what was wanted, verdict. */
function gateWords(gate) {
  const [name, factor, unit] = GATE_NAMES[gate.name] ?? [gate.name.replaceAll("_", " "), 1, ` ${gate.unit}`];
  const least = gate.again !== null && gate.accept !== null && gate.again < gate.accept;
  const wanted = gate.accept === null ? "" : `${least ? "at least" : "at most"} ${short(factor * gate.accept)}${unit}`;
  const value = gate.value === null ? "–" : `${short(factor * gate.value)}${unit}`;
  return { name: gate.sensor ? `${placeName(gate.sensor)}: ${name}` : name, value, wanted, verdict: gate.verdict };
}

/** Walks through the steps; asks the collector, and hears its verdicts in the feed. */
class Protocol {
  constructor(root, collector, feed) {
    Object.assign(this, { root, collector, feed, at: 1, phase: "idle", skipped: new Set(), drawn: "" });
    this.list = root.querySelector(".protocol");
    this.list.replaceChildren(...STEPS.map((step, k) => this.item(step, k)));
    for (const button of root.querySelectorAll("button[data-do]")) button.onclick = () => this[button.dataset.do]();
  }

  destroy() { clearTimeout(this.timer); }

  item(step, k) {
    const [item, button] = ["li", "button"].map((tag) => document.createElement(tag));
    button.type = "button";
    button.append(spoken("b", step.title, ""), spoken("span", "", ""));
    button.onclick = () => { if (!this.busy()) { this.at = k; this.phase = "idle"; this.chosen = true; } };
    item.append(button);
    return item;
  }

  get step() { return STEPS[this.at]; }
  busy() { return ["ready", "running", "waiting"].includes(this.phase); }

  /** Take the collector's state, and go to the first step that is still to do. */
  show(status) {
    this.status = status;
    this.mine = status?.source === "live";
  }

  resume() {
    if (this.busy() || this.chosen || this.told === this.feed.steps.size) return;
    this.told = this.feed.steps.size;
    const next = STEPS.findIndex((step) => !step.optional && !this.done(step));
    this.at = next < 0 ? STEPS.length - 1 : next;
  }

  done(step) { return this.skipped.has(step.name) || this.feed.steps.get(step.name)?.accepted === true; }
  complete() { return STEPS.every((step) => step.optional || this.done(step)); }

  async record() {
    const [athlete, goal] = ["athlete", "goal"].map((name) => this.root.querySelector(`[name=${name}]`).value.trim());
    const missing = (this.status?.sensors ?? []).filter((sensor) => sensor.state !== "streaming");
    const known = athlete || this.status?.athlete;
    if (!known && !this.nameless) {
      this.nameless = true;
      this.say("Nobody is chosen, so the session would not be filed. Say who trains – or start all the same.");
      return;
    }
    this.nameless = false;
    const body = { goal, ...(athlete && { athlete }), ...(missing.length === 1 && this.without && { without: missing[0].sensor }) };
    const answer = await this.collector.ask("start", body);
    this.say(answer.error ? refusal(answer.error, missing) : "");
    this.without = Boolean(answer.error) && missing.length === 1 && missing[0].sensor !== "pelvis";
    this.skipped.clear();
  }

  /** Count down to the step, do it, and wait for its verdict. */
  begin() {
    this.chosen = true;
    this.say("");
    this.phase = "ready";
    this.count(READY_S, () => this.run());
  }

  async run() {
    const answer = await this.collector.ask("calibrate", { step: this.step.name, edge: "begin" });
    if (answer.error) { this.fail(answer.error); return; }
    this.phase = "running";
    this.count(this.step.seconds, () => this.end());
  }

  async end() {
    clearTimeout(this.timer);
    if (this.phase === "ready") { this.run(); return; }
    this.phase = "waiting";
    this.before = this.feed.steps.get(this.step.name);
    const answer = await this.collector.ask("calibrate", { step: this.step.name, edge: "end" });
    if (answer.error) { this.fail(answer.error); return; }
    const until = performance.now() + VERDICT_MS;
    const look = () => {
      if (this.feed.steps.get(this.step.name) !== this.before) this.phase = "judged";
      else if (performance.now() > until) this.fail("No verdict came – is every sensor streaming?");
      else this.timer = setTimeout(look, 100);
    };
    look();
  }

  async stop() {
    clearTimeout(this.timer);
    const was = this.phase;
    this.phase = "idle";
    if (was === "running") await this.collector.ask("calibrate", { step: this.step.name, edge: "end" });
  }

  skip() {
    if (!this.done(this.step)) this.skipped.add(this.step.name);
    this.next();
  }

  next() {
    this.at = Math.min(this.at + 1, STEPS.length - 1);
    this.phase = "idle";
    this.say("");
  }

  fail(words) {
    clearTimeout(this.timer);
    this.phase = "idle";
    this.say(words);
  }

  count(seconds, then) {
    this.left = seconds;
    const tick = () => {
      if (this.left <= 0) { then(); return; }
      this.timer = setTimeout(() => { this.left -= 1; tick(); }, 1000);
    };
    tick();
  }

  say(words) { setText(this.root.querySelector(".refused"), words); }

  /** Bring the page up to date; called with every frame, changes only what differs. */
  draw() {
    this.resume();
    const told = this.feed.steps.get(this.step.name);
    const recording = this.status?.state === "recording";
    const news = [this.at, this.phase, this.left, recording, this.mine, this.without, this.feed.activity].join();
    const verdicts = STEPS.map((step) => this.sign(step)).join();
    if (news + verdicts === this.drawn && told === this.toldNow) return;
    Object.assign(this, { drawn: news + verdicts, toldNow: told });
    STEPS.forEach((step, k) => this.drawItem(step, this.list.children[k], k === this.at));
    this.drawCoach(told);
    this.drawButtons(recording, told);
  }

  sign(step) {
    const told = this.feed.steps.get(step.name);
    if (told) return told.accepted ? "done" : "again";
    return this.skipped.has(step.name) ? "skipped" : "open";
  }

  drawItem(step, item, current) {
    const sign = this.sign(step);
    item.className = sign;
    const words = { done: "✓ done", again: "✗ again", skipped: "skipped", open: step.optional ? "if you like" : "" }[sign];
    setText(item.querySelector("span"), words);
    item.classList.toggle("now", current);
    if (current) item.firstChild.setAttribute("aria-current", "step"); else item.firstChild.removeAttribute("aria-current");
  }

  drawCoach(told) {
    const at = (name) => this.root.querySelector(name);
    const counting = this.phase === "ready" || this.phase === "running";
    setText(at(".coach h3"), this.step.title);
    setText(at(".says"), this.phase === "waiting" ? "Measuring …" : `“${this.step.says}”`);
    setText(at(".why"), this.step.why);
    setText(at(".count"), counting ? String(this.left) : "");
    setText(at(".count-word"), this.phase === "ready" ? "get ready" : this.phase === "running" ? "seconds – go on" : "");
    at(".coach").dataset.phase = this.phase;
    const judged = told && !counting && this.phase !== "waiting";
    setText(at(".verdict"), judged ? (told.accepted ? "Good – that counts." : "Not yet. " + (told.words ?? []).join(" ")) : "");
    at(".verdict").classList.toggle("wrong", Boolean(judged) && !told.accepted);
    at(".also").hidden = true;
    if (judged && told.accepted && told.words?.length) { at(".also").hidden = false; setText(at(".also"), told.words.join(" ")); }
    const gates = judged ? told.gates.filter((gate) => gate.name !== "rows" || gate.verdict !== "good") : [];
    at(".gates tbody").replaceChildren(...gates.map((gate) => gateRow(gateWords(gate))));
    at(".gates").hidden = !gates.length;
  }

  drawButtons(recording, told) {
    const at = (name) => this.root.querySelector(`[data-do="${name}"]`);
    const idle = !this.busy();
    const done = told?.accepted === true;
    at("record").hidden = !this.mine || recording;
    setText(at("record"), this.without ? "Start without it" : "Start the recording");
    at("begin").hidden = !this.mine || !recording || !idle || done;
    setText(at("begin"), told && !done ? "Do it again" : "Begin");
    at("end").hidden = !["ready", "running"].includes(this.phase);
    setText(at("end"), this.phase === "ready" ? "Now" : "Done");
    at("stop").hidden = !["ready", "running"].includes(this.phase);
    at("next").hidden = !this.mine || !idle || !done || this.at === STEPS.length - 1;
    if (!at("next").hidden) setText(at("next"), `Next: ${STEPS[this.at + 1].title}`);
    const last = this.at === STEPS.length - 1 || this.complete();
    at("train").hidden = !recording || !idle || !last;
    at("train").classList.toggle("go", this.complete());
    at("again").hidden = !this.mine || !recording || !idle || !done;
    at("skip").hidden = !this.mine || !recording || !idle || done || this.at === STEPS.length - 1;
  }

  again() { this.begin(); }
}

/** A row of the table of what was measured. */
function gateRow({ name, value, wanted, verdict }) {
  const row = document.createElement("tr");
  row.className = verdict;
  const head = spoken("th", name, "");
  head.scope = "row";
  row.append(head, ...[value, wanted, VERDICTS[verdict] ?? verdict].map((text) => spoken("td", text, "")));
  return row;
}

/** A refusal to start, in a coach's words where sensors are waited for. */
function refusal(error, missing) {
  if (!missing.length) return error;
  const names = missing.map((sensor) => placeName(sensor.sensor).toLowerCase()).join(" and ");
  return `Waiting for the ${names} sensor: switch it on and bring it near.`;
}
