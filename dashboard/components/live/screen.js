// The table screen: its tests in their order, which is next, and today against the usual.

import { setText, spoken } from "./collector.js";

/** Shows what the collector keeps of the table screen; a test that is tapped is offered next. */
export class TableScreen {
  /** @type {() => void} */
  changed;

  constructor(root, changed) {
    Object.assign(this, { root, changed, tests: [], picked: "", left: false, drawn: "" });
    this.place = root.querySelector(".tests");
    this.usual = root.querySelector(".usual");
  }

  /** Take the screen as the collector keeps it; null without one. */
  take(screen) {
    this.tests = screen?.tests ?? [];
    // Once training has begun, the last set has the room.
    this.today = screen?.over ? [] : screen?.today ?? [];
  }

  /** Whether a test is still to be done. */
  get open() { return this.tests.some((test) => !test.done); }

  /** The test that a tap would begin; undefined when the screen is complete, left, or not chosen. */
  get offered() {
    return this.tests.find((test) => keyOf(test) === this.picked) ?? (this.left ? undefined : this.tests.find((test) => test.next));
  }

  /** Name and title of the test that goes on. */
  named(movement) {
    const test = this.tests.find((each) => each.runs && each.movement === movement);
    return test && [test.movement, test.title];
  }

  began() { this.picked = ""; this.left = false; }

  /** Go past the screen, and back to it. */
  leave() { this.picked = ""; this.left = true; this.changed(); }
  comeBack() { this.left = false; this.changed(); }

  pick(test) { this.picked = keyOf(test); this.changed(); }

  /** While another movement is done, its set has the room. */
  draw(wanted, doing) {
    const shown = wanted && (!doing || Boolean(this.named(doing)));
    const news = JSON.stringify([this.tests, this.today, this.picked, this.left, shown, doing]);
    if (news === this.drawn) return;
    this.drawn = news;
    this.place.hidden = !shown || !this.tests.length;
    const offered = doing ? null : this.offered;
    const held = this.place.getRootNode().activeElement?.dataset?.test;
    this.place.replaceChildren(...this.tests.map((test) => this.chip(test, offered, doing)));
    if (held) this.place.querySelector(`[data-test="${held}"]`)?.focus();
    this.usual.hidden = !shown || !this.today?.length;
    const [title, list] = this.usual.children;
    setText(title, "Today against your usual");
    list.replaceChildren(...(this.today ?? []).map((words) => spoken("li", words, "")));
  }

  chip(test, offered, doing) {
    const [what, side, effort] = test.title.split(", ");
    const button = spoken("button", effort ? `${side} ${effort}` : `${what}, ${side}`, "");
    const state = test.runs ? "runs" : test.done ? "ticked" : "open";
    Object.assign(button, { type: "button", className: state, disabled: Boolean(doing), title: test.title });
    button.dataset.test = keyOf(test);
    const words = { runs: "now", ticked: "done", open: "to do" }[state];
    button.setAttribute("aria-label", `${test.title}: ${words}`);
    button.setAttribute("aria-pressed", String(test === offered));
    button.onclick = () => this.pick(test);
    return button;
  }
}

/** A test by its movement and effort. */
function keyOf({ movement, effort }) { return `${movement} ${effort}`; }
