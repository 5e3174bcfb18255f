import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { HINT, KEYS, shortcut, told } from "../src/keys.js";

test("the documentation has the same table", () => {
  const page = readFileSync(new URL("../../../../docs/view.md", import.meta.url), "utf8");
  const section = page.split("## Getting about")[1].split("\n## ")[0];
  const rows = [...section.matchAll(/^\| (.+?) \| (.+) \|$/gm)].map(([, keys, does]) => [keys, does]);
  assert.deepEqual(rows, Object.values(KEYS).map(({ keys, does }) => [keys, does]));
});

test("no two lines have one key", () => {
  const keys = Object.values(KEYS).flatMap(({ aria }) => (aria ? [aria] : []));
  assert.equal(new Set(keys).size, keys.length);
});

test("a shortcut is told to people and to assistive technology", () => {
  assert.deepEqual(["r", "R", "/"].map((key) => [shortcut(key), told(key)]), [["r", "R"], ["Shift+R", "Shift+R"], ["/", "/"]]);
  assert.match(HINT, /^arrows walk · .* · \? all keys$/);
});
