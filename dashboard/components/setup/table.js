// Written by table.py from imuhip/core/calibration_table.py: change it there.

export const STEPS = [
  {"name": "shake", "title": "Shake together", "seconds": 10, "says": "Hold all three sensors in one hand and shake hard and unevenly.", "why": "Finds how late each sensor's radio is. Only needed once a day.", "optional": true},
  {"name": "tray", "title": "Tray", "seconds": 4, "says": "Lay the three sensors in the tray, arrows the same way. Don't touch.", "why": "Gives all three the same compass. Strap them on within a minute and a half.", "optional": false},
  {"name": "stand", "title": "Stand", "seconds": 7, "says": "Stand tall, feet hip-width and parallel, kneecaps forward, arms crossed. Don't move.", "why": "Your standing is the zero of every angle.", "optional": false},
  {"name": "bow", "title": "Bow", "seconds": 12, "says": "Three slow bows from the hips, back flat, straight ahead.", "why": "Finds which way the pelvis faces.", "optional": false},
  {"name": "knee_lift_left", "title": "Left knee", "seconds": 9, "says": "Three slow knee lifts on the LEFT, knee straight ahead.", "why": "Checks the left thigh's sensor.", "optional": false},
  {"name": "knee_lift_right", "title": "Right knee", "seconds": 9, "says": "Three slow knee lifts on the RIGHT, knee straight ahead.", "why": "Checks the right thigh's sensor.", "optional": false},
  {"name": "toe_turn_left", "title": "Left toes", "seconds": 5, "says": "LEFT leg straight: turn the toes out and in.", "why": "Checks which way the left thigh turns.", "optional": false},
  {"name": "toe_turn_right", "title": "Right toes", "seconds": 5, "says": "RIGHT leg straight: turn the toes out and in.", "why": "Checks which way the right thigh turns.", "optional": false},
  {"name": "stand_again", "title": "Stand again", "seconds": 6, "says": "Stand as at the start. Don't move.", "why": "Shows whether a strap has slipped.", "optional": false},
];
/** Name of a gate to its title, the factor to the unit shown, and that unit's sign.
 * @type {Record<string, [string, number, string]>} */
export const GATE_WORDS = {
  "rows": ["data received", 100.0, " %"],
  "gyro_spread": ["sway", 1.0, "°/s"],
  "force_minus_gravity": ["force besides gravity", 1.0, " m/s²"],
  "movement": ["fastest turn", 1.0, "°/s"],
  "bow_amplitude": ["depth of the bows", 1.0, "°"],
  "bow_steadiness": ["bows differ by", 1.0, "°"],
  "knee_lift_amplitude": ["height of the knee", 1.0, "°"],
  "knee_lift_steadiness": ["lifts differ by", 1.0, "°"],
  "axis_tilt": ["tilt of the pelvis sensor", 1.0, "°"],
  "side": ["this leg against the other", 1.0, " ×"],
  "stand_pose": ["differs from Stand by", 1.0, "°"],
  "tilt_closure": ["tilt change", 1.0, "°"],
  "heading_closure": ["heading change", 1.0, "°"],
  "slip": ["slip of the strap", 1.0, ""],
  "tray_against_all": ["tray against the other steps", 1.0, "°"],
  "lifts_against_all": ["lifts against the other steps", 1.0, "°"],
  "shake_speed": ["strength of the shake", 57.29578, "°/s"],
  "shake_agreement": ["sensors turned alike", 100.0, " %"],
  "shake_distinct": ["distinctness", 100.0, " %"],
  "shake_uncertainty": ["known to", 1.0, " ms"],
  "shake_delay": ["later than the pelvis", 1.0, " ms"],
};
