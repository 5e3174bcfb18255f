/** JupyterLab takes cells that are out of sight out of the page, and puts them back: what was scrolled is then at its top.
 * Scrolls everything in *root* back, and tells that it is there again.
 * @param {HTMLElement} root
 * @param {() => void} again
 * @param {AbortSignal} life */
export function reattaching(root, again, life) {
  /** @type {Map<Element, [top: number, left: number]>} */
  const places = new Map();
  let there = false;
  const scrolled = (/** @type {Event} */ { target }) => {
    if (there && target instanceof Element) places.set(target, [target.scrollTop, target.scrollLeft]);
  };
  root.addEventListener("scroll", scrolled, { signal: life, capture: true, passive: true });
  const seen = new ResizeObserver(() => {
    const was = there;
    there = root.isConnected && root.clientHeight > 0;
    if (was || !there) return;
    for (const [element, [top, left]] of places)
      if (root.contains(element)) [element.scrollTop, element.scrollLeft] = [top, left];
      else places.delete(element);
    again();
  });
  seen.observe(root);
  life.addEventListener("abort", () => seen.disconnect());
}
