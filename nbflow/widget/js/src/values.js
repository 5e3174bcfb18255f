import { short } from "./signs.js";
import { control, html } from "./dom.js";
import { size } from "./words.js";

/** @typedef {{way: "in"|"out", name: string, from: string, job?: string, type?: string, shape?: string, size?: number, text?: string, to?: string[], more?: number}} Row */

/** What a job reads and leaves: what it is, how big, where it is from, and where it goes.
 * @param {Row[]} rows
 * @returns {Node[]} */
export function values(rows) {
  if (!rows.length) return [html("p", { class: "dim" }, "It reads no variables, and leaves none.")];
  return [...table(rows.filter(({ way }) => way === "in"), "reads", "from"), ...table(rows.filter(({ way }) => way === "out"), "leaves", "read by")];
}

/** @param {Row[]} rows
 * @param {string} title
 * @param {string} where
 * @returns {Node[]} */
function table(rows, title, where) {
  if (!rows.length) return [];
  const heads = ["name", "what", "size", where].map((word) => html("th", { scope: "col" }, word));
  const copied = rows.filter(({ way, job, from }) => way === "in" && !job && from === "the notebook").reduce((sum, row) => sum + (row.size ?? 0), 0);
  const said = copied > 1_000_000 ? `${title} · ${size(copied)} copied from the notebook` : title;
  return [html("table", { class: "values" }, html("caption", {}, said), html("thead", {}, html("tr", {}, ...heads)),
    html("tbody", {}, ...rows.map((row) => html("tr", {}, html("td", { class: "what", dir: "auto" }, row.name), html("td", {}, ...what(row)), html("td", { class: "size" }, row.size ? size(row.size) : ""), html("td", { class: "where" }, ...places(row))))))];
}

/** @param {Row} row
 * @returns {(Node|string)[]} */
function what({ way, type, shape, text }) {
  if (type === undefined) return [html("span", { class: "dim" }, way === "out" ? "not there" : "not there yet")];
  return [[type, shape].filter(Boolean).join(" "), ...(text ? [html("code", { class: "small-value", title: text }, text)] : [])];
}

/** @param {Row} row
 * @returns {(Node|string)[]} */
function places({ way, from, job, to = [], more = 0 }) {
  const link = (/** @type {string} */ name) => control("button", { class: "link", "data-job": name, title: name }, html("span", {}, short(name)));
  if (way === "in") return job ? [link(job)] : [html("span", { class: "dim" }, from)];
  if (!to.length) return [html("span", { class: "dim" }, "nobody")];
  return [...to.map(link), ...(more > 0 ? [html("span", { class: "dim" }, ` and ${more.toLocaleString("en")} more`)] : [])];
}
