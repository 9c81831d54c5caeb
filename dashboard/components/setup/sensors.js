// The sensors: battery, signal, loss and state of each, where it goes, and which one is shaken.

import { LOW_BATTERY, MUCH_LOST, setText, spoken } from "../live/collector.js";

const WEAK_DBM = -85;
const GOES = {
  pelvis: ["Pelvis", "flat on the sacrum, between the two dimples, belt tight"],
  thigh_left: ["Left thigh", "on the outside, a hand above the knee, strap snug"],
  thigh_right: ["Right thigh", "on the outside, a hand above the knee, strap snug"],
};
const STATES = { streaming: "streaming", searching: "searching …", connecting: "connecting …", lost: "lost – searching …" };

/** A sensor's name in words. */
export function placeName(sensor) {
  return GOES[sensor]?.[0] ?? String(sensor).replaceAll("_", " ");
}

/** What is wrong with a sensor, in words; empty when nothing is. */
function troubleOf(sensor) {
  const percent = typeof sensor.battery === "number" && sensor.battery_unit !== "V";
  const said = [];
  if (sensor.state !== "streaming") said.push(sensor.trouble || "switch it on and bring it near");
  if (percent && sensor.battery < LOW_BATTERY) said.push("battery low – charge it");
  if ((sensor.loss_percent ?? 0) > MUCH_LOST) said.push("much is lost – bring the computer nearer");
  if (signalOf(sensor) < WEAK_DBM) said.push("weak signal");
  return said.join("; ");
}

function signalOf(sensor) {
  return Number(sensor.rssi_dbm ?? NaN);
}

/** Battery, signal, loss and rate of a sensor: pairs of a name and a value. */
function figuresOf(sensor) {
  const pairs = [];
  if (typeof sensor.battery === "number") {
    const volts = sensor.battery_unit === "V";
    pairs.push(["battery", volts ? `${sensor.battery.toFixed(2)} V` : `${Math.round(sensor.battery)} %`]);
  }
  if (Number.isFinite(signalOf(sensor))) pairs.push(["signal", `${signalOf(sensor)} dBm`]);
  if (typeof sensor.loss_percent === "number") pairs.push(["lost", `${sensor.loss_percent.toFixed(1)} %`]);
  const slow = sensor.rate_hz < 0.9 * (sensor.nominal_hz ?? 0);
  if (typeof sensor.rate_hz === "number" && slow) pairs.push(["rate", `${Math.round(sensor.rate_hz)} Hz`]);
  return pairs;
}

/** Draws the cards and the picture, and runs the check by shaking. */
export class Sensors {
  constructor(root, collector) {
    this.root = root;
    this.collector = collector;
    this.list = root.querySelector(".cards");
    this.cards = new Map();
    this.asked = "";
    this.answers = new Map();
    root.querySelector("[data-swap]").onclick = () => this.swap();
    root.querySelector("[data-check]").onclick = () => this.ask(this.asked ? "" : "first");
  }

  /** Begin, go on with, or end the check by shaking. */
  ask(which) {
    if (which === "first") this.answers.clear();
    const left = this.names.filter((name) => !this.answers.has(name));
    this.asked = which && left.length ? left[0] : "";
    this.since = performance.now();
    this.refused = "";
    this.say();
  }

  /** The place that was asked for, and the other one whose sensor moved; nothing when all fit. */
  wrong() { return [...this.answers].find(([name, shaken]) => name !== shaken) ?? null; }

  /** Let the two sensors of a wrong answer change places in the collector, and ask anew. */
  async swap() {
    const [one, other] = this.wrong();
    const answer = await this.collector.ask("bind", { [one]: other, [other]: one });
    if (!answer.error) { this.ask("first"); return; }
    this.refused = answer.error;
    this.say();
  }

  say() {
    const button = this.root.querySelector("[data-check]");
    setText(button, this.asked ? "Stop the check" : "Check places by shaking");
    const wrong = this.wrong();
    let text = "";
    if (this.asked) text = `Shake the one on the ${placeName(this.asked).toLowerCase()}; keep the others still.`;
    else if (this.refused) text = this.refused;
    else if (wrong) text = `You shook the one on the ${placeName(wrong[0]).toLowerCase()}, but the ${placeName(wrong[1]).toLowerCase()} sensor moved: swap the straps, or keep them so and let the two change names.`;
    else if (this.answers.size) text = "All sensors are where they should be.";
    const swap = this.root.querySelector("[data-swap]");
    swap.hidden = !wrong || Boolean(this.asked) || this.recording;
    if (wrong) setText(swap, `Keep them so: this is the ${placeName(wrong[0]).toLowerCase()} sensor`);
    const place = this.root.querySelector(".asked");
    setText(place, text);
    place.classList.toggle("wrong", Boolean(wrong) && !this.asked);
    place.classList.toggle("right", this.answers.size > 0 && !wrong && !this.asked);
  }

  /** Take the collector's answer. */
  show(status) {
    const sensors = Array.isArray(status?.sensors) ? status.sensors : [];
    this.names = sensors.map((sensor) => sensor.sensor);
    this.recording = status?.state === "recording";
    const check = this.root.querySelector("[data-check]");
    check.hidden = status?.shaken === undefined || sensors.length < 2;
    this.root.querySelector(".nobody").hidden = sensors.length > 0;
    setText(this.root.querySelector(".nobody"), nobody(status));
    this.hear(status?.shaken);
    for (const [name, card] of this.cards) if (!this.names.includes(name)) { card.remove(); this.cards.delete(name); }
    for (const sensor of sensors) this.showCard(sensor, status.shaken);
    for (const mark of this.root.querySelectorAll("[data-place]")) {
      const found = sensors.find((sensor) => sensor.sensor === mark.dataset.place);
      mark.setAttribute("class", found ? (troubleOf(found) ? "wrong" : "fine") : "");
      mark.classList.toggle("shaken", Boolean(found) && status.shaken === found.sensor);
    }
  }

  /** A shake that answers the question; the one that answered the question before is none. */
  hear(shaken) {
    if (shaken !== this.heard) this.heard = "";
    if (!this.asked || !shaken || shaken === this.heard || performance.now() - this.since < SETTLE_MS) return;
    if (this.last === shaken) {
      this.last = "";
      this.heard = shaken;
      this.answers.set(this.asked, shaken);
      this.ask(shaken === this.asked ? "next" : "");
    } else this.last = shaken;
  }

  showCard(sensor, shaken) {
    let card = this.cards.get(sensor.sensor);
    if (!card) {
      card = document.createElement("li");
      card.append(...["b", "span", "dl", "small"].map((tag) => document.createElement(tag)));
      this.cards.set(sensor.sensor, card);
      this.list.append(card);
    }
    const [name, state, figures, hint] = card.children;
    const trouble = troubleOf(sensor);
    setText(name, placeName(sensor.sensor));
    setText(state, shaken === sensor.sensor ? "moving" : STATES[sensor.state] ?? sensor.state ?? "");
    const pairs = figuresOf(sensor).map((pair) => {
      const group = document.createElement("div");
      group.append(spoken("dt", pair[0], ""), spoken("dd", pair[1], ""));
      return group;
    });
    figures.replaceChildren(...pairs);
    setText(hint, trouble || GOES[sensor.sensor]?.[1] || "");
    card.className = trouble ? "wrong" : "fine";
    card.classList.toggle("shaken", shaken === sensor.sensor);
    card.classList.toggle("off", sensor.state !== "streaming");
    if (sensor.sensor.endsWith("_left")) card.dataset.of = "left";
    if (sensor.sensor.endsWith("_right")) card.dataset.of = "right";
  }
}

/** What to do where no sensor is known. */
function nobody(status) {
  if (!status) return 'No collector runs. Start "imuhip collect" on this computer; this page goes on by itself.';
  return "This is a recording being played: its sensors are not here.";
}

const SETTLE_MS = 1200;
