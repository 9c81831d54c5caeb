// What the set shows so far: repetitions counted, the newest one, and what it tells.

// Findings that are shown at once.
const TOLD = 2;
const GRADES = { marked: 2, mild: 1 };
const MOVEMENT_WORDS = { seated_rotation_left: "seated, left", seated_rotation_right: "seated, right" };

/** Repetitions and findings of the set that goes on; fed with the hub's events. */
class SetStory {
  constructor() { this.reset(); }

  reset() {
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
    this.reset();
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
    for (const [name, told] of this.findings) if ((told.after ?? 0) < after) this.findings.delete(name);
    this.findings.set(`${finding.rule} ${finding.side}`, finding);
    this.unsure = [...this.findings.values()].filter((told) => told.grade === "cannot_tell").length;
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

  /** What is worth saying of the newest repetition, a line each. */
  lines() {
    if (!this.newest) return [];
    const lines = [];
    for (const side of ["left", "right"]) {
      const repetition = this.newest.sides[side];
      if (!repetition) continue;
      const arc = degreesOf(repetition.measures, "rotation_arc");
      const words = repetition.counted ? arc : repetition.reason || "not counted";
      if (words) lines.push({ side, text: words });
    }
    return lines;
  }

  /** Findings to show, the gravest first. */
  worst(most) {
    const told = [...this.findings.values()].filter((finding) => GRADES[finding.grade]);
    told.sort((a, b) => GRADES[b.grade] - GRADES[a.grade] || b.confidence - a.confidence);
    return told.slice(0, most);
  }
}

/** A measure in degrees with its error, such as "turned in 12° ± 3"; empty where it is not known. */
function degreesOf(measures, name) {
  const value = measures?.[`${name}_deg`];
  const sd = measures?.[`${name}_sd_deg`];
  if (typeof value !== "number") return "";
  const size = `${Math.round(Math.abs(value))}°`;
  const error = typeof sd === "number" ? ` ± ${Math.max(1, Math.round(1.96 * sd))}` : "";
  return Math.round(value) === 0 ? `${size}${error}` : `${value > 0 ? "in" : "out"} ${size}${error}`;
}

/** Draws a `SetStory` into the page; changes only what has changed. */
class SetPanel {
  constructor(element) {
    this.element = element;
    this.drawn = -1;
  }

  draw(story) {
    if (story.version === this.drawn) return;
    this.drawn = story.version;
    const at = (name) => this.element.querySelector(name);
    this.element.classList.toggle("empty", !story.key);
    setText(at(".movement"), story.key ? `${story.title()} · set ${story.number}` : "");
    setText(at(".count"), story.key ? story.count() : "–");
    at(".newest").replaceChildren(...story.lines().map((line) => spoken("p", line.text, line.side)));
    const told = story.worst(TOLD);
    at(".findings").replaceChildren(...told.map((finding) => this.finding(finding)));
    const fine = story.key && !told.length && story.findings.size > story.unsure;
    setText(at(".calm"), fine ? "Nothing stands out so far" : "");
    setText(at(".unsure"), story.unsure ? `${story.unsure} not to be told with this calibration` : "");
  }

  finding(finding) {
    const item = document.createElement("li");
    item.className = finding.grade;
    item.append(spoken("b", finding.words, ""));
    if (finding.cue) item.append(spoken("span", finding.cue, ""));
    return item;
  }
}
