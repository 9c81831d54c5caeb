// What every page of a running session shares: the collector by HTTP, texts and elements.

// Below and above which a sensor needs somebody: per cent of battery left, per cent of samples lost.
export const LOW_BATTERY = 15;
export const MUCH_LOST = 5;

// Where the browser keeps what was chosen at set-up: athlete, goal, and movements as [name, title].
export const VISIT_KEY = "imuhip-visit";

/** Asks the collector, on the page's own address. */
export class Collector {
  constructor(base) {
    this.base = base;
    /** The last request of each kind. @type {Record<string, Promise<any>>} */
    this.asked = {};
  }

  /** The collector's answer, or a sentence in `error`; requests of one kind come in their order. */
  ask(action, body) {
    const answer = (this.asked[action] ?? Promise.resolve()).then(() => this.post(action, body));
    this.asked[action] = answer;
    return answer;
  }

  /** Ask at once, whatever is under way: for a page that is being left. */
  async post(action, body) {
    const request = { method: "POST", keepalive: true, headers: { "content-type": "application/json" } };
    if (body) request.body = JSON.stringify(body);
    try {
      const answer = await fetch(new URL(`control/${action}`, this.base), request);
      return await answer.json();
    } catch {
      return { error: "The dashboard does not answer – is it still running?" };
    }
  }

  /** Write down that an athlete has agreed to be recorded; a sentence in `error` where that fails. */
  async consent(athlete) {
    try {
      const answer = await fetch(new URL(`consent/${encodeURIComponent(athlete)}`, this.base), { method: "POST" });
      return await answer.json();
    } catch {
      return { error: "The dashboard does not answer – is it still running?" };
    }
  }

  /** Where an athlete's own goals lie on the gauges; null where nobody knows. */
  async goals(athlete) {
    try {
      const answer = await fetch(new URL(`goals/${encodeURIComponent(athlete)}`, this.base), { cache: "no-store" });
      return answer.ok ? await answer.json() : null;
    } catch {
      return null;
    }
  }

  /** How the session and its sensors do; null without a collector. */
  async status() {
    try {
      const answer = await fetch(new URL("status", this.base), { cache: "no-store" });
      return answer.ok ? await answer.json() : null;
    } catch {
      return null;
    }
  }
}

/** Keeps the screen awake while it is wanted, where the browser can. */
export class Awake {
  async want(wanted) {
    if (wanted === Boolean(this.lock) || this.asking || document.hidden) return;
    this.asking = true;
    try {
      if (wanted) {
        this.lock = await navigator.wakeLock?.request("screen");
        this.lock?.addEventListener("release", () => { this.lock = null; });
      } else {
        await this.lock.release();
        this.lock = null;
      }
    } catch { /* a battery saver says no: the screen goes dark as it would without us */ }
    this.asking = false;
  }
}

/** Let what Streamlit draws around the view go along with the theme; "page" gives it back. */
export function wearTheme(theme) {
  document.documentElement.dataset.imuhipTheme = theme;
}

/** Where a sensor sits, as people say it: the left thigh, not the thigh left. */
export function spokenPlace(sensor) { return String(sensor ?? "").split("_").reverse().join(" "); }

/** Words as a sentence of their own. */
export function sentence(words) { return words ? `${words[0].toUpperCase()}${words.slice(1)}.` : ""; }

/** Change a text only when it differs, for each change costs a layout. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** An element with this text, marked with its side. */
export function spoken(tag, text, side) {
  const element = document.createElement(tag);
  element.textContent = text;
  if (side) element.dataset.of = side;
  return element;
}
