import { set, svg } from "./dom.js";

const APART = 9, INSET = 2.5; // of a hatch: as in nbflow/picture/inside.py

/** A place for a status's drawing.
 * @param {number} x
 * @param {number} y */
export function sign(x, y) {
  return svg("g", { class: "icon", transform: `translate(${x},${y})` }, svg("path", { class: "line" }), svg("path", { class: "area" }));
}

/** Slanting lines inside a box: seen where a person gave the outputs.
 * @param {number} width
 * @param {number} height */
export function hatch(width, height) {
  const wide = width - 2 * INSET, high = height - 2 * INSET, lines = [];
  for (let reach = 5; reach < Math.floor(wide + high) - 4; reach += APART) {
    const a = Math.min(reach, wide), b = Math.min(reach, high);
    lines.push(`M${INSET + a},${INSET + reach - a}L${INSET + reach - b},${INSET + b}`);
  }
  return lines.join("");
}

/** How far a job has said it is: in its bar, and in words.
 * @param {SVGElement} bar
 * @param {number} width of all of it
 * @param {[share: number|null, text: string]|undefined} told
 * @returns {string} */
export function far(bar, width, told) {
  const share = told?.[0] ?? null;
  bar.style.display = share === null ? "none" : "";
  if (share !== null) set(bar, "width", Math.max(2, width * share));
  return told ? `${share === null ? "" : ` · ${Math.round(share * 100)} %`}${told[1] ? ` · ${told[1]}` : ""}` : "";
}
