// Where the gauges' arcs are green: the athlete's own goals, and else those of the goal profile.

/** Asks for the goals of whoever trains, once a session; `changed` is called when they have come. */
class Goals {
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

  /** The gauge of one side while `movement` is done: an own goal stands in place of a profile's. */
  gauge(gauge, side, movement) {
    const mine = this.mine(movement).filter((zone) => !zone.side || zone.side === side);
    const rest = gauge.zones.filter((zone) => !mine.some((own) => own.name === zone.name));
    return { ...gauge, zones: [...rest, ...mine] };
  }

  mine(movement) { return this.own.filter((zone) => !zone.movement || zone.movement === movement); }

  /** What the green arcs are, in words. */
  words(movement) { return this.mine(movement).length ? `${this.athlete}’s own goal` : "goal"; }
}
