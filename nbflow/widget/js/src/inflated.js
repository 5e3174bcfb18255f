/** What the kernel has deflated, in base64, as it was (nbflow/widget/packing.py).
 * @param {string} packed */
export function inflated(packed) {
  const bytes = Uint8Array.from(atob(packed), (sign) => sign.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate")));
}
