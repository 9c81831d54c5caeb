// Turns of bodies in the ISB's axes (X forward, Y up, Z to the right), from the angles of a row.

const RAD = Math.PI / 180;

/** Matrix of a turn by `degrees` about axis 0, 1 or 2. */
export function turn(axis, degrees) {
  const [c, s] = [Math.cos(degrees * RAD), Math.sin(degrees * RAD)];
  if (axis === 0) return [[1, 0, 0], [0, c, -s], [0, s, c]];
  if (axis === 1) return [[c, 0, s], [0, 1, 0], [-s, 0, c]];
  return [[c, -s, 0], [s, c, 0], [0, 0, 1]];
}

export function times(a, b) {
  return a.map((row) => [0, 1, 2].map((k) => row[0] * b[0][k] + row[1] * b[1][k] + row[2] * b[2][k]));
}

export function applied(m, [x, y, z]) {
  return m.map((row) => row[0] * x + row[1] * y + row[2] * z);
}

/** Earth from pelvis: Ry(rotation) Rx(obliquity) Rz(-tilt), as `imuhip.core.conventions` writes it. */
export function pelvisTurn({ tilt, obliquity, rotation }) {
  return times(times(turn(1, rotation), turn(0, obliquity)), turn(2, -tilt));
}

/** Pelvis from thigh: Rz(flexion) Rx(adduction) Ry(rotation), the last two mirrored on the left. */
export function hipTurn(side, { flexion, adduction, rotation }) {
  const sign = side === "left" ? -1 : 1;
  return times(times(turn(2, flexion), turn(0, sign * adduction)), turn(1, sign * rotation));
}
