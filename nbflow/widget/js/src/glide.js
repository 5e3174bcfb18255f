import { set } from "./dom.js";

const LONG = 200; // milliseconds
const MOST = 240; // elements: more would drop frames
const LEAST = 0.5; // pixels: less is no movement
const EASE = { duration: LONG, easing: "cubic-bezier(0.2, 0, 0.2, 1)" };

/** @typedef {{outer: Element, x: number, y: number, ground?: Element}} Spot what stands somewhere; *ground*: what of it changes its size */

/** Things that move when a picture changes: they glide to their new places, new ones appear, others go. */
export class Glide {
  /** @param {Spot[]} spots all that stand in the picture so far
   * @param {boolean} wanted */
  constructor(spots, wanted) {
    this.on = wanted && spots.length <= MOST && !matchMedia("(prefers-reduced-motion: reduce)").matches;
    /** @type {Map<Element, [x: number, y: number]>} where each is seen now, in the middle of its way or not */
    this.from = new Map(this.on ? spots.map((spot) => [spot.outer, seen(spot)]) : []);
    /** @type {Map<Element, Keyframe>} */
    this.large = new Map(this.on ? spots.flatMap(({ ground }) => (ground ? [[ground, size(ground)]] : [])) : []);
  }

  /** @param {Spot[]} spots all that stand in it from now on, each at its new place
   * @param {SVGElement[]} lines
   * @param {Set<string|null>} known the lines that were there before, by their data */
  begin(spots, lines, known) {
    if (!this.on || spots.length > MOST) return;
    for (const { outer, x, y, ground } of spots) {
      const from = this.from.get(outer);
      if (!from) appear(outer);
      else if (Math.abs(from[0] - x) >= LEAST || Math.abs(from[1] - y) >= LEAST) {
        for (const one of outer.getAnimations()) one.cancel();
        outer.animate([place(...from), place(x, y)], EASE);
      }
      const large = ground && this.large.get(ground), now = ground && size(ground);
      if (ground && large && now && (large.width !== now.width || large.height !== now.height)) ground.animate([large, now], EASE);
    }
    for (const line of lines) if (!known.has(line.getAttribute("d"))) appear(line);
  }

  /** Let something go that is in the picture no more. Nobody can act on it meanwhile.
   * @param {Spot} spot
   * @param {Element} ghosts where such things are */
  away({ outer }, ghosts) {
    if (!this.on) return outer.remove();
    for (const one of [outer, ...outer.querySelectorAll("[role], [tabindex], [data-at]")])
      for (const name of ["role", "tabindex", "data-at", "aria-label", "aria-pressed"]) set(one, name, undefined);
    outer.classList.replace("spot", "ghost");
    ghosts.append(outer);
    outer.animate([{ opacity: 1 }, { opacity: 0 }], EASE).finished.then(() => outer.remove(), () => outer.remove());
  }
}

/** @param {Spot} spot
 * @returns {[x: number, y: number]} */
function seen({ outer, x, y }) {
  if (!outer.getAnimations?.().some((one) => one.playState === "running")) return [x, y];
  const { e, f } = new DOMMatrixReadOnly(getComputedStyle(outer).transform);
  return [e, f];
}

/** @param {number} x
 * @param {number} y */
function place(x, y) {
  return { transform: `translate(${x}px, ${y}px)` };
}

/** @param {Element} ground */
function size(ground) {
  return { width: `${ground.getAttribute("width")}px`, height: `${ground.getAttribute("height")}px` };
}

/** @param {Element} element */
function appear(element) {
  element.animate([{ opacity: 0 }, { opacity: 1 }], EASE);
}
