import { html } from "./dom.js";

/** A rectangle drawn over the picture with Shift held: it selects what it touches. */
export class Band {
  /** @param {import("./stage.js").Stage} stage
   * @param {(area: import("./selection.js").Area) => void} done
   * @param {AbortSignal} signal */
  constructor(stage, done, signal) {
    const root = html("div", { class: "band" }), { scroll, picture } = stage;
    root.hidden = true;
    stage.root.append(root);
    let held = -1, x = 0, y = 0;
    const end = () => {
      held = -1;
      root.hidden = true;
    };
    scroll.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || !event.shiftKey || event.pointerType === "touch") return;
      [held, x, y] = [event.pointerId, event.clientX, event.clientY];
    }, { signal });
    scroll.addEventListener("pointermove", (event) => {
      if (event.pointerId !== held || (root.hidden && Math.hypot(event.clientX - x, event.clientY - y) < 5)) return;
      if (!scroll.hasPointerCapture(held)) scroll.setPointerCapture(held);
      const around = stage.root.getBoundingClientRect();
      root.hidden = false;
      for (const [side, value] of Object.entries({ left: Math.min(x, event.clientX) - around.left, top: Math.min(y, event.clientY) - around.top,
        width: Math.abs(event.clientX - x), height: Math.abs(event.clientY - y) })) root.style.setProperty(side, `${value}px`);
    }, { signal });
    scroll.addEventListener("pointerup", (event) => {
      if (event.pointerId !== held) return;
      const drawn = !root.hidden, box = picture.getBoundingClientRect(), scale = stage.scale;
      end();
      if (!drawn) return;
      const sides = [[x - box.left, event.clientX - box.left], [y - box.top, event.clientY - box.top]].map((pair) => pair.map((side) => side / scale).sort((a, b) => a - b));
      done([sides[0][0], sides[1][0], sides[0][1], sides[1][1]]);
    }, { signal });
    scroll.addEventListener("pointercancel", end, { signal });
  }
}
