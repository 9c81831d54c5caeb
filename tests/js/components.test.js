// What of the canvases needs no browser: rows, the story of a set, turns of bodies, gates in words.
import assert from "node:assert/strict";
import test from "node:test";

import { hipTurn, pelvisTurn, times } from "../../dashboard/components/canvas/turns.js";
import { Rows } from "../../dashboard/components/live/feed.js";
import { Goals } from "../../dashboard/components/live/goals.js";
import { CERTAINTY, SetStory, isCertainEnough, halfWidth } from "../../dashboard/components/live/set.js";
import { gateWords } from "../../dashboard/components/setup/steps.js";

const close = (found, wanted) => found.flat().forEach((x, k) => assert.ok(Math.abs(x - wanted.flat()[k]) < 1e-12));

test("rows come once, in order, and the oldest are forgotten", () => {
  const rows = new Rows(["t", "angle"]);
  assert.ok(Number.isNaN(rows.newest("angle")));
  rows.add(Float64Array.from([0, 10, 1, 11]));
  rows.add(Float64Array.from([1, 99, 0.5, 98, 2, 12]));
  assert.equal(rows.count, 3);
  assert.deepEqual([0, 1, 2].map((row) => rows.at(row, 1)), [10, 11, 12]);
  for (let t = 3; t < 3000; t += 1) rows.add(Float64Array.from([t, t + 10]));
  assert.equal(rows.count, 2048);
  assert.equal(rows.at(0, 0), 3000 - 2048);
  assert.equal(rows.newest("angle"), 3009);
});

test("a set counts each repetition of a side once, and a new set begins anew", () => {
  const story = new SetStory();
  const rep = (set, repetition, side, counted = true) => ({
    type: "repetition", repetition: { movement: "squat", set, repetition, side, counted, measures: {} },
  });
  for (const side of ["left", "right", "right"]) story.hear(rep(1, 1, side));
  story.hear(rep(1, 2, "left", false));
  assert.deepEqual([story.counted.left.size, story.counted.right.size], [1, 1]);
  assert.equal(story.words(), "Squat 2: left not counted");
  assert.equal(story.newest.number, 2);
  story.hear(rep(2, 1, "left"));
  assert.deepEqual(story.done.map((each) => each.number), [1]);
  assert.equal(story.counted.left.size, 1);
  const before = story.version;
  story.hear({ type: "fault" });
  assert.equal(story.version, before);
});

test("an angle is a number while its interval is narrower than the hub says", () => {
  Object.assign(CERTAINTY, { z95: 2, most_error_deg: 30 });
  assert.equal(halfWidth(10), 20);
  assert.ok(Number.isNaN(halfWidth(null)));
  assert.deepEqual([15, 15.1, null].map(isCertainEnough), [true, false, true]);
});

test("turns of pelvis and hips have the ISB's signs, mirrored on the left", () => {
  const still = { flexion: 0, adduction: 0, rotation: 0 };
  close(hipTurn("left", still), [[1, 0, 0], [0, 1, 0], [0, 0, 1]]);
  // Internal rotation turns the right thigh's front to the left: X forward towards -Z.
  close(hipTurn("right", { ...still, rotation: 90 }), [[0, 0, 1], [0, 1, 0], [-1, 0, 0]]);
  close(hipTurn("left", { ...still, rotation: -90 }), hipTurn("right", { ...still, rotation: 90 }));
  close(times(pelvisTurn({ tilt: 30, obliquity: 0, rotation: 0 }), hipTurn("right", { ...still, flexion: 30 })), hipTurn("left", still));
});

test("a gate says what was measured, what was wanted and how it went", () => {
  const words = gateWords({ name: "bow_amplitude", sensor: "pelvis", unit: "deg", value: 41.2, accept: 35, again: 25, verdict: "good" });
  assert.match(words.name, /pelvis/i);
  assert.match(words.value, /^41/);
  assert.match(words.wanted, /^at least 35/);
  assert.equal(gateWords({ name: "new_gate", sensor: "", unit: "s", value: null, accept: 2, again: 3, verdict: "fair" }).value, "–");
});

test("an own goal takes the place of the profile's, on its own side and in its movement", () => {
  const goals = new Goals(null, () => {});
  const zone = (name, from_deg, to_deg, more = {}) => ({ name, from_deg, to_deg, ...more });
  const gauge = {
    from_deg: -90, to_deg: 60,
    movements: { seated: { from_deg: -90, to_deg: 60, zones: [
      zone("in", 25, 45, { side: "left" }), zone("in", 25, 45, { side: "right" }), zone("out", -90, -50, { side: "left" }),
    ] } },
  };
  goals.own = [zone("in", 30, 80, { side: "left" })];
  const edges = (side) => goals.gauge(gauge, side, "seated").zones.map((each) => [each.name, each.from_deg, each.to_deg]);
  assert.deepEqual(edges("left"), [["out", -90, -50], ["in", 30, 60]]);
  assert.deepEqual(edges("right"), [["in", 25, 45]]);
});
