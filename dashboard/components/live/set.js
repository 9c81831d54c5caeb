// What the set shows so far: repetitions counted, the newest one, and what it tells.

import { setText, spoken } from "./collector.js";

// Findings that are shown at once.
export const MOST_FINDINGS = 2;
// Of the line that is read from two metres.
const HEADLINE_WORDS = 6;
const SETS_LISTED = 4;
// Where nothing has been found.
export const CALM = "Nothing stands out so far";
const GRADES = { marked: 2, mild: 1 };
// What may be shown as a number: sent by the hub, so that it is the same everywhere.
export const CERTAINTY = { z95: NaN, most_error_deg: Infinity, remedy: "" };
const MOVEMENT_WORDS = { seated_rotation_left: "seated, left", seated_rotation_right: "seated, right" };

/** The half-width of the 95 % interval; NaN where the error is not known. */
export const halfWidth = (sd) => (typeof sd === "number" ? CERTAINTY.z95 * sd : NaN);

/** Whether an angle with this error is a number. */
export const isCertainEnough = (sd) => !(halfWidth(sd) > CERTAINTY.most_error_deg);

/** Repetitions and findings of the set that goes on, and the sets before it; fed with events. */
export class SetStory {
  constructor() { this.reset(); }

  reset() {
    this.done = [];
    this.begin();
  }

  begin() {
    this.key = "";
    this.movement = "";
    this.number = 0;
    this.counted = { left: new Set(), right: new Set() };
    this.newest = null;
    this.findings = new Map();
    this.unsure = 0;
    this.version = 0;
  }

  /** Take an event; anything that is none of ours changes nothing. */
  hear(message) {
    if (message.type === "repetition") this.addRepetition(message.repetition);
    else if (message.type === "finding") this.addFinding(message.finding);
  }

  turnTo(movement, number) {
    const key = `${movement} ${number}`;
    if (key === this.key) return;
    const { version } = this;
    if (this.key) this.done.push({ title: this.title(), number: this.number, count: this.count(), reach: this.reach(), worst: this.worst(1)[0] });
    this.begin();
    Object.assign(this, { key, movement, number, version: version + 1 });
  }

  addRepetition(repetition) {
    this.turnTo(repetition.movement, repetition.set);
    if (repetition.counted) this.counted[repetition.side]?.add(repetition.repetition);
    const same = this.newest && this.newest.number === repetition.repetition;
    this.newest = same ? this.newest : { number: repetition.repetition, sides: {} };
    this.newest.sides[repetition.side] = repetition;
    this.version += 1;
  }

  addFinding(finding) {
    this.turnTo(finding.movement, finding.set);
    const after = finding.after ?? 0;
    // What was said when fewer repetitions were known stands no more.
    for (const [name, earlier] of this.findings) if ((earlier.after ?? 0) < after) this.findings.delete(name);
    this.findings.set(`${finding.rule} ${finding.side}`, finding);
    this.unsure = [...this.findings.values()].filter((each) => each.grade === "cannot_tell").length;
    this.version += 1;
  }

  /** The movement in words. */
  title() {
    return MOVEMENT_WORDS[this.movement] ?? this.movement.replaceAll("_", " ");
  }

  /** Repetitions counted: one number where both legs work, two where each leg has its own. */
  count() {
    const { left, right } = this.counted;
    const both = [...left].some((number) => right.has(number));
    if (both || !left.size || !right.size) return String(Math.max(left.size, right.size));
    return `${left.size} | ${right.size}`;
  }

  /** How far each side of the newest repetition turned, for the list of sets that are done. */
  reach() {
    return this.lines().filter(({ counted }) => counted).map(({ side, text }) => `${side} ${text}`).join(", ");
  }

  /** What is worth saying of the newest repetition, a line each. */
  lines() {
    if (!this.newest) return [];
    const lines = [];
    for (const side of ["left", "right"]) {
      const repetition = this.newest.sides[side];
      if (!repetition) continue;
      const { measures, counted, reason } = repetition;
      const text = counted ? degreesOf(measures, "rotation_arc") : reason || "not counted";
      lines.push({ side, text, counted, more: counted ? aboutOf(measures) : "" });
    }
    return lines;
  }

  /** The newest repetition in a sentence, such as "Squat 2: left in 9° ± 4, right out 4° ± 4". */
  words() {
    if (!this.newest) return "";
    const title = this.title();
    const sides = this.lines().map(({ side, text }) => `${side} ${text === "–" ? "too uncertain" : text}`);
    return `${title[0].toUpperCase()}${title.slice(1)} ${this.newest.number}: ${sides.join(", ")}`;
  }

  /** Sides whose newest repetition counts and has a rotation that is too uncertain. */
  uncertainSides() {
    const sides = Object.values(this.newest?.sides ?? {});
    return sides.filter((each) => each.counted && degreesOf(each.measures, "rotation_arc") === "–").map((each) => each.side);
  }

  /** Whether everything that could be checked is fine. */
  get fine() { return Boolean(this.key) && !this.worst(1).length && this.findings.size > this.unsure; }

  /** Whether everything could be checked. */
  get sure() { return !this.unsure && !this.uncertainSides().length; }

  /** Findings to show, the gravest first. */
  worst(most) {
    const shown = [...this.findings.values()].filter((finding) => GRADES[finding.grade]);
    shown.sort((a, b) => GRADES[b.grade] - GRADES[a.grade] || b.confidence - a.confidence);
    return shown.slice(0, most);
  }
}

/** Depth and tempo of a repetition, as far as they are known. */
function aboutOf(measures) {
  const tempo = ["descent_s", "bottom_s", "ascent_s"].map((name) => measures?.[name]);
  const depth = measures?.depth_deg;
  return [
    typeof depth === "number" ? `${Math.round(depth)}° deep` : "",
    tempo.every((part) => typeof part === "number") ? `${tempo.map((part) => part.toFixed(1)).join(" – ")} s` : "",
  ].filter(Boolean).join(" · ");
}

/** A measure in degrees with its error, such as "in 12° ± 3"; a dash where it is too uncertain. */
function degreesOf(measures, name) {
  const value = measures?.[`${name}_deg`];
  const sd = measures?.[`${name}_sd_deg`];
  if (typeof value !== "number" || !isCertainEnough(sd)) return "–";
  const size = `${Math.round(Math.abs(value))}°`;
  const error = typeof sd === "number" ? ` ± ${Math.max(1, Math.round(halfWidth(sd)))}` : "";
  return Math.round(value) === 0 ? `${size}${error}` : `${value > 0 ? "in" : "out"} ${size}${error}`;
}

/** What stands out in six words at most, to be read from two metres: the rule's title, and whose unless it says so. */
export function headline({ rule, side, words }, rules) {
  const title = rules[rule]?.[0] ?? words;
  const sided = (side === "left" || side === "right") && !/\b(left|right)\b/i.test(title);
  const whose = sided ? `${side} ${title[0].toLowerCase()}${title.slice(1)}` : title;
  const short = whose.split(" ").length > HEADLINE_WORDS ? title : whose;
  const said = short.split(" ").slice(0, HEADLINE_WORDS).join(" ");
  return `${said[0].toUpperCase()}${said.slice(1)}`;
}

/** Draws a `SetStory` into the page; changes only what has changed. */
export class SetPanel {
  constructor(element) {
    this.element = element;
    this.rules = {};
    this.drawn = -1;
  }

  draw(story) {
    if (story.version === this.drawn) return;
    this.drawn = story.version;
    const at = (name) => this.element.querySelector(name);
    this.element.classList.toggle("empty", !story.key);
    setText(at(".movement"), story.key ? `${story.title()} · set ${story.number}` : "");
    setText(at(".count"), story.key ? story.count() : "–");
    at(".newest").replaceChildren(...story.lines().map((line) => this.line(line)));
    at(".done").replaceChildren(...story.done.slice(-SETS_LISTED).map((set) => this.doneLine(set)));
    const shown = story.worst(MOST_FINDINGS);
    at(".findings").replaceChildren(...shown.map((finding) => this.finding(finding)));
    setText(at(".headline"), shown.length ? headline(shown[0], this.rules) : "");
    at(".headline").dataset.grade = shown[0]?.grade ?? "";
    const { sure } = story;
    setText(at(".calm"), story.fine ? (sure ? CALM : `${CALM}; some checks are inconclusive`) : "");
    at(".calm").classList.toggle("partly", !sure);
    setText(at(".unsure"), story.unsure ? `${story.unsure} inconclusive with this calibration` : "");
  }

  /** A side of the newest repetition: how far it turned, and below it how deep and how fast. */
  line({ side, text, more }) {
    const [size, error] = text.split(" ± ");
    const line = spoken("p", size, side);
    if (error) line.append(spoken("i", ` ± ${error}`, ""));
    if (more) line.append(spoken("small", more, ""));
    return line;
  }

  /** A set that is over: what was done, how far the last repetition turned, what stood out. */
  doneLine({ title, number, count, reach, worst }) {
    const parts = [`${title} ${number}: ${count}`, reach, worst ? headline(worst, this.rules).toLowerCase() : ""];
    return spoken("li", parts.filter(Boolean).join(" · "), "");
  }

  finding(finding) {
    const item = document.createElement("li");
    item.className = finding.grade;
    item.append(spoken("b", finding.words, ""));
    if (finding.cue) item.append(spoken("span", finding.cue, ""));
    return item;
  }
}
