import { diff } from "./diff.js";
import { control, html } from "./dom.js";
import { size } from "./words.js";

/** @typedef {{kind: string, job: string, source?: string, before?: string|null, function?: string, shown?: {mime: string, data: string}[],
 *   rows?: {way: "in"|"out", name: string, from: string, job?: string, type?: string, shape?: string, size?: number}[]}} Closeup */

/** The cell's text, and what changed since it was declared before.
 * @param {Closeup} told
 * @returns {Node[]} */
export function code({ source = "", before, function: called }) {
  if (called && !source) return [note(`It calls ${called}.`)];
  if (before === null || before === undefined) return [html("pre", { class: "code" }, source.replace(/\n+$/, ""))];
  const lines = diff(before.replace(/\n+$/, ""), source.replace(/\n+$/, ""));
  const counts = ["+", "-"].map((mark) => lines.filter(([one]) => one === mark).length);
  const said = counts.some(Boolean) ? `since it was declared before: ${counts[0]} lines new, ${counts[1]} gone` : "as it was declared before";
  return [note(said), html("pre", { class: "code" }, ...lines.map(([mark, line]) =>
    html("span", { class: mark === " " ? "line" : mark === "+" ? "line new" : "line gone" }, `${mark} ${line}\n`)))];
}

/** What it reads and has made.
 * @param {Closeup} told
 * @returns {Node[]} */
export function data({ rows = [] }) {
  if (!rows.length) return [note("It reads no variables, and leaves none.")];
  const table = (/** @type {"in"|"out"} */ way, /** @type {string} */ title) => {
    const some = rows.filter((row) => row.way === way);
    if (!some.length) return [];
    const heads = ["name", "type", "extent", "size", ...(way === "in" ? ["from"] : [])];
    return [html("table", { class: "values" }, html("caption", {}, title), html("thead", {}, html("tr", {}, ...heads.map((word) => html("th", { scope: "col" }, word)))),
      html("tbody", {}, ...some.map((row) => html("tr", {}, html("td", { class: "what" }, row.name), html("td", {}, row.type ?? (way === "out" ? "not there" : "")), html("td", {}, row.shape ?? ""),
        html("td", {}, row.size ? size(row.size) : ""), ...(way === "in" ? [html("td", {}, row.job ? control("button", { class: "link", "data-job": row.job }, row.from) : row.from)] : []))))) ];
  };
  return [...table("in", "reads"), ...table("out", "leaves")];
}

/** What an attempt has shown.
 * @param {Closeup} told
 * @returns {Node[]} */
export function output({ shown = [] }) {
  if (!shown.length) return [note("It has shown no figures or tables.")];
  return shown.map(({ mime, data: content }, at) => {
    if (!mime.startsWith("image/")) return html("pre", { class: "shown" }, content);
    const picture = /** @type {HTMLImageElement} */ (html("img", { alt: `picture ${at + 1}` }));
    // In an <img> an SVG runs no scripts and fetches nothing.
    picture.src = mime === "image/svg+xml" ? `data:${mime};charset=utf-8,${encodeURIComponent(content)}` : `data:${mime};base64,${content.replace(/\s/g, "")}`;
    return picture;
  });
}

/** @param {string} text */
function note(text) {
  return html("p", { class: "dim" }, text);
}
