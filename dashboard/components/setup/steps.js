// The steps of the calibration, in words: what the coach says, and what was measured.

import { placeName } from "./sensors.js";

export const STEPS = [
  { name: "shake", title: "Shake together", seconds: 10, optional: true, says: "Hold all three sensors in one hand and shake hard and unevenly.", why: "Finds how late each sensor's radio is. Only needed once a day." },
  { name: "tray", title: "Tray", seconds: 5, says: "Lay the three sensors in the tray, arrows the same way. Don't touch.", why: "Gives all three the same compass. Strap them on within a minute and a half." },
  { name: "stand", title: "Stand", seconds: 8, says: "Stand tall, feet hip-width and parallel, kneecaps forward, arms crossed. Don't move.", why: "Your standing is the zero of every angle." },
  { name: "bow", title: "Bow", seconds: 12, says: "Three slow bows from the hips, back flat, straight ahead.", why: "Finds which way the pelvis faces." },
  { name: "knee_lift_left", title: "Left knee", seconds: 10, says: "Three slow knee lifts on the LEFT, knee straight ahead.", why: "Checks the left thigh's sensor." },
  { name: "knee_lift_right", title: "Right knee", seconds: 10, says: "Three slow knee lifts on the RIGHT, knee straight ahead.", why: "Checks the right thigh's sensor." },
  { name: "toe_turn_left", title: "Left toes", seconds: 5, says: "LEFT leg straight: turn the toes out and in.", why: "Checks which way the left thigh turns." },
  { name: "toe_turn_right", title: "Right toes", seconds: 5, says: "RIGHT leg straight: turn the toes out and in.", why: "Checks which way the right thigh turns." },
  { name: "stand_again", title: "Stand again", seconds: 6, says: "Stand as at the start. Don't move.", why: "Shows whether a strap has slipped." },
];
const GATE_NAMES = {
  rows: ["data received", 100, " %"],
  gyro_spread: ["restlessness", 1, "°/s"],
  force_minus_gravity: ["pull besides gravity", 1, " m/s²"],
  movement: ["fastest turn", 1, "°/s"],
  bow_amplitude: ["depth of the bows", 1, "°"],
  bow_steadiness: ["bows differ by", 1, "°"],
  knee_lift_amplitude: ["height of the knee", 1, "°"],
  knee_lift_steadiness: ["lifts differ by", 1, "°"],
  axis_tilt: ["tilt of the pelvis sensor", 1, "°"],
  side: ["this leg against the other", 1, " ×"],
  stand_pose: ["differs from Stand by", 1, "°"],
  tilt_closure: ["lean differs by", 1, "°"],
  heading_closure: ["heading differs by", 1, "°"],
  slip: ["slip of the strap", 1, ""],
  shake_speed: ["strength of the shake", 57.29578, "°/s"],
  shake_agreement: ["sensors turned alike", 100, " %"],
  shake_distinct: ["clearness", 100, " %"],
  shake_uncertainty: ["known to", 1, " ms"],
  shake_delay: ["later than the pelvis", 1, " ms"],
};
export const VERDICTS = { good: "good", fair: "fair", failed: "not enough" };

/** A number as short as it may be. */
function short(value) {
  if (typeof value !== "number") return "–";
  const size = Math.abs(value);
  return size >= 10 ? value.toFixed(0) : size >= 1 ? value.toFixed(1) : value.toFixed(2);
}

/** One measured thing in words: name, value, what was wanted, verdict. */
export function gateWords(gate) {
  const [name, factor, unit] = GATE_NAMES[gate.name] ?? [gate.name.replaceAll("_", " "), 1, ` ${gate.unit}`];
  const least = gate.again !== null && gate.accept !== null && gate.again < gate.accept;
  const wanted = gate.accept === null ? "" : `${least ? "at least" : "at most"} ${short(factor * gate.accept)}${unit}`;
  const value = gate.value === null ? "–" : `${short(factor * gate.value)}${unit}`;
  return { name: gate.sensor ? `${placeName(gate.sensor)}: ${name}` : name, value, wanted, verdict: gate.verdict };
}
