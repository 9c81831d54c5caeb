// Who trains next on the same sensors: a list that the collector keeps, for all who watch.

import { spoken } from "../live/collector.js";

// So many are named in a line; of the others it says how many.
const NAMED = 3;

/** A choice that adds an athlete or a squad, and the athletes that wait, each a button that takes it out. */
export class Queue {
  /** Pseudonyms, and how each is shown. @type {Record<string, string>} */
  athletes;

  /** @type {() => void} */
  changed;

  /** @type {string[]} */
  ids = [];

  /** Squads, and the pseudonyms of each. @type {Record<string, string[]>} */
  squads;

  constructor(root, { athletes, squads }, changed) {
    Object.assign(this, { athletes: athletes ?? {}, squads: squads ?? {}, changed });
    this.place = root.querySelector(".queue");
    this.choice = root.querySelector("[name=add]");
    this.choice.onchange = (event) => {
      event.stopPropagation();
      const squad = this.squads[this.choice.selectedOptions[0].dataset.squad];
      if (squad || this.choice.value) this.take([...this.ids, ...(squad ?? [this.choice.value])]);
      this.changed();
    };
    this.draw();
  }

  take(ids) {
    if (ids.join() === this.ids.join()) return;
    this.ids = [...new Set(ids)];
    this.draw();
  }

  /** The queue in a few words. */
  words() {
    const shown = this.ids.slice(0, NAMED).map((id) => this.athletes[id] ?? id);
    const more = this.ids.length - shown.length;
    return shown.length ? `then ${shown.join(", ")}${more ? ` and ${more} more` : ""}` : "";
  }

  remove(id) { this.take(this.ids.filter((each) => each !== id)); }

  draw() {
    const option = (value, text) => Object.assign(document.createElement("option"), { value, textContent: text });
    const free = Object.entries(this.athletes).filter(([id]) => !this.ids.includes(id));
    const squads = Object.entries(this.squads).map(([name, ids]) => {
      const all = option(`squad ${name}`, `${name}, all ${ids.length}`);
      all.dataset.squad = name;
      return all;
    });
    this.choice.replaceChildren(option("", this.ids.length ? "add another" : "nobody else"), ...squads, ...free.map(([id, title]) => option(id, title)));
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
