// How times and sizes are said: the same words as nbflow/core/words.py.

/** A running time as a clock shows it.
 * @param {number} seconds */
export function elapsed(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** A length of time in at most two units.
 * @param {number} seconds */
export function duration(seconds) {
  const past = Math.max(0, seconds);
  if (past < 0.0995) return `${Math.round(past * 1000)} ms`;
  if (past < 59.95) return `${past.toFixed(1)} s`;
  const whole = Math.round(past);
  if (whole < 3600) return two(whole, 60, "m", "s");
  const minutes = Math.round(past / 60);
  return minutes < 24 * 60 ? two(minutes, 60, "h", "m") : two(Math.round(past / 3600), 24, "d", "h");
}

/** A length of time that is only estimated: rounded up, so that it does not flicker.
 * @param {number} seconds */
export function about(seconds) {
  if (seconds <= 55) return `${Math.max(5, 5 * Math.ceil(seconds / 5))} s`;
  const minutes = Math.max(1, Math.ceil(seconds / 60));
  return minutes < 60 ? `${minutes} m` : two(10 * Math.ceil(minutes / 10), 60, "h", "m");
}

/** @param {number} amount
 * @param {number} base
 * @param {string} large
 * @param {string} small */
function two(amount, base, large, small) {
  const rest = amount % base;
  return `${Math.floor(amount / base)} ${large}` + (rest ? ` ${rest} ${small}` : "");
}

/** A number of bytes, in powers of 1,000.
 * @param {number} count */
export function size(count) {
  if (count < 1000) return `${Math.round(count)} B`;
  for (const unit of ["kB", "MB", "GB", "TB"]) {
    count /= 1000;
    if (count < 999.5) return `${count >= 99.95 ? Math.round(count) : count.toFixed(1)} ${unit}`;
  }
  return `${(count / 1000).toFixed(1)} PB`;
}

/** The time of day of an instant, in seconds since the epoch.
 * @param {number} at */
export function timeOfDay(at) {
  const time = new Date(at * 1000);
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map((n) => String(n).padStart(2, "0")).join(":");
}

/** A caption as it reads now.
 * @param {import("./types.js").Caption|undefined} caption
 * @param {number} now seconds since the epoch */
export function said(caption, now) {
  if (!caption) return "";
  const [text, tick, at] = caption;
  if (!tick || at === undefined) return text;
  if (tick === "down" && at <= now) return text.replace("in {}", "soon"); // due, and waits for a slot
  return text.replace("{}", elapsed(tick === "up" ? now - at : at - now));
}
