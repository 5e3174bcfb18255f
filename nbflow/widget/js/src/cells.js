/** The grid of a strip, as in nbflow/core/boxes.py and tiles.py.
 * @typedef {import("./types.js").Cells} Cells */

const MARKED = 6; // pixels: a narrower cell has no room for lines

/** @param {Cells} cells
 * @param {number} place
 * @returns {[number, number]} the cell's corner */
export function corner([x, y, across, width, height, gap], place) {
  return [x + (place % across) * (width + gap), y + Math.floor(place / across) * (height + gap)];
}

/** The place of the cell at a point, or -1.
 * @param {Cells} cells
 * @param {number} count
 * @param {number} left
 * @param {number} top */
export function placeAt([x, y, across, width, height, gap], count, left, top) {
  const column = Math.floor((left - x + gap / 2) / (width + gap)), row = Math.floor((top - y + gap / 2) / (height + gap));
  const place = row * across + column;
  return column >= 0 && column < across && row >= 0 && place < count ? place : -1;
}

/** @param {Cells} cells
 * @param {number[]} places
 * @param {number} [from] how far below its top each begins
 * @returns {string} path data */
export function boxes(cells, places, from = 0) {
  const [, , , width, height] = cells;
  let drawn = "";
  for (const place of places) {
    const [x, y] = corner(cells, place);
    drawn += `M${x},${y + from}h${width}v${height - from}h${-width}z`;
  }
  return drawn;
}

/** Lines on cells.
 * @param {Cells} cells
 * @param {number[]} places
 * @param {string} mark
 * @returns {string} path data */
export function lines(cells, places, mark) {
  const [, , , width, height] = cells;
  if (!mark || mark === "half" || width < MARKED) return "";
  const inset = width / 4, reach = width / 2 - inset;
  let drawn = "";
  for (const place of places) {
    const [x, y] = corner(cells, place), near = x + inset, far = x + width - inset, middle = y + height / 2;
    drawn += mark === "bar" ? `M${near},${middle}H${far}` : `M${near},${middle + reach}L${far},${middle - reach}`;
    if (mark === "cross") drawn += `M${near},${middle - reach}L${far},${middle + reach}`;
  }
  return drawn;
}

/** Where an arrow key leads within the grid.
 * @param {Cells} cells
 * @param {number} count
 * @param {number} place
 * @param {string} key
 * @returns {number} a place; -1 where it leads out of it */
export function beside([, , across], count, place, key) {
  const column = place % across;
  switch (key) {
    case "ArrowRight":
      return column + 1 < across && place + 1 < count ? place + 1 : -1;
    case "ArrowLeft":
      return column > 0 ? place - 1 : -1;
    case "ArrowDown":
      return place + across < count ? place + across : -1;
    case "ArrowUp":
      return place - across >= 0 ? place - across : -1;
    default:
      return -1;
  }
}
