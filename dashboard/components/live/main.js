// Puts the parts together and draws with every frame of the browser.

import { mounted } from "../canvas/mount.js";
import { Coach } from "./coach.js";
import { Awake, sentence, setText } from "./collector.js";
import { isDark, paletteOf } from "./colours.js";
import { Feed, Rows } from "./feed.js";
import { Gauge } from "./gauge.js";
import { Goals } from "./goals.js";
import { CERTAINTY, SetPanel, MOST_FINDINGS, isCertainEnough, halfWidth } from "./set.js";
import { Sound } from "./sound.js";
import { Trace } from "./trace.js";

// Digits that change more often cannot be read; the needle shows every frame.
const FIGURES_MS = 80;
// An interval wider than this to each side says little of a thigh's rotation.
const UNSURE_DEG = 12;
const KEPT_LATENCIES = 4000;
// Steps in which a scale grows.
const WIDER_DEG = 15;

class View {
  constructor(root, data) {
    this.root = root;
    this.feed = new Feed(data);
    const canvas = (at) => root.querySelector(`${at} canvas`);
    this.sides = ["left", "right"].map((side) => ({
      side,
      element: root.querySelector(`[data-side="${side}"]`),
      gauge: new Gauge(canvas(`[data-side="${side}"] .dial`), side),
    }));
    this.trace = new Trace(canvas(".trace"));
    this.frozen = null;
    this.drawn = -1;
    this.figuresAt = -Infinity;
    this.hook = {
      state: "", text: "", updates: 0, frames: 0, latencies: [], values: {}, needles: {}, held: {},
      geometry: {}, backfilled: 0, rows: 0, missed: 0, stream: "", frozen: false, arc: null, zones: {},
    };
    window.imuhip = { ...window.imuhip, live: this.hook };
    this.awake = new Awake();
    this.panel = new SetPanel(root.querySelector(".set"));
    this.coach = new Coach(root, data, {
      reset: () => { this.feed.resetHeld(); this.drawn = -1; },
      freeze: () => this.freeze(),
      doing: () => this.feed.doing,
      heard: (status) => { this.feed.collector = status; this.awake.want(status?.state === "recording"); },
      findings: () => this.feed.story.worst(MOST_FINDINGS),
      restyle: () => { this.fitted = false; },
    });
    this.coach.define(data);
    root.classList.toggle("remote", Boolean(data.remote));
    this.panel.rules = data.rules ?? {};
    this.sound = new Sound(root.querySelector("[data-sound]"), "imuhip-sound-live", "off");
    this.heard = { fresh: 0, said: "", inside: {} };
    this.goals = new Goals(this.coach.collector, () => { this.fitted = false; });
    this.observer = new ResizeObserver(() => { this.fitted = false; });
    // What is shown beside a canvas may take room from it: each is watched, not the page alone.
    for (const place of root.querySelectorAll(".dial, .trace")) this.observer.observe(place);
    this.tick = this.tick.bind(this);
    this.request = requestAnimationFrame(this.tick);
  }

  /** After a rerun: the theme may have changed. */
  take() { this.fitted = false; }

  close() {
    cancelAnimationFrame(this.request);
    this.observer.disconnect();
    this.awake.want(false);
    this.sound.quiet();
    this.coach.destroy();
    this.feed.close();
  }

  /** Hold the picture, or let it go on; the stream is followed all the while. */
  freeze() {
    const { feed } = this;
    if (this.frozen) this.frozen = null;
    else if (feed.rows.count) {
      const rows = Object.assign(new Rows(feed.hello.columns), feed.rows);
      rows.numbers = feed.rows.numbers.slice();
      const held = Object.fromEntries(Object.entries(feed.held).map(([side, value]) => [side, { ...value }]));
      this.frozen = { rows, held, flows: feed.flows(performance.now()) };
    }
    const button = this.root.querySelector('[data-act="freeze"]');
    button.textContent = this.frozen ? "Go on" : "Freeze";
    button.setAttribute("aria-pressed", String(Boolean(this.frozen)));
    this.root.classList.toggle("frozen", Boolean(this.frozen));
    this.hook.frozen = Boolean(this.frozen);
    this.figuresAt = -Infinity;
    this.drawn = -1;
  }

  /** Sizes and colours anew, after a resize or a change of theme. */
  fit() {
    this.root.classList.toggle("dark", this.root.dataset.theme === "gym" || isDark(this.root));
    const palette = paletteOf(this.root);
    const gauge = this.feed.hello?.gauge;
    this.goals.follow(this.feed.hello);
    this.fittedMove = this.feed.moving();
    this.fittedArc = gauge && this.arc(gauge);
    for (const { gauge: dial, side } of this.sides) {
      dial.fit(palette, gauge && { ...this.goals.gauge(gauge, side, this.fittedMove), ...this.fittedArc });
      this.hook.zones[side] = dial.gauge?.zones ?? [];
    }
    const goal = this.root.querySelector(".legend .goal");
    const drawn = this.sides.some(({ gauge: dial }) => dial.gauge?.zones.length);
    setText(goal, this.goals.words(gauge, this.fittedMove));
    goal.hidden = !drawn;
    this.trace.fit(palette);
    setText(this.root.querySelector(".session"), (this.feed.hello?.session ?? "").replaceAll("_", " "));
    const { still_below: still, moving_above: moving } = this.feed.hello?.stillness ?? {};
    if (still) setText(this.root.querySelector(".speeds"), `: empty is below ${still}° a second, full above ${moving}`);
    setText(this.root.querySelector(".notice"), this.feed.hello?.notice ?? "Not a medical device.");
    this.fitted = true;
    this.turn = false;
    this.fittedFor = this.feed.hello;
    this.drawn = -1;
  }

  /** The scale of both gauges: that of the movement, wider where an angle went further. */
  arc(gauge) {
    const { from_deg: from, to_deg: to } = this.goals.gauge(gauge, "", this.feed.moving());
    const ends = Object.values(this.feed.held).flatMap(({ least, most }) => [least, most]).filter((end) => !Number.isNaN(end));
    const low = Math.floor(Math.min(from, ...ends) / WIDER_DEG) * WIDER_DEG;
    const high = Math.ceil(Math.max(to, ...ends) / WIDER_DEG) * WIDER_DEG;
    return { from_deg: Math.max(low, gauge.from_deg), to_deg: Math.min(high, gauge.to_deg) };
  }

  /** Whether an angle has gone beyond the scale that is drawn. */
  outgrown() {
    const gauge = this.feed.hello?.gauge;
    if (!gauge || !this.fittedArc) return false;
    const arc = this.arc(gauge);
    return arc.from_deg !== this.fittedArc.from_deg || arc.to_deg !== this.fittedArc.to_deg;
  }

  tick() {
    const now = performance.now();
    this.request = requestAnimationFrame(this.tick);
    this.notePainted(now);
    const stale = this.fittedFor !== this.feed.hello || this.fittedMove !== this.feed.moving();
    if (!this.fitted || stale || (!this.frozen && this.outgrown())) this.fit();
    const { feed, hook } = this;
    const [state, text] = feed.state(now);
    if (state !== hook.state || text !== this.text) this.showState(state, text);
    if (!this.frozen) this.panel.draw(feed.story);
    this.count();
    const flows = this.frozen ? this.frozen.flows : feed.flows(now);
    const news = feed.version !== this.drawn;
    if (!news && flows === this.flowed) return;
    if (flows !== this.flowed) this.figuresAt = -Infinity;
    this.flowed = flows;
    this.draw(now, flows);
    hook.frames += 1;
    if (news && !this.frozen && flows) {
      hook.updates += 1;
      this.unpainted = { t: feed.rows.newest("t"), stamp: feed.stamp, sent: feed.sent };
    }
    this.drawn = feed.version;
  }

  /** Say a repetition when it is new, aloud and to screen readers; not what was there when the page came. */
  count() {
    const { story, fresh } = this.feed;
    if (fresh === this.heard.fresh) return;
    const count = story.count();
    const said = `${story.key} ${count}`;
    if (count !== "0" && said !== this.heard.said) this.sound.speak(count.replace(" | ", ", "));
    setText(this.root.querySelector(".heard"), story.words());
    Object.assign(this.heard, { fresh, said });
  }

  /** A click when a needle comes into a goal. */
  click(side, value, zones) {
    const inside = zones.some((zone) => value >= zone.from_deg && value <= zone.to_deg);
    if (inside && this.heard.inside[side] === false) this.sound.beep("zone");
    this.heard.inside[side] = inside;
  }

  /** The frame after a drawing begins when that drawing has been painted: the honest moment. */
  notePainted(now) {
    if (!this.unpainted) return;
    this.hook.latencies.push({ ...this.unpainted, painted: performance.timeOrigin + now });
    if (this.hook.latencies.length > KEPT_LATENCIES) this.hook.latencies.shift();
    this.unpainted = null;
    if (this.hook.needles.left !== null || this.hook.needles.right !== null) this.hook.arc ??= now;
  }

  draw(now, flows) {
    const { feed, hook } = this;
    const { rows, held } = this.frozen ?? feed;
    const figures = now - this.figuresAt >= FIGURES_MS || !flows;
    let believed = false;
    for (const { side, element, gauge } of this.sides) {
      const angle = feed.hello?.gauge.angle;
      const value = flows ? rows.newest(`${angle}_${side}_deg`) : NaN;
      const sd = rows.newest(`${angle}_${side}_sd_deg`);
      believed ||= sd > 0;
      gauge.draw(value, sd, held[side]);
      if (!this.frozen && !Number.isNaN(value)) this.click(side, value, gauge.gauge?.zones ?? []);
      hook.values[side] = Number.isNaN(value) ? null : value;
      hook.needles[side] = Number.isNaN(gauge.needle) ? null : gauge.needle;
      hook.held[side] = { least: held[side].least, most: held[side].most };
      hook.geometry[side] = { x: gauge.x, y: gauge.y, radius: gauge.radius, ratio: gauge.ratio, turn: gauge.turn };
      if (figures) this.showFigures(element, value, sd, held[side]);
    }
    if (figures) {
      this.figuresAt = now;
      this.root.classList.toggle("believed", believed);
      const blind = Object.values(hook.values).every((value) => value === null);
      this.root.classList.toggle("blind", Boolean(flows && blind && this.coach.recording));
      setText(this.root.querySelector(".activity"), feed.activity);
      this.coach.showBattery();
      setText(this.root.querySelector(".news"), feed.freshNews());
    }
    // Eight seconds of curves move a pixel or two a frame: every other frame is enough for them.
    this.turn = !this.turn || !flows || Boolean(this.frozen);
    if (this.turn) this.trace.draw(rows, feed.hello, now, flows && !this.frozen);
    hook.rows = rows.count;
    hook.missed = feed.missed;
    hook.t = rows.newest("t");
    hook.stream = feed.hello?.stream ?? "";
  }

  showFigures(element, value, sd, held) {
    const known = !Number.isNaN(value);
    element.classList.toggle("silent", !known);
    const uncertain = !known && this.flowed && !isCertainEnough(sd);
    const degrees = Math.round(Math.abs(value));
    setText(element.querySelector(".figure b"), known ? `${degrees}°` : "–");
    setText(element.querySelector(".figure span"), !known || degrees === 0 ? "" : value > 0 ? "in" : "out");
    const error = known && sd > 0 ? Math.max(1, Math.round(halfWidth(sd))) : 0;
    setText(element.querySelector(".error"), error ? `± ${error}°` : "");
    element.classList.toggle("unsure", error > UNSURE_DEG);
    const ends = Number.isNaN(held.least)
      ? "no number yet"
      : `out ${Math.round(Math.max(0, -held.least))}° · in ${Math.round(Math.max(0, held.most))}° · range ${Math.round(held.most - held.least)}°`;
    setText(element.querySelector(".held"), uncertain ? sentence(CERTAINTY.remedy) : ends);
    element.classList.toggle("uncertain", uncertain);
  }

  showState(state, text) {
    this.root.dataset.state = state;
    this.text = text;
    this.root.toggleAttribute("data-lost", this.feed.lost.size > 0);
    this.hook.state = state;
    this.hook.text = text;
    setText(this.root.querySelector(".state span"), text);
  }
}

export default mounted(".live", (root, data) => new View(root, data));
