/** A text with the colour codes of terminals, as pieces with class names: nothing of it is ever read as markup.
 * @param {string} text
 * @returns {[text: string, classes: string][]} */
export function pieces(text) {
  /** @type {[string, string][]} */
  const found = [];
  let style = { colour: "", bold: false }, from = 0;
  for (const code of text.matchAll(/\x1b\[([0-9;]*)m/g)) {
    add(found, text.slice(from, code.index), style);
    style = changed(style, code[1]);
    from = code.index + code[0].length;
  }
  add(found, text.slice(from), style);
  return found;
}

/** @param {[string, string][]} found
 * @param {string} text
 * @param {{colour: string, bold: boolean}} style */
function add(found, text, style) {
  if (text) found.push([text, [style.colour, style.bold ? "a-b" : ""].filter(Boolean).join(" ")]);
}

/** @param {{colour: string, bold: boolean}} style
 * @param {string} codes */
function changed(style, codes) {
  let { colour, bold } = style;
  for (const code of codes.split(";").map(Number)) {
    if (code === 0) [colour, bold] = ["", false];
    else if (code === 1) bold = true;
    else if (code === 22) bold = false;
    else if (code === 39) colour = "";
    else if (code >= 30 && code <= 37) colour = `a-${code - 30}`;
    else if (code >= 90 && code <= 97) colour = `a-${code - 90}`;
  }
  return { colour, bold };
}
