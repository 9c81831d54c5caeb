// Where the gauges' arcs are green: the athlete's own goals, and else those of the goal profile.

/** Asks for the goals of whoever trains, once a session; `changed` is called when they have come. */
export class Goals {
  /** @type {string} */
  athlete;

  /** @type {() => void} */
  changed;

  /** @type {import("./collector.js").Collector} */
  collector;

  /** @type {string} */
  stream;

  constructor(collector, changed) {
    Object.assign(this, { collector, changed, own: [], stream: "", athlete: "" });
  }

  /** Take the session that is shown. */
  async follow(hello) {
    if (!hello || hello.stream === this.stream) return;
    Object.assign(this, { stream: hello.stream, athlete: hello.athlete ?? "", own: [] });
    if (!this.athlete) return;
    const answer = await this.collector.goals(this.athlete);
    if (hello.stream !== this.stream) return;
    this.own = answer?.zones ?? [];
    this.changed();
  }

  /** The gauge of one side while `movement` is done: its own arc, and the goals for it. */
  gauge(gauge, side, movement) {
    const { from_deg: from, to_deg: to, zones } = { ...gauge, zones: [], ...gauge.movements?.[movement] };
    const mine = this.mine(movement).filter((zone) => !zone.side || zone.side === side);
    const here = zones.filter((zone) => !zone.side || zone.side === side);
    const rest = here.filter((zone) => !mine.some((own) => own.name === zone.name));
    const inside = (value) => Math.min(to, Math.max(from, value));
    const seen = [...rest, ...mine].map((zone) => ({ ...zone, from_deg: inside(zone.from_deg), to_deg: inside(zone.to_deg) }));
    return { ...gauge, from_deg: from, to_deg: to, zones: seen.filter((zone) => zone.from_deg < zone.to_deg) };
  }

  mine(movement) { return movement ? this.own.filter((zone) => !zone.movement || zone.movement === movement) : []; }

  /** What the green arcs are, in words: which of them are the athlete's own. */
  words(gauge, movement) {
    const zones = gauge?.movements?.[movement]?.zones ?? [];
    const mine = [...this.mine(movement), ...zones.filter((zone) => zone.own)];
    if (!mine.length) return "goal";
    const own = [...new Set(mine.map((zone) => [zone.side, zone.name].filter(Boolean).join(" ")))].join(", ");
    return zones.some((zone) => !zone.own) ? `goal; ${this.athlete}’s own: ${own}` : `${this.athlete}’s own goal: ${own}`;
  }
}
