// The calibration: the collector counts and marks, this page shows, speaks and asks.

import { setText, spoken } from "../live/collector.js";
import { Sound } from "../live/sound.js";
import { placeName } from "./sensors.js";
import { VERDICTS, gateWords } from "./steps.js";
import { STEPS } from "./table.js";

const READY_S = 3;
// Hands-free, whoever has just done a step stands where the next one begins.
const NEXT_READY_S = 1.2;
const VERDICT_MS = 6000;
// After a good step the next one waits so long, for its words to be heard.
const PAUSE_MS = 600;
// After it the sensors are strapped on, which takes as long as it takes.
const BY_HAND_AFTER = "tray";
// So often a step that fails begins again by itself; then somebody has to look.
const MOST_TRIES = 3;
// The buttons that lead on, the likeliest first.
const LEADS_ON = ["end", "next", "agree", "record", "begin", "train", "free"];

/** Walks through the steps; hears the collector's course by its status and verdicts in the feed. */
export class Protocol {
  /** @type {((athlete: string) => void) | undefined} */
  agreed;

  /** @type {(...asked: any[]) => any} */
  ask;

  /** @type {import("../live/collector.js").Collector} */
  collector;

  /** @type {string} */
  drawn;

  /** @type {import("../live/feed.js").Feed} */
  feed;

  /** The place that it draws in. @type {any} */
  root;

  /** @type {Set<string>} */
  skipped;

  /** Whether the keyboard was on a button that has gone. @type {boolean | undefined} */
  homeless;

  /** @type {string | undefined} */
  drawnVerdict;

  constructor(root, collector, feed, ask) {
    Object.assign(this, { root, collector, feed, ask, at: 1, skipped: new Set(), drawn: "", running: null, awaited: null, auto: false });
    this.sound = new Sound(root.querySelector("[data-sound]"), "imuhip-sound", "on");
    this.list = root.querySelector(".protocol");
    this.list.replaceChildren(...STEPS.map((step, k) => this.item(step, k)));
    for (const button of root.querySelectorAll("button[data-do]")) button.onclick = () => this[button.dataset.do]();
  }

  destroy() { clearTimeout(this.following); this.sound.quiet(); }

  item(step, k) {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.append(spoken("b", step.title, ""), spoken("span", "", ""));
    button.onclick = () => { if (!this.busy()) { this.at = k; this.chosen = true; this.byHand(); } };
    item.append(button);
    return item;
  }

  get step() { return STEPS[this.at]; }
  get phase() { return this.running?.phase ?? (this.awaited ? "waiting" : "idle"); }
  get left() { return this.running ? Math.max(0, Math.ceil(this.running.until - performance.now() / 1000)) : 0; }
  busy() { return this.phase !== "idle"; }

  /** Take the collector's state: the step that runs is shown, whoever began it. */
  show(status) {
    this.status = status;
    this.mine = status?.source === "live";
    const active = status?.course?.step;
    const was = this.running;
    this.running = active ? { ...active, until: performance.now() / 1000 + (active.left_s ?? Infinity) } : null;
    if (active) {
      const k = STEPS.findIndex((step) => step.name === active.step);
      if (k >= 0) this.at = k;
      this.chosen = true;
    }
    if (active?.phase === "running" && !(was?.phase === "running" && was.step === active.step)) {
      this.before = { step: active.step, verdict: this.feed.steps.get(active.step) };
      this.sound.beep("begin");
    }
    if (was?.phase === "running" && was.step !== active?.step) {
      this.sound.beep("end");
      this.awaited = { step: was.step, until: performance.now() + VERDICT_MS };
    }
  }

  /** A verdict that is waited for has come, or will not come any more. */
  listen() {
    if (!this.awaited) return;
    const verdict = this.feed.steps.get(this.awaited.step);
    const before = this.before?.step === this.awaited.step ? this.before.verdict : undefined;
    if (verdict !== before) {
      this.awaited = null;
      this.judged(verdict);
    } else if (performance.now() > this.awaited.until) {
      this.awaited = null;
      this.byHand();
      this.say("No result yet – is every sensor sending data?");
    }
  }

  /** Say what came of a step, and go on by itself where that was asked for. */
  judged(verdict) {
    if (!this.auto) return;
    this.tries = verdict.accepted ? 0 : (this.tries ?? 0) + 1;
    const words = verdict.accepted ? "Good." : `Once more. ${(verdict.words ?? []).join(" ")}`;
    this.sound.speak(words);
    if (this.tries >= MOST_TRIES) { this.byHand(); return; }
    this.following = setTimeout(() => {
      if (!this.auto || this.busy()) return;
      this.follows = verdict.accepted;
      if (!verdict.accepted) { this.begin(); return; }
      const waits = this.step.name === BY_HAND_AFTER;
      this.next();
      if (this.complete()) { this.byHand(); this.sound.speak("All done. Start training."); return; }
      if (waits) { this.byHand(); this.sound.speak("Strap the sensors on, then go on."); return; }
      this.begin();
    }, PAUSE_MS);
  }

  /** From here on each step is begun by a tap. */
  byHand() {
    this.auto = this.follows = false;
    clearTimeout(this.following);
  }

  /** One tap for all steps: each is spoken, and the next one begins by itself. */
  free() {
    // Whoever taps after the tray sees that the athlete stands.
    Object.assign(this, { auto: true, tries: 0, follows: STEPS[this.at - 1]?.name === BY_HAND_AFTER });
    if (this.done(this.step)) this.next();
    this.begin();
  }

  resume() {
    // By verdicts, not by how many: a step done again is judged anew.
    const verdicts = STEPS.map((step) => this.sign(step)).join();
    if (this.busy() || this.chosen || this.resumed === verdicts) return;
    this.resumed = verdicts;
    const next = STEPS.findIndex((step) => !step.optional && !this.done(step));
    this.at = next < 0 ? STEPS.length - 1 : next;
  }

  done(step) { return this.skipped.has(step.name) || this.feed.steps.get(step.name)?.accepted === true; }
  complete() { return STEPS.every((step) => step.optional || this.done(step)); }

  async record() {
    const [athlete, goal, tester] = ["athlete", "goal", "tester"].map((name) => this.root.querySelector(`[name=${name}]`).value.trim());
    const missing = (this.status?.sensors ?? []).filter((sensor) => sensor.state !== "streaming");
    const known = athlete || this.status?.athlete;
    if (!known && !this.nameless) {
      this.nameless = true;
      this.say("No athlete is chosen, so the session would not be filed. Choose who trains, or start anyway.");
      return;
    }
    this.nameless = false;
    const body = { goal, ...(athlete && { athlete }), ...(tester && { tester }), ...(missing.length === 1 && this.without && { without: missing[0].sensor }) };
    const answer = await this.collector.ask("start", body);
    const unagreed = Boolean(answer.error) && /consent/.test(answer.error);
    this.say(answer.error ? (unagreed ? answer.error : refusal(answer.error, missing)) : "");
    this.agreeing = unagreed ? known : "";
    this.without = Boolean(answer.error) && !unagreed && missing.length === 1 && missing[0].sensor !== "pelvis";
    this.skipped.clear();
    await this.ask();
  }

  /** Write the consent down that start was refused for, then start. */
  async agree() {
    const answer = await this.collector.consent(this.agreeing);
    if (answer.error) { this.say(answer.error); return; }
    this.agreeing = "";
    this.agreed?.(answer.athlete);
    await this.record();
  }

  /** Let the collector count down to the step, mark its begin and its end. */
  begin() {
    this.sound.speak(this.step.says);
    const ready = this.follows ? NEXT_READY_S : READY_S;
    this.follows = false;
    return this.calibrate("begin", { ready_s: String(ready), seconds: String(this.step.seconds) });
  }

  /** "Now" while it is counted down, "Done" while it goes on. */
  end() {
    if (this.phase === "ready") return this.calibrate("begin", { seconds: String(this.step.seconds) });
    return this.calibrate("end");
  }

  /** Take the countdown back, or end what goes on. */
  stop() {
    this.byHand();
    return this.calibrate("end");
  }

  async calibrate(edge, more) {
    this.chosen = true;
    this.say("");
    const answer = await this.collector.ask("calibrate", { step: this.step.name, edge, ...more });
    if (answer.error) { this.byHand(); this.say(answer.error); }
    await this.ask();
  }

  /** From now on repetitions count; then the live page. */
  async train() {
    const answer = await this.collector.ask("train");
    if (answer.error) { this.say(answer.error); return; }
    this.root.querySelector("a.start").click();
  }

  skip() {
    this.byHand();
    if (!this.done(this.step)) this.skipped.add(this.step.name);
    this.next();
  }

  next() {
    this.at = Math.min(this.at + 1, STEPS.length - 1);
    this.chosen = true;
    this.say("");
  }

  say(words) { setText(this.root.querySelector(".refused"), words); }

  /** Bring the page up to date; called with every frame, changes only what differs. */
  draw() {
    this.listen();
    this.resume();
    const verdict = this.feed.steps.get(this.step.name);
    const recording = this.status?.state === "recording";
    const state = [this.at, this.phase, this.left, recording, this.mine, this.without, this.agreeing, this.auto, this.feed.activity].join();
    const verdicts = STEPS.map((step) => this.sign(step)).join();
    if (state + verdicts === this.drawn && verdict === this.drawnVerdict) return;
    Object.assign(this, { drawn: state + verdicts, drawnVerdict: verdict });
    STEPS.forEach((step, k) => this.drawItem(step, this.list.children[k], k === this.at));
    this.drawCoach(verdict);
    this.drawButtons(recording, verdict);
  }

  sign(step) {
    const verdict = this.feed.steps.get(step.name);
    if (verdict) return verdict.accepted ? "done" : "again";
    return this.skipped.has(step.name) ? "skipped" : "open";
  }

  drawItem(step, item, current) {
    const sign = this.sign(step);
    item.className = sign;
    const words = { done: "✓ done", again: "✗ again", skipped: "skipped", open: step.optional ? "optional" : "" }[sign];
    setText(item.querySelector("span"), words);
    item.classList.toggle("now", current);
    if (current) item.firstChild.setAttribute("aria-current", "step"); else item.firstChild.removeAttribute("aria-current");
  }

  drawCoach(verdict) {
    const at = (name) => this.root.querySelector(name);
    const counting = this.phase === "ready" || this.phase === "running";
    setText(at(".coach h3"), this.step.title);
    setText(at(".says"), this.phase === "waiting" ? "Measuring …" : `“${this.step.says}”`);
    setText(at(".why"), this.step.why);
    setText(at(".count"), counting && Number.isFinite(this.left) ? String(this.left) : "");
    setText(at(".count-word"), this.phase === "ready" ? "get ready" : this.phase === "running" ? "seconds – go on" : "");
    at(".coach").dataset.phase = this.phase;
    const judged = verdict && !this.busy();
    setText(at(".verdict"), judged ? (verdict.accepted ? "Good – that counts." : "Not yet. " + (verdict.words ?? []).join(" ")) : "");
    at(".verdict").classList.toggle("wrong", Boolean(judged) && !verdict.accepted);
    at(".also").hidden = true;
    if (judged && verdict.accepted && verdict.words?.length) { at(".also").hidden = false; setText(at(".also"), verdict.words.join(" ")); }
    const gates = judged ? verdict.gates.filter((gate) => gate.name !== "rows" || gate.verdict !== "good") : [];
    at(".gates tbody").replaceChildren(...gates.map((gate) => gateRow(gateWords(gate))));
    at(".gates").hidden = !gates.length;
  }

  /** Who pressed a button that then goes away finds the keyboard on the one that leads on. */
  drawButtons(recording, verdict) {
    const held = this.root.querySelector(".buttons > :focus");
    this.showButtons(recording, verdict);
    this.homeless = held ? held.hidden : this.homeless && document.activeElement === document.body;
    const next = LEADS_ON.map((name) => this.root.querySelector(`[data-do="${name}"]`)).find((button) => !button.hidden);
    if (this.homeless) next?.focus();
  }

  showButtons(recording, verdict) {
    const at = (name) => this.root.querySelector(`[data-do="${name}"]`);
    const idle = !this.busy();
    const done = verdict?.accepted === true;
    const open = this.mine && recording && idle;
    at("record").hidden = !this.mine || recording;
    setText(at("record"), this.without ? "Start without it" : "Start the recording");
    at("agree").hidden = !this.agreeing || recording;
    setText(at("agree"), `${this.agreeing} agrees: save the consent and start`);
    at("free").hidden = !open || this.auto || this.complete();
    setText(at("free"), this.feed.steps.size ? "Go on hands-free" : "All steps, hands-free");
    at("begin").hidden = !open || this.auto || done;
    setText(at("begin"), verdict && !done ? "Do it again" : "Begin");
    at("end").hidden = !["ready", "running"].includes(this.phase);
    setText(at("end"), this.phase === "ready" ? "Now" : "Done");
    at("stop").hidden = !["ready", "running"].includes(this.phase);
    at("next").hidden = !this.mine || !idle || this.auto || !done || this.at === STEPS.length - 1;
    if (!at("next").hidden) setText(at("next"), `Next: ${STEPS[this.at + 1].title}`);
    const last = this.at === STEPS.length - 1 || this.complete();
    at("train").hidden = !recording || !idle || !last;
    at("train").classList.toggle("main", this.complete());
    at("again").hidden = !open || this.auto || !done;
    at("skip").hidden = !open || done || this.at === STEPS.length - 1;
  }

  again() { this.byHand(); return this.begin(); }
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
