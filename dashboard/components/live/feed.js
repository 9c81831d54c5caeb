// The stream: a WebSocket that reconnects, and the last seconds of rows it brought.

import { keptAs, streamsOf } from "../canvas/mount.js";
import { spokenPlace } from "./collector.js";
import { CERTAINTY, SetStory } from "./set.js";

const RETRY_MS = 500;
const OPEN_MS = 3000;
const STALE_MS = 400;
const NEWS_S = 6;
const SHORT_GAP_S = 0.3;
const CAPACITY = 2048;
const NEWEST_FORMAT = 1;
const RESET_KEY = "imuhip-reset";

/** Rows of one session in a ring, the newest last; a row is as long as `hello.columns`. */
export class Rows {
  constructor(columns) {
    this.width = columns.length;
    this.place = Object.fromEntries(columns.map((name, k) => [name, k]));
    this.numbers = new Float64Array(CAPACITY * this.width);
    this.count = 0;
    this.next = 0;
  }

  /** Add rows later than all before; anything else was here already. */
  add(rows) {
    const before = this.count;
    for (let k = 0; k + this.width <= rows.length; k += this.width) {
      if (this.count && !(rows[k] > this.at(this.count - 1, 0))) continue;
      this.numbers.set(rows.subarray(k, k + this.width), this.next * this.width);
      this.next = (this.next + 1) % CAPACITY;
      this.count = Math.min(this.count + 1, CAPACITY);
    }
    return this.count !== before || rows.length > 0;
  }

  /** Number in column `column` of row `row`, counted from the oldest kept. */
  at(row, column) {
    const place = (this.next - this.count + row + 2 * CAPACITY) % CAPACITY;
    return this.numbers[place * this.width + column];
  }

  /** Newest number of a named column; NaN if there is none. */
  newest(name) {
    return this.count && name in this.place ? this.at(this.count - 1, this.place[name]) : NaN;
  }
}

/** Furthest rotation in and out since the last reset, of one side. */
class Held {
  constructor() { this.reset(); }
  reset() { this.least = NaN; this.most = NaN; }
  see(value) {
    if (Number.isNaN(value)) return;
    if (!(this.least <= value)) this.least = value;
    if (!(this.most >= value)) this.most = value;
  }
}

/** What a person should read of an event; empty for nothing. */
function newsOf(message) {
  if (message.type === "fault") {
    const { sensor, kind, detail, t_start: start, t_end: end } = message.fault;
    // A packet lost here and there is the radio's daily bread, and shows as a gap in the line.
    if (kind === "gap" && !(end - start >= SHORT_GAP_S)) return "";
    const what = kind === "gap" ? `no data for ${(end - start).toFixed(1)} s` : detail || kind.replaceAll("_", " ");
    return `${spokenPlace(sensor)}: ${what}`;
  }
  if (message.type === "step") {
    const { step, accepted, words } = message.step;
    return `${step.replaceAll("_", " ")}: ${accepted ? "accepted" : words.join(" ") || "not accepted"}`;
  }
  if (message.type === "mark" && !/^(begin|end):/.test(message.label)) return message.label.replace(":", ": ");
  return "";
}

// What a collector says of itself before its first recording, for people.
const BEFORE = { ready: "Ready – not recording yet", waiting: "Waiting for the sensors" };

/** Follows the stream of a kit at the first address that answers; all it knows lies in its fields. */
export class Feed {
  constructor(data) {
    this.urls = streamsOf(data);
    this.kept = keptAs(RESET_KEY, data);
    this.tried = 0;
    this.hello = null;
    this.rows = new Rows(["t"]);
    this.held = { left: new Held(), right: new Held() };
    this.resetAt = -Infinity;
    this.stamp = NaN;
    this.sent = NaN;
    this.sequence = 0;
    this.missed = 0;
    this.version = 0;
    this.arrived = -Infinity;
    this.linked = false;
    this.finished = false;
    this.events = [];
    this.news = null;
    this.activity = this.doing = "";
    this.steps = new Map();
    this.lost = new Set();
    this.story = new SetStory();
    /** Repetitions that were heard as they were done. */
    this.fresh = 0;
    this.collector = null;
    this.opened = false;
    this.closed = false;
    this.connect();
  }

  connect() {
    const socket = new WebSocket(this.urls[this.tried % this.urls.length]);
    this.socket = socket;
    // A port that a firewall swallows would keep the page waiting for minutes.
    const impatience = setTimeout(() => { if (socket.readyState === WebSocket.CONNECTING) socket.close(); }, OPEN_MS);
    let reached = false;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => { this.opened = reached = true; };
    socket.onmessage = (message) => this.take(message.data);
    socket.onclose = () => {
      clearTimeout(impatience);
      this.linked = false;
      this.tried = reached ? 0 : this.tried + 1;
      if (!this.closed) this.timer = setTimeout(() => this.connect(), RETRY_MS);
    };
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
    this.socket.close();
  }

  take(data) {
    if (typeof data !== "string") { this.takeRows(new Float64Array(data)); return; }
    const message = JSON.parse(data);
    if (message.type === "hello") this.begin(message);
    else if (message.type === "link") this.linked = message.state !== "stopped";
    else if (message.type === "extremes") this.takeExtremes(message);
    else {
      if (message.type === "status") this.finished = message.state === "finished";
      this.hear(message);
      this.story.hear(message);
      // What happened before this page came is sent ahead of the first frame.
      if (message.type === "repetition" && this.arrived > -Infinity) this.fresh += 1;
      this.events.push(message);
      if (this.events.length > 200) this.events.shift();
    }
  }

  /** Remember what goes on, and the newest thing worth reading. */
  hear(message) {
    const [, edge, name] = message.type === "mark" ? message.label.match(/^(begin|end):(.*)$/) ?? [] : [];
    if (edge) this.doing = edge === "begin" ? name : "";
    if (edge) this.activity = this.doing.replaceAll("_", " ");
    // How far the toes turned at calibration is none of a squat's.
    if (edge === "begin") this.resetHeld(message.t);
    if (message.type === "sensor") {
      if (message.state === "streaming") this.lost.delete(message.sensor);
      else if (message.state === "lost") this.lost.add(message.sensor);
    }
    if (message.type === "step") this.steps.set(message.step.step, message.step);
    const text = newsOf(message);
    if (text) this.news = { text, t: message.t ?? NaN };
  }

  /** The movement that is done: as marked, else that of the newest repetition. */
  moving() { return this.doing || this.story.movement; }

  /** The newest thing worth reading, for a few seconds of the session. */
  freshNews() {
    return this.news && this.rows.newest("t") - this.news.t < NEWS_S ? this.news.text : "";
  }

  begin(hello) {
    if (hello.format > NEWEST_FORMAT) { this.refused = true; return; }
    const same = this.hello && this.hello.stream === hello.stream;
    this.hello = hello;
    Object.assign(CERTAINTY, hello.certainty);
    this.linked = true;
    this.finished = false;
    this.rows = new Rows(hello.columns);
    this.sequence = 0;
    this.events = [];
    this.news = null;
    this.activity = this.doing = "";
    this.steps.clear();
    this.lost.clear();
    this.arrived = -Infinity;
    this.story.reset();
    if (!same) this.forgetHeld(hello.stream);
    this.version += 1;
  }

  takeRows(numbers) {
    if (!this.hello) return;
    const head = this.hello.head.length;
    const [kind, sequence, stamp, sent] = numbers;
    const rows = numbers.subarray(head);
    if (!rows.length || !this.rows.add(rows)) { this.sequence = sequence; return; }
    if (kind === 1 && this.sequence) this.missed += Math.max(0, sequence - this.sequence - 1);
    this.sequence = sequence;
    this.stamp = stamp;
    this.sent = sent;
    this.version += 1;
    // A backfill of a stream that has stopped is old news: only frames prove that data flow.
    if (kind === 1) this.arrived = performance.now();
    for (const [side, held] of Object.entries(this.held)) {
      const column = this.rows.place[`${this.hello.gauge.angle}_${side}_deg`];
      for (let k = column; k < rows.length; k += this.rows.width) {
        if (!(rows[k - column] <= this.resetAt)) held.see(rows[k]);
      }
    }
  }

  /** What the session saw before this page was opened, second by second. */
  takeExtremes(extremes) {
    this.before = extremes;
    this.seeAgain();
  }

  /** Hold the extremes of all that is known since the last reset: whole seconds, then rows. */
  seeAgain() {
    const { seconds = [], ...sides } = this.before ?? {};
    const first = seconds.findIndex((second) => second >= this.resetAt);
    for (const [side, held] of Object.entries(this.held)) {
      held.reset();
      if (first >= 0) for (const ends of sides[side].slice(first)) ends.forEach((value) => held.see(value ?? NaN));
      const column = this.rows.place[`${this.hello?.gauge.angle}_${side}_deg`];
      for (let k = 0; k < this.rows.count; k += 1) if (!(this.rows.at(k, 0) <= this.resetAt)) held.see(this.rows.at(k, column));
    }
    this.version += 1;
  }

  /** Forget the extremes of before; the browser remembers it for a page that is opened again. */
  resetHeld(at = this.rows.newest("t")) {
    this.resetAt = Math.max(this.resetAt, Number.isFinite(at) ? at : -Infinity);
    if (Number.isFinite(this.resetAt)) {
      localStorage.setItem(this.kept, JSON.stringify({ stream: this.hello?.stream, at: this.resetAt }));
    }
    this.seeAgain();
  }

  /** Begin a session without extremes, as of the last reset in it, if there was one. */
  forgetHeld(stream) {
    for (const held of Object.values(this.held)) held.reset();
    this.before = null;
    const kept = JSON.parse(localStorage.getItem(this.kept) ?? "{}");
    this.resetAt = kept.stream === stream ? kept.at ?? -Infinity : -Infinity;
  }

  /** Whether numbers flow at this moment: what is shown must never be older than half a second. */
  flows(now) { return this.linked && !this.finished && now - this.arrived < STALE_MS; }

  /** One word for the page, and a sentence for people. */
  state(now) {
    if (this.refused) return ["gone", "Newer collector – reload this page"];
    if (this.socket.readyState !== WebSocket.OPEN) {
      return this.opened ? ["gone", "Dashboard stopped – reconnecting"] : ["connecting", "Connecting…"];
    }
    if (!this.linked) {
      if (this.hello) return ["stopped", "Collector stopped – reconnecting"];
      return ["none", BEFORE[this.collector?.state] ?? "Waiting for the collector"];
    }
    if (this.finished) return ["finished", "Recording finished"];
    if (!this.flows(now)) return ["waiting", "Waiting for the sensors"];
    const missing = [...this.lost].map(spokenPlace).join(", ");
    if (missing) return ["live", `Live – ${missing} lost`];
    return ["live", this.hello.source === "replay" ? "Replay" : "Live"];
  }
}
