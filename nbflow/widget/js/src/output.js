import { control, html } from "./dom.js";

/** @typedef {[text: string, heading: boolean, columns: number, rows: number]} Cell */
/** @typedef {{mime: string, data: string, text?: string, table?: {head: Cell[][], body: Cell[][], left_out: number}}} Shown */

const PICTURES = ["image/svg+xml", "image/png", "image/jpeg", "image/gif", "image/webp"];

/** What an attempt has shown, one thing below the other. Pictures stand in `img`, where an SVG runs no scripts and fetches
 * nothing; tables are made anew of the texts of their cells; all else is text.
 * @param {Shown[]} shown
 * @param {string} attempt in words
 * @returns {Node[]} */
export function output(shown, attempt) {
  if (!shown.length) return [html("p", { class: "dim" }, `${attempt} has shown no figures or tables.`)];
  return [html("p", { class: "dim" }, `shown by ${attempt}`), ...shown.map((one, at) => {
    if (one.mime === "note") return html("p", { class: "dim" }, one.data);
    if (one.table) return table(one.table);
    if (!PICTURES.includes(one.mime)) return html("pre", { class: "shown", dir: "auto" }, one.data);
    return picture(one, at + 1, shown.length);
  })];
}

/** @param {Shown} one
 * @param {number} number
 * @param {number} all */
function picture({ mime, data, text }, number, all) {
  const said = `picture ${number} of ${all}${text && !text.startsWith("<") ? `: ${text}` : ""}`;
  const image = /** @type {HTMLImageElement} */ (html("img", { alt: said }));
  image.src = mime === "image/svg+xml" ? `data:${mime};charset=utf-8,${encodeURIComponent(data)}` : `data:${mime};base64,${data.replace(/[^A-Za-z0-9+/=]/g, "")}`;
  const frame = control("button", { class: "figure", "aria-expanded": "false", "aria-label": `${said}, in its own size`, title: "in its own size" }, image);
  frame.addEventListener("click", () => frame.setAttribute("aria-expanded", frame.classList.toggle("whole") ? "true" : "false"));
  return frame;
}

/** @param {{head: Cell[][], body: Cell[][], left_out: number}} told */
function table({ head, body, left_out: left }) {
  const rows = (/** @type {Cell[][]} */ some) => some.map((row) => html("tr", {}, ...row.map(([text, heading, columns, rows]) =>
    html(heading && text ? "th" : "td", { colspan: columns > 1 ? columns : undefined, rowspan: rows > 1 ? rows : undefined, class: /^[-+]?[\d.,]+(e[-+]?\d+)?%?$/i.test(text) ? "number" : undefined }, text))));
  const note = left ? [html("p", { class: "dim" }, `… ${left.toLocaleString("en")} more rows`)] : [];
  return html("div", { class: "tabled", tabindex: 0, "data-lm-suppress-shortcuts": "true", role: "group", "aria-label": "table" },
    html("table", { class: "frame-table" }, html("thead", {}, ...rows(head)), html("tbody", {}, ...rows(body))), ...note);
}
