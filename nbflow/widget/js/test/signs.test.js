import assert from "node:assert/strict";
import { test } from "node:test";
import { clip, fitted, isolated, short, signs, visible } from "../src/signs.js";

const FAMILY = "👩‍👩‍👧‍👦", FLAG = "🇺🇦", THUMB = "👍🏽", ACCENT = "e\u0301", NAGARI = "क्षि";

test("a sign is what a person takes for one", () => {
  assert.equal(signs(FAMILY + FLAG + THUMB + ACCENT).length, 4);
  assert.deepEqual(signs("fit"), ["f", "i", "t"]);
});

test("a name for a button keeps both its ends", () => {
  assert.equal(short("fit"), "fit");
  assert.equal(short("fit_gradient_boosting[learning_rate=0.001,max_depth=12]"), "fit_gradient…_depth=12]");
  assert.equal(short(FAMILY.repeat(30)), `${FAMILY.repeat(12)}…${FAMILY.repeat(10)}`);
  assert.equal(short(FAMILY.repeat(24)), FAMILY.repeat(24));
});

test("a text is cut between signs, never within one", () => {
  const length = (/** @type {string} */ text) => signs(text).length;
  for (const sign of [FAMILY, FLAG, THUMB, ACCENT, NAGARI]) {
    const cut = clip(sign.repeat(9), 5, length);
    assert.ok(signs(cut.slice(0, -1)).every((one) => signs(sign).includes(one)), cut);
    assert.ok(length(cut) <= 5);
  }
  assert.equal(clip("short", 5, length), "short");
});

test("only names that could turn their neighbours are isolated", () => {
  assert.equal(isolated("fit[alpha=0.1] 数据 e\u0301 👍🏽"), "fit[alpha=0.1] 数据 e\u0301 👍🏽");
  for (const name of ["مرحبا", "שלום", "\u200fabc", "\u{1e900}"]) assert.equal(isolated(name), `\u2068${name}\u2069`);
});

test("what is shown of a name neither turns nor is empty", () => {
  assert.equal(visible("fit\u202egnp.exe"), "fitgnp.exe");
  assert.equal(visible("a\tb\x07"), "a b ");
  for (const name of ["", " ", "\u200b\u3000\u2800", "\u202e", "\u0301"]) assert.equal(visible(name), "(blank)");
});

test("both ends of a name stay where there is little room", () => {
  const length = (/** @type {string} */ text) => signs(text).length;
  assert.equal(fitted("fit[alpha=0.1]", 9, length), "fit[…0.1]");
  assert.equal(fitted(FAMILY.repeat(9), 4, length), `${FAMILY.repeat(2)}…${FAMILY}`);
  assert.equal(fitted("fit", 3, length), "fit");
});
