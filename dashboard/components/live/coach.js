// What the coach does: marks, start and stop, the theme; by tap or by key.

import { askedAt, keptAs, kitWords, pageOf } from "../canvas/mount.js";
import { Collector, LOW_BATTERY, MUCH_LOST, VISIT_KEY, setText, spoken, spokenPlace, wearTheme } from "./collector.js";
import { SetFields } from "./fields.js";
import { TableScreen } from "./screen.js";

const SAID_MS = 4000;
const STATUS_MS = 2000;
const THEMES = ["page", "gym"];
const THEME_KEY = "imuhip-theme";
const KEYS = { p: "pain", c: "cue", n: "note", f: "freeze", r: "reset", g: "theme", m: "move", "?": "help" };

/** Buttons and keys; asks the collector by HTTP, on the page's own address. */
export class Coach {
  constructor(root, data, acts) {
    this.root = root;
    this.collector = new Collector(askedAt(data));
    this.acts = acts;
    this.chosen = JSON.parse(localStorage.getItem(keptAs(VISIT_KEY, data)) ?? "{}");
    setText(root.querySelector(".kit"), kitWords(data));
    root.querySelector(".calibrate a").setAttribute("href", pageOf("setup", data));
    this.done = "";
    this.turn = 0;
    this.screen = new TableScreen(root, () => this.showBattery());
    this.fields = new SetFields(root.querySelector(".fields"), this.collector);
    this.form = root.querySelector(".say");
    this.input = this.form.querySelector("input");
    for (const button of root.querySelectorAll("[data-act]")) button.onclick = () => this.act(button.dataset.act);
    for (const number of root.querySelectorAll("[data-help]")) number.onclick = () => this.help(number.dataset.help);
    this.form.onsubmit = (event) => {
      event.preventDefault();
      this.mark(`${this.asked}:${this.input.value.trim() || "–"}`);
      this.close();
    };
    this.form.querySelector("[data-close]").onclick = () => this.close();
    this.input.onkeydown = (event) => {
      event.stopPropagation();
      if (event.key === "Escape") this.close();
    };
    this.onKey = (event) => this.key(event);
    window.addEventListener("keydown", this.onKey);
    this.showTheme(localStorage.getItem(THEME_KEY) ?? "page");
    this.poll();
  }

  destroy() {
    window.removeEventListener("keydown", this.onKey);
    clearTimeout(this.timer);
    clearTimeout(this.silence);
    this.fields.close();
    wearTheme("page");
  }

  key(event) {
    const target = event.composedPath()[0];
    const typing = target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !this.root.isConnected) return;
    const act = KEYS[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    this.act(act);
  }

  act(name) {
    if (name === "pain") this.mark("pain");
    else if (name === "cue" || name === "note") this.open(name);
    else if (name === "theme") this.nextTheme();
    else if (name === "record") this.record();
    else if (name === "help") this.help("");
    else if (name === "move") this.move();
    else if (name === "other") this.other();
    else if (name === "next") this.nextAthlete();
    else this.acts[name]?.();
  }

  /** Movements that were chosen at set-up, by anybody; this browser's own where nobody tells. */
  get battery() {
    const planned = this.plan?.movements ?? [];
    return planned.length ? planned : this.chosen.movements ?? [];
  }

  /** Begin the next movement that was chosen at set-up, or end the one that goes on. */
  async move() {
    if (this.root.querySelector(".battery").hidden) return;
    const doing = this.acts.doing();
    const test = doing ? null : this.screen.offered;
    const [name] = this.battery[this.turn] ?? [];
    if (test) await this.begin(test);
    else if (doing || name) await this.mark(doing ? `end:${doing}` : `begin:${name}`);
    this.status();
  }

  /** Begin a test of the table screen: the collector marks its effort, then the test. */
  async begin({ movement, effort, title }) {
    const answer = await this.collector.ask("test", { movement, effort, edge: "begin" });
    if (!answer.error) this.screen.began();
    this.say(answer.error ?? `Begun: ${title}`, Boolean(answer.error));
  }

  /** Past the table screen, or to the next movement; after the last one the screen again. */
  other() {
    if (this.screen.offered) { this.screen.leave(); return; }
    this.turn = (this.turn + 1) % Math.max(1, this.battery.length);
    if (this.turn === 0) this.screen.comeBack();
  }

  /** After a movement the next one is offered, whoever ended it. */
  goOn(doing) {
    if (doing === this.done) return;
    const ended = this.battery.findIndex(([name]) => name === (doing || this.done));
    if (ended >= 0) this.turn = doing ? ended : (ended + 1) % this.battery.length;
    this.done = doing;
  }

  /** Name what a tap would do; without a choice at set-up, or a recording, there is nothing. */
  showBattery() {
    const doing = this.acts.doing();
    const known = this.battery.find(([name]) => name === doing) ?? this.screen.named(doing);
    this.goOn(doing);
    this.screen.draw(this.recording && this.live, doing);
    const [button, next] = this.root.querySelectorAll(".battery button");
    const test = doing ? null : this.screen.offered;
    const waiting = this.battery.length + (this.screen.open ? 1 : 0);
    button.parentElement.hidden = !this.recording || !this.live || (doing ? !known : !waiting);
    next.hidden = Boolean(doing) || waiting < 2;
    const title = known?.[1] ?? test?.title ?? this.battery[this.turn]?.[1] ?? "";
    setText(button, `${doing ? "End" : "Begin"}: ${title}`);
    button.classList.toggle("on", Boolean(doing));
  }

  /** Take the definitions of measures and rules, which the results and the report use too. */
  define({ measures, rules }) {
    this.rules = rules ?? {};
    for (const place of this.root.querySelectorAll("[data-measure]")) setText(place, measures?.[place.dataset.measure] ?? "");
  }

  /** What the numbers mean; the one that was asked for stands out, and so do the findings shown now. */
  help(topic) {
    const dialog = this.root.querySelector(".help");
    const known = this.acts.findings().filter((finding) => this.rules[finding.rule]);
    dialog.querySelector(".rules").replaceChildren(...known.map((finding) => spoken("li", this.rules[finding.rule].join(": "), "")));
    for (const entry of dialog.querySelectorAll("[data-topic]")) entry.classList.toggle("asked", entry.dataset.topic === topic);
    if (!dialog.open) dialog.showModal();
    dialog.querySelector(".asked")?.scrollIntoView({ block: "nearest" });
  }

  /** Ask for the words of a cue or a note. */
  open(kind) {
    this.asked = kind;
    this.form.hidden = false;
    this.input.value = "";
    this.input.placeholder = kind === "cue" ? "What did you say?" : "What did you see?";
    this.input.setAttribute("aria-label", this.input.placeholder);
    this.input.focus();
  }

  close() {
    this.form.hidden = true;
    this.asked = "";
  }

  async mark(label) {
    const answer = await this.collector.ask("mark", { label });
    this.say(answer.error ?? `Marked: ${label.replace(":", ": ")}`, Boolean(answer.error));
  }

  async record() {
    const action = this.recording ? "stop" : "start";
    const { athlete, goal } = this.plan?.athlete || this.plan?.goal ? this.plan : this.chosen;
    const chosen = { ...(athlete && { athlete }), ...(goal && { goal }) };
    const answer = await this.collector.ask(action, action === "start" ? chosen : undefined);
    this.say(answer.error ?? (action === "stop" ? "Recording stopped and kept" : "Recording"), Boolean(answer.error));
    this.status();
  }

  /** Whoever waits next takes the sensors over: on to Set up, nothing is bound anew. */
  async nextAthlete() {
    const [athlete] = this.plan?.queue ?? [];
    const answer = await this.collector.ask("next", { athlete });
    if (answer.error) this.say(answer.error, true);
    else this.root.querySelector(".calibrate a").click();
  }

  say(text, wrong) {
    const place = this.root.querySelector(".said");
    setText(place, text);
    place.classList.toggle("wrong", wrong);
    clearTimeout(this.silence);
    this.silence = setTimeout(() => setText(place, ""), SAID_MS);
  }

  poll() {
    this.timer = setTimeout(() => this.poll(), STATUS_MS);
    if (!document.hidden) this.status();
  }

  async status() {
    const status = await this.collector.status();
    this.acts.heard(status);
    this.show(status);
  }

  /** Start and stop only where there is something to record; each sensor's battery and loss. */
  show(status) {
    this.recording = status?.state === "recording";
    this.plan = status?.course?.plan;
    this.screen.take(status?.course?.screen);
    this.fields.show(status?.course?.fields);
    // A table test has no load, and its effort is marked with it: its sentences have the room.
    const tested = this.screen.open && !status?.course?.screen?.over;
    this.root.querySelector(".fields").hidden = status?.source !== "live" || tested;
    this.showLast(this.recording ? null : status?.last);
    const [waits] = this.plan?.queue ?? [];
    const next = this.root.querySelector('[data-act="next"]');
    next.hidden = !waits || this.recording || status?.source !== "live";
    setText(next, `Next athlete: ${waits}`);
    this.live = status?.source === "live";
    const live = status?.source === "live" && ["recording", "ready"].includes(status.state);
    this.root.classList.toggle("idle", Boolean(status) && !this.recording);
    this.showBattery();
    const button = this.root.querySelector('[data-act="record"]');
    button.hidden = !live;
    setText(button, this.recording ? "Stop" : "Record");
    button.classList.toggle("on", this.recording);
    const place = this.root.querySelector(".sensors");
    const sensors = Array.isArray(status?.sensors) ? status.sensors : [];
    place.replaceChildren(...sensors.map((sensor) => sensorChip(sensor)));
  }

  /** What has become of the recording that was stopped, and where it is found. */
  showLast(last) {
    const place = this.root.querySelector(".last");
    place.hidden = !last;
    if (!last) return;
    const who = last.athlete;
    const words = {
      working: `Kept. Working out the results for ${who} …`,
      filed: `Kept, and filed under ${who}.`,
      failed: `Kept, but not filed under ${who}: ${last.words}`,
      unknown: `Kept as ${last.recording}. No athlete was chosen at set-up, so it is not filed yet.`,
    }[last.state];
    place.dataset.filing = last.state;
    setText(place.querySelector("span"), words);
    const link = place.querySelector("a");
    const [where, text] = last.state === "filed" ? [`review?session=${encodeURIComponent(last.session)}`, "Open in Review"] : ["athletes", "File it"];
    link.hidden = !["filed", "unknown"].includes(last.state);
    if (link.getAttribute("href") !== where) link.setAttribute("href", where);
    setText(link, text);
    // Who watched the demo to its end sees what came of it; who comes later only reads the card.
    if (last.state === "working") this.watched = last.recording;
    else if (last.state === "filed" && last.leads && this.watched === last.recording) link.click();
  }

  nextTheme() {
    const next = THEMES[(THEMES.indexOf(this.theme) + 1) % THEMES.length];
    localStorage.setItem(THEME_KEY, next);
    this.showTheme(next);
    this.acts.restyle();
  }

  showTheme(theme) {
    this.theme = THEMES.includes(theme) ? theme : "page";
    this.root.dataset.theme = this.theme;
    wearTheme(this.theme);
    const button = this.root.querySelector('[data-act="theme"]');
    button.setAttribute("aria-pressed", String(this.theme === "gym"));
  }
}

/** A small sign of one sensor: battery, and what is wrong with it. */
function sensorChip(sensor) {
  const chip = document.createElement("span");
  const known = typeof sensor.battery === "number" && sensor.battery_unit !== "V";
  const battery = known ? ` ${Math.round(sensor.battery)} %` : "";
  const loss = sensor.loss_percent ?? 0;
  const trouble = [
    sensor.state && sensor.state !== "streaming" ? sensor.state : "",
    known && sensor.battery < LOW_BATTERY ? "battery low" : "",
    loss > MUCH_LOST ? `${loss.toFixed(1)} % lost` : "",
  ].filter(Boolean);
  chip.textContent = `${spokenPlace(sensor.sensor)}${battery}${trouble.length ? ` – ${trouble.join(", ")}` : ""}`;
  chip.classList.toggle("wrong", trouble.length > 0);
  chip.title = sensor.trouble || `${loss.toFixed(1)} % lost, ${sensor.rate_hz ?? "–"} Hz`;
  return chip;
}
