// What a set is done with: load, bar, stance, heels, equipment, active or passive, cold or warm.

import { setText, spoken } from "./collector.js";

const LOAD_STEP_KG = 5;
// Several taps on + are one change.
const SETTLED_MS = 900;
// So long an answer that was under way when something was changed here says what was before.
const STALE_ANSWER_MS = 2500;
const CHOICES = {
  bar: ["Bar", ["none", "back", "front", "goblet", "overhead"]],
  stance: ["Stance", ["narrow", "medium", "wide"]],
  effort: ["Moved", ["active", "passive"]],
  warmth: ["Body", ["cold", "warm"]],
};
const AMOUNTS = { load_kg: ["Load, kg", 600, 0.5], heel_cm: ["Heels raised, cm", 15, 0.5] };

/** Shows and changes the fields of the next set; the collector keeps them, for all who watch. */
export class SetFields {
  /** @type {import("./collector.js").Collector} */
  collector;

  constructor(place, collector) {
    Object.assign(this, { place, collector, fields: {}, waiting: {} });
    const [less, more] = [-LOAD_STEP_KG, LOAD_STEP_KG].map((kg) => {
      const sign = kg < 0 ? "−" : "+";
      const button = spoken("button", sign, "");
      Object.assign(button, { type: "button", title: `${Math.abs(kg)} kg ${kg < 0 ? "less" : "more"}` });
      button.setAttribute("aria-label", button.title);
      button.onclick = () => this.change({ load_kg: String(Math.max(0, (Number(this.shown.load_kg) || 0) + kg)) });
      return button;
    });
    this.load = spoken("b", "", "");
    this.rest = spoken("button", "", "");
    this.rest.type = "button";
    this.rest.className = "rest";
    this.rest.onclick = () => this.open();
    this.dialog = this.makeDialog();
    // Who taps and leaves at once has chosen all the same.
    this.leave = () => { clearTimeout(this.settled); if (Object.keys(this.waiting).length) this.collector.post("set", this.waiting); };
    window.addEventListener("pagehide", this.leave);
    place.replaceChildren(less, this.load, more, this.rest, this.dialog);
    this.draw();
  }

  close() {
    window.removeEventListener("pagehide", this.leave);
    this.leave();
  }

  /** What is chosen, with what is on its way to the collector. */
  get shown() { return { ...this.fields, ...this.waiting }; }

  /** Take what the collector keeps. */
  show(fields) {
    if (performance.now() - (this.sent ?? -Infinity) < STALE_ANSWER_MS) return;
    this.fields = fields ?? {};
    this.draw();
  }

  change(fields) {
    this.waiting = { ...this.waiting, ...fields };
    this.draw();
    clearTimeout(this.settled);
    this.settled = setTimeout(() => this.send(), SETTLED_MS);
  }

  async send() {
    const sending = this.waiting;
    this.sent = performance.now();
    const answer = await this.collector.ask("set", sending);
    this.refused = answer.error ?? "";
    if (!answer.error) Object.assign(this.fields, sending);
    // What was tapped meanwhile waits for its own turn.
    this.waiting = Object.fromEntries(Object.entries(this.waiting).filter(([name, value]) => sending[name] !== value));
    this.draw();
  }

  draw() {
    const { load_kg: load, bar, stance, heel_cm: heel, equipment, effort, warmth } = this.shown;
    const said = (value) => value && value !== "-";
    setText(this.load, said(load) ? `${Number(load)} kg` : "no load");
    const words = [
      said(bar) && bar !== "none" ? `${bar} bar` : "", said(stance) ? stance : "", said(heel) && Number(heel) ? `heels ${Number(heel)} cm` : "",
      said(equipment) ? equipment : "", said(effort) ? effort : "", said(warmth) ? warmth : "",
    ].filter(Boolean).join(" · ");
    setText(this.rest, this.refused || words || "Bar, stance …");
  }

  makeDialog() {
    const dialog = document.createElement("dialog");
    dialog.className = "choose";
    dialog.setAttribute("aria-label", "Conditions of the next set");
    const form = document.createElement("form");
    form.method = "dialog";
    form.append(spoken("h2", "The next set", ""));
    this.inputs = {};
    const add = (name, title, input) => {
      const label = document.createElement("label");
      label.append(title, input);
      this.inputs[name] = input;
      form.append(label);
    };
    const amount = (name) => {
      const [title, max, step] = AMOUNTS[name];
      add(name, title, Object.assign(document.createElement("input"), { type: "number", min: 0, max, step, inputMode: "decimal" }));
    };
    amount("load_kg");
    for (const [name, [title, values]] of Object.entries(CHOICES)) {
      const select = document.createElement("select");
      for (const value of ["", ...values]) select.append(Object.assign(document.createElement("option"), { value, textContent: value || "not said" }));
      add(name, title, select);
    }
    amount("heel_cm");
    add("equipment", "Equipment", Object.assign(document.createElement("input"), { maxLength: 40, pattern: "[A-Za-z0-9 \\-]*", placeholder: "belt, box, band" }));
    form.append(Object.assign(spoken("button", "Done", ""), { type: "submit", className: "main" }));
    form.onkeydown = (event) => event.stopPropagation();
    form.onsubmit = () => this.take();
    dialog.append(form);
    return dialog;
  }

  open() {
    for (const [name, input] of Object.entries(this.inputs)) input.value = this.shown[name] === "-" ? "" : this.shown[name] ?? "";
    this.before = Object.fromEntries(Object.entries(this.inputs).map(([name, input]) => [name, input.value]));
    this.refused = "";
    this.dialog.showModal();
  }

  /** What differs from before goes to the collector. */
  take() {
    const changed = Object.entries(this.inputs).map(([name, input]) => [name, input.value.trim()]).filter(([name, value]) => value !== this.before[name]);
    if (changed.length) this.change(Object.fromEntries(changed.map(([name, value]) => [name, value || "-"])));
  }
}
