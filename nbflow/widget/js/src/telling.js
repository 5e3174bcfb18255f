// Whether a person wants to be told when a run ends, and may be: asked for by a button, never unasked.
const WANTED = "nbflow:tell";

/** Whether this browser can tell at all. */
export function able() {
  return typeof Notification !== "undefined" && Notification.permission !== "denied";
}

/** Whether the person wants it, and the browser lets us. */
export function wanted() {
  return able() && Notification.permission === "granted" && kept() === "yes";
}

/** Want it, or no longer; the browser asks the person the first time.
 * @returns {Promise<boolean>} whether the person will be told */
export async function turn() {
  if (wanted()) return keep("no");
  if (!able()) return false;
  const said = Notification.permission === "granted" ? "granted" : await Notification.requestPermission();
  return keep(said === "granted" ? "yes" : "no");
}

/** Tell it, if it is wanted and the page is not looked at. Pages that tell the same replace each other's words.
 * @param {{title: string, body: string, tag: string}} said
 * @returns {boolean} whether it was told */
export function tell({ title, body, tag }) {
  if (!document.hidden || !wanted()) return false;
  const shown = new Notification(title, { body, tag });
  shown.onclick = () => {
    window.focus();
    shown.close();
  };
  return true;
}

let here = "no"; // where the browser keeps nothing for us

function kept() {
  try {
    return localStorage.getItem(WANTED) ?? here;
  } catch {
    return here;
  }
}

/** @param {string} value */
function keep(value) {
  here = value;
  try {
    localStorage.setItem(WANTED, value);
  } catch {
    // kept as long as the page is
  }
  return value === "yes";
}
