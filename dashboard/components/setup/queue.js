// Who trains next on the same sensors: a list that the collector keeps, for all who watch.

import { spoken } from "../live/collector.js";

/** A choice that adds an athlete, and the athletes that wait, each a button that takes it out. */
export class Queue {
  /** Pseudonyms, and how each is shown. @type {Record<string, string>} */
  athletes;

  /** @type {() => void} */
  changed;

  /** @type {string[]} */
  ids = [];

  constructor(root, athletes, changed) {
    Object.assign(this, { athletes, changed });
    this.place = root.querySelector(".queue");
    this.choice = root.querySelector("[name=add]");
    this.choice.onchange = (event) => {
      event.stopPropagation();
      if (this.choice.value) this.take([...this.ids, this.choice.value]);
      this.changed();
    };
    this.draw();
  }

  take(ids) {
    if (ids.join() === this.ids.join()) return;
    this.ids = [...new Set(ids)];
    this.draw();
  }

  remove(id) { this.take(this.ids.filter((each) => each !== id)); }

  draw() {
    const option = (value, text) => Object.assign(document.createElement("option"), { value, textContent: text });
    const free = Object.entries(this.athletes).filter(([id]) => !this.ids.includes(id));
    this.choice.replaceChildren(option("", this.ids.length ? "add another" : "nobody else"), ...free.map(([id, title]) => option(id, title)));
    this.place.replaceChildren(...this.ids.map((id, k) => this.item(id, k)));
  }

  item(id, k) {
    const item = document.createElement("li");
    const button = spoken("button", `${k + 1}. ${this.athletes[id] ?? id} ×`, "");
    Object.assign(button, { type: "button", title: "Take out" });
    button.setAttribute("aria-label", `Take ${this.athletes[id] ?? id} out`);
    button.onclick = () => { this.remove(id); this.changed(); };
    item.append(button);
    return item;
  }
}
