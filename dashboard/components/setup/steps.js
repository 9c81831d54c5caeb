// What a calibration step measured, in words.

import { placeName } from "./sensors.js";
import { GATE_WORDS } from "./table.js";

export const VERDICTS = { good: "good", fair: "fair", failed: "not enough" };

/** A number as short as it may be. */
function short(value) {
  if (typeof value !== "number") return "–";
  const size = Math.abs(value);
  return size >= 10 ? value.toFixed(0) : size >= 1 ? value.toFixed(1) : value.toFixed(2);
}

/** One measured thing in words: name, value, what was wanted, verdict. */
export function gateWords(gate) {
  const [name, factor, unit] = GATE_WORDS[gate.name] ?? [gate.name.replaceAll("_", " "), 1, ` ${gate.unit}`];
  const least = gate.again !== null && gate.accept !== null && gate.again < gate.accept;
  const wanted = gate.accept === null ? "" : `${least ? "at least" : "at most"} ${short(factor * gate.accept)}${unit}`;
  const value = gate.value === null ? "–" : `${short(factor * gate.value)}${unit}`;
  return { name: gate.sensor ? `${placeName(gate.sensor)}: ${name}` : name, value, wanted, verdict: gate.verdict };
}
