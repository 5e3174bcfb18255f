const SVG = "http://www.w3.org/2000/svg";

/** An HTML element. Strings among the children become text, never markup.
 * @param {string} tag
 * @param {Record<string, string|number|boolean|undefined>} [attributes] `undefined` and `false` leave one out
 * @param {...(Node|string)} children
 * @returns {HTMLElement} */
export function html(tag, attributes = {}, ...children) {
  return /** @type {HTMLElement} */ (fill(document.createElement(tag), attributes, children));
}

/** An SVG element, made as `html` makes one.
 * @param {string} tag
 * @param {Record<string, string|number|boolean|undefined>} [attributes]
 * @param {...(Node|string)} children
 * @returns {SVGElement} */
export function svg(tag, attributes = {}, ...children) {
  return /** @type {SVGElement} */ (fill(document.createElementNS(SVG, tag), attributes, children));
}

/** @param {Element} element
 * @param {Record<string, string|number|boolean|undefined>} attributes
 * @param {(Node|string)[]} children */
function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) set(element, name, value);
  element.append(...children);
  return element;
}

/** Set an attribute only where that changes it: the browser then has nothing to do.
 * @param {Element} element
 * @param {string} name
 * @param {string|number|boolean|undefined} value */
export function set(element, name, value) {
  if (value === undefined || value === false) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value));
}

/** What is under a name that somebody chose: one called "constructor" is not there unless it was put there.
 * @template T
 * @param {Record<string, T>|undefined} known
 * @param {string} name
 * @returns {T|undefined} */
export function under(known, name) {
  return known && Object.hasOwn(known, name) ? known[name] : undefined;
}

/** @param {Element} element
 * @param {string} text */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A control that keeps its keys: Jupyter would take them for shortcuts.
 * @param {string} tag
 * @param {Record<string, string|number|boolean|undefined>} [attributes]
 * @param {...(Node|string)} children */
export function control(tag, attributes = {}, ...children) {
  const button = tag === "button" ? { type: "button" } : {};
  return html(tag, { "data-lm-suppress-shortcuts": "true", ...button, ...attributes }, ...children);
}

/** A status drawn in 14 by 14.
 * @param {{stroke: string, fill: string}|undefined} look */
export function icon(look) {
  const strokes = svg("path", { class: "line", d: look?.stroke ?? "" });
  const fills = svg("path", { class: "area", d: look?.fill ?? "" });
  return svg("svg", { class: "icon", viewBox: "0 0 14 14", width: 14, height: 14, "aria-hidden": "true" }, strokes, fills);
}

/** Change the drawing of an `icon`.
 * @param {Element} drawn
 * @param {import("./types.js").Look|undefined} look */
export function redraw(drawn, look) {
  const [strokes, fills] = drawn.children;
  set(strokes, "d", look?.stroke ?? "");
  set(fills, "d", look?.fill ?? "");
}

let ruler;
/** The length of a text in pixels.
 * @param {string} text
 * @param {string} font as in CSS */
export function measure(text, font) {
  ruler ??= document.createElement("canvas").getContext("2d");
  if (!ruler) return text.length * 6;
  ruler.font = font;
  return ruler.measureText(text).width;
}
