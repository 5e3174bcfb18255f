"""The view in a bare page: what it looks like, says and does, whatever the run."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ARTIFACTS
from tests.browser.page import change, show
from tests.unit import snapshots

FIT = {("fit_lasso", 3): "scaling 14 columns\nLinAlgError: SVD did not converge\n"}
HOSTILE = ["<img src=x onerror=window.pwned=1>", "<svg onload=window.pwned=1>", "javascript:pwned=1"]
HOSTILE += ["constructor", "__proto__"]


def hostile() -> dict:
    text = " ".join(HOSTILE)
    reason = {"kind": "exception", "detail": text, "attempt": 1}
    tries = [snapshots.attempt(1, 0, 1.0, "failed", reason=reason)]
    failed = snapshots.job("failed", (), tries, reason=reason, reason_text=text)
    jobs = {name: failed | {"group": name} for name in HOSTILE}
    jobs["last"] = snapshots.job("waiting", tuple(HOSTILE), outputs=HOSTILE)
    return snapshots.snapshot(jobs, dict.fromkeys(HOSTILE, "strict"), flow=HOSTILE[0])


def test_no_text_becomes_markup(page):
    """Names, reasons, logs and titles of any content are shown as they are, and run nothing."""
    snapshot = hostile()
    for job in snapshot["jobs"]:
        seen = show(page, snapshot, {(job, 1): " ".join(HOSTILE) + "\x1b[31m"})
        seen.locator(".node").first.hover()
        expect(seen.locator(".drawer .name")).to_have_text(job)
    expect(seen.locator(".flow")).to_have_text(HOSTILE[0])
    assert seen.locator("img, script, iframe, a").count() == 0
    assert page.evaluate("() => window.pwned") is None


def test_the_hostile_text_is_hostile(page):
    """Control of the test above: as markup the same text does run."""
    show(page, snapshots.empty())
    page.evaluate("text => { document.body.insertAdjacentHTML('beforeend', text) }", HOSTILE[0])
    page.wait_for_function("() => window.pwned === 1")


@pytest.mark.parametrize(("width", "beside"), [(1160, True), (800, True), (640, False)])
def test_the_drawer_stands_beside_or_below(page, width, beside):
    """From 720 pixels on the drawer stands at the right, else under the picture; neither reaches out of the view."""
    page.set_viewport_size({"width": width, "height": 800})
    seen = show(page, snapshots.ten(), FIT)
    whole, picture, drawer = (seen.locator(where).bounding_box() for where in (":scope", ".dag", ".drawer"))
    assert (drawer["x"] >= picture["x"] + picture["width"]) is beside
    assert (drawer["y"] >= picture["y"] + picture["height"]) is not beside
    assert drawer["x"] + drawer["width"] <= whole["x"] + whole["width"] + 1
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["ten", "empty", "long_names", "layered", "fan"])
def test_pictures_for_people(page, name, theme):
    """Kept to be looked at; nothing overflows the page, and the console stays silent."""
    arguments = {"layered": [40], "fan": [300]}.get(name, [])
    show(page, getattr(snapshots, name)(*arguments), FIT if name == "ten" else None, theme)
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"page-{name}-{theme}.png")
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_can_be_read(page, theme):
    """Words have a contrast of 4.5 : 1 on their ground, borders and icons 3 : 1."""
    seen = show(page, snapshots.ten(), FIT, theme)
    words = ".spot text, .chip span, .why, .dim, .how, .log, .act:not([aria-disabled=true]), .word, .frame text"
    ratios = seen.locator(words).evaluate_all(CONTRAST, "text")
    assert len(ratios) > 40
    assert min(ratios) >= 4.5
    assert min(seen.locator(".node .box, .node .icon .line").evaluate_all(CONTRAST, "stroke")) >= 3


CONTRAST = """(elements, how) => {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const over = (colour, ground) => { canvas.fillStyle = ground; canvas.fillRect(0, 0, 1, 1);
        canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3); };
    const linear = v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    const light = rgb => { const [r, g, b] = rgb.map(v => linear(v / 255));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
    const root = getComputedStyle(document.querySelector('.nbflow-view')).backgroundColor;
    const ground = element => { const box = element.closest('.spot')?.querySelector('.box');
        if (box && how === 'text') return getComputedStyle(box).fill;
        for (let at = element; at; at = at.parentElement) { const found = getComputedStyle(at).backgroundColor;
            if (found !== 'rgba(0, 0, 0, 0)') return found; }
        return root; };
    return elements.map(element => { const style = getComputedStyle(element), below = ground(element);
        const ink = how === 'stroke' ? style.stroke : element instanceof SVGElement ? style.fill : style.color;
        const [a, b] = [light(over(ink, below)), light(over(below, root))].sort((x, y) => y - x);
        return (a + 0.05) / (b + 0.05); });
}"""


def test_everything_focusable_keeps_its_keys_and_has_a_name(page):
    """Jupyter leaves alone only what is marked itself; one node is in the order of tabs; each thing has a name."""
    seen = show(page, snapshots.ten(), FIT)
    focusable = seen.locator("button, [tabindex], a, input")
    assert focusable.evaluate_all("all => all.filter(one => one.dataset.lmSuppressShortcuts !== 'true').length") == 0
    nameless = "all => all.filter(one => one.checkVisibility() && !(one.ariaLabel || one.textContent.trim())).length"
    assert focusable.evaluate_all(nameless) == 0
    assert seen.locator(".node[tabindex='0']").count() == 1


def test_a_kernel_that_does_not_answer_is_told_of(page):
    """Two seconds without an acknowledgement are said; the next answer takes it back."""
    seen = show(page, snapshots.ten(), FIT)
    page.evaluate("() => { kernel.answers = false }")
    seen.get_by_role("button", name="Retry fit_lasso").click()
    expect(seen.locator(".note")).to_have_text("Retry fit_lasso: asked.")
    expect(seen.locator(".note")).to_contain_text("Retry fit_lasso: no answer from the kernel yet")
    page.evaluate("() => { kernel.answers = true }")
    seen.locator(".node").first.click()
    expect(seen.locator(".note")).to_have_text("Retry fit_lasso: it was lost on the way, ask again")


STATES = """() => { const heard = new Set(), signal = { connect: f => heard.add(f), disconnect: f => heard.delete(f) };
    const told = { status: 'idle', connectionStatus: 'connected', statusChanged: signal,
                   connectionStatusChanged: { connect: f => told.line = f, disconnect() {} } };
    model.widget_manager = { kernel: told };
    kernel.is = status => { told.status = status; heard.forEach(f => f(told, status)) };
    kernel.line = status => told.line(told, status); }"""


def played_states(page, snapshot):
    """The view of *snapshot* in a front end that tells how its kernel is, as JupyterLab does."""
    show(page, snapshot, FIT)
    page.evaluate(STATES)
    page.evaluate("() => { end(); end = view.default.render({ model, el: document.getElementById('root') }) }")
    return page.locator(".nbflow-view")


def test_a_click_on_a_busy_kernel_is_queued_and_says_so(page):
    """What waits for the cell to end is named; once heard, it is no more."""
    seen = played_states(page, snapshots.ten())
    page.evaluate("() => { kernel.is('busy'); kernel.answers = false }")
    seen.get_by_role("button", name="Retry fit_lasso").click()
    expect(seen.locator(".note")).to_have_text("Retry fit_lasso: queued until the cell ends.")
    page.evaluate(
        "() => { kernel.is('idle'); kernel.sent.forEach(({ number }) => kernel.answer({ kind: 'ack', number })) }"
    )
    expect(seen.locator(".note")).not_to_contain_text("queued")
    page.evaluate("() => { kernel.answer({ kind: 'done', number: kernel.sent.at(-1).number, count: 0 }) }")
    expect(seen.locator(".note")).to_have_text("Retry fit_lasso: nothing to do, it has changed meanwhile.")


def test_a_restart_is_told_of_unasked_and_clocks_stand(page):
    """A picture whose kernel is gone does not go on as if it were alive."""
    seen = played_states(page, snapshots.ten())
    page.evaluate("() => { kernel.is('restarting') }")
    expect(seen.locator(".note")).to_contain_text("The kernel was restarted: this is how it stood at")
    was = seen.locator(".time").text_content()
    page.evaluate("() => new Promise(done => setTimeout(done, 1500))")
    assert seen.locator(".time").text_content() == was


def test_a_line_that_was_cut_is_told_of_and_asks_for_what_was_missed(page):
    """While it is cut the clocks stand; once it is back, one snapshot is asked for."""
    seen = played_states(page, snapshots.ten())
    page.evaluate("() => { kernel.line('connecting') }")
    expect(seen.locator(".note")).to_contain_text("No connection to the kernel: this is how it stood at")
    page.evaluate("() => { kernel.line('connected') }")
    expect(seen.locator(".note")).not_to_contain_text("No connection")
    assert page.evaluate("() => kernel.sent.map(({ op }) => op).filter(op => op === 'again')") == ["again"]
    expect(seen.locator(".time")).not_to_have_text(seen.locator(".time").text_content())


def test_a_click_says_what_was_seen(page):
    """A request names the operation, the job and its generation, and nothing else."""
    snapshot = snapshots.ten()
    snapshot["jobs"]["fit_lasso"]["generation"] = 3
    seen = show(page, snapshot, FIT)
    seen.get_by_role("button", name="Retry fit_lasso").click()
    sent = page.evaluate("() => kernel.sent.at(-1)")
    assert sent == {"op": "retry", "number": sent["number"], "jobs": ["fit_lasso"], "generations": [3]}


def test_senseless_buttons_say_why_and_send_nothing(page):
    """A disabled button keeps the focus, and tells why."""
    seen = show(page, snapshots.ten(), {("fit_trees", 1): ""})
    before = page.evaluate("() => kernel.sent.length")
    seen.get_by_role("button", name="Retry fit_trees").press("Enter")
    expect(seen.locator(".note")).to_have_text("Retry fit_trees: it is running.")
    assert page.evaluate("() => kernel.sent.length") == before


@pytest.mark.parametrize("place", ["first", "last"])
def test_a_new_job_leaves_focus_and_selection_where_they_are(page, place):
    """The picture is drawn anew under one's hands."""
    seen = show(page, snapshots.ten(), FIT)
    seen.locator('.node[aria-label^="fit_trees:"]').focus()
    snapshot, new = snapshots.ten(), {"new": snapshots.job()}
    snapshot["jobs"] = new | snapshot["jobs"] if place == "first" else snapshot["jobs"] | new
    change(page, snapshot, FIT)
    expect(seen.locator(".node")).to_have_count(15)
    expect(seen.locator('.node[aria-label^="fit_trees:"]')).to_be_focused()
    expect(seen.locator('.node[aria-pressed="true"]')).to_have_attribute("aria-label", re.compile("^fit_lasso"))


def test_a_new_job_does_not_move_the_page(page):
    """Who has scrolled on is not brought back to the node that has the focus."""
    seen = show(page, snapshots.ten(), FIT)
    page.evaluate(
        "() => { document.body.append(Object.assign(document.createElement('div'), {style: 'height: 3000px'})) }"
    )
    seen.locator('.node[aria-label^="fit_trees:"]').focus()
    page.evaluate("() => scrollTo(0, 2000)")
    snapshot = snapshots.ten()
    snapshot["jobs"]["new"] = snapshots.job()
    change(page, snapshot, FIT)
    expect(seen.locator('.node[aria-label^="fit_trees:"]')).to_be_focused()
    assert page.evaluate("() => scrollY") == 2000


def test_a_picture_that_is_sent_again_is_not_drawn_again(page):
    """The kernel sends everything twice; a press of the mouse and its release meet the same node."""
    seen = show(page, snapshots.ten(), FIT)
    node = seen.locator('.node[aria-label^="fit_trees:"]')
    node.evaluate("node => { node.mark = 'the same' }")
    change(page, snapshots.ten(), FIT)
    page.evaluate("() => null")
    assert node.evaluate("node => node.mark") == "the same"


def test_a_growing_log_is_followed_until_somebody_scrolls_up(page):
    """The end stays in sight; who reads further up is not pulled away."""
    text = "".join(f"line {n}\n" for n in range(100))
    seen = show(page, snapshots.ten(), {("fit_trees", 1): text})
    log = seen.locator(".log")
    below = "log => log.scrollHeight - log.scrollTop - log.clientHeight"
    assert log.evaluate(below) < 12
    change(page, snapshots.ten(), {("fit_trees", 1): text + "one more\n" * 20})
    expect(log).to_contain_text("one more")
    assert log.evaluate(below) < 12
    log.evaluate("log => new Promise(done => { log.onscroll = done; log.scrollTop = 30 })")
    change(page, snapshots.ten(), {("fit_trees", 1): text + "one more\n" * 40})
    assert log.evaluate("log => log.scrollTop") == 30


def test_times_go_on_by_themselves(page):
    """Nothing is sent for a clock to tick: a running job's caption is later a second later."""
    seen = show(page, snapshots.ten())
    caption = seen.locator(".spot", has_text="fit_trees").locator(".small")
    total = seen.locator(".time")
    was = caption.text_content(), total.text_content()
    assert ("0:26", "0:52") <= was < ("0:36", "1:02")
    expect(caption).not_to_have_text(was[0])
    expect(total).not_to_have_text(was[1])
    assert was < (caption.text_content(), total.text_content()) < ("0:56", "1:22")


def test_an_empty_flow_says_how_to_begin(page):
    """No jobs, no riddle."""
    expect(show(page, snapshots.empty())).to_contain_text("No jobs yet. Put %%job NAME on the first line of a cell")


@pytest.mark.parametrize(("verdict", "said"), [("met", " · met"), ("broken", " · broken"), ("undecided", "")])
def test_a_group_says_what_its_policy_decided(page, verdict, said):
    """The frame's title ends with the verdict, once there is one; where there is no room, with a sign."""
    snapshot = snapshots.ten()
    snapshot["groups"]["fits"]["verdict"] = verdict
    title = show(page, snapshot).locator(".frame text")
    expect(title).to_have_text(re.compile(f"^fits.*({said}{'| [✓✕]' if said else '1 ✓ 1 ✕'})$"))


def test_three_hundred_jobs_are_painted_quickly(page):
    """A change of every status of 300 jobs costs a fraction of the time between two messages."""
    show(page, snapshots.fan(300))
    snapshot = snapshots.fan(300)
    for job in snapshot["jobs"].values():
        job["status"] = "succeeded"
    change(page, snapshot)  # warm
    took = page.evaluate(
        """async () => {
            const times = [];
            for (let turn = 0; turn < 9; turn++) {
                const begin = performance.now();
                kernel.change({ status: 'RSF'[turn % 3].repeat(302) });
                await null;
                document.body.offsetHeight;
                times.push(performance.now() - begin); }
            return Math.min(...times) }"""
    )
    assert took < 50


def test_an_ended_view_leaves_nothing(page):
    """A view that is closed no longer listens: what comes later does not touch it."""
    seen = show(page, snapshots.ten())
    page.evaluate("() => { end() }")
    change(page, snapshots.fan(40))
    page.evaluate("() => new Promise(done => setTimeout(done, 50))")
    assert seen.locator(".node").count() == 14


# --- what is done about failures
SCRIPT = {("fetch", 1, 0): "refreshing the token\n"}


def job(seen, name: str):
    return seen.locator(f'.node[aria-label^="{name}:"]')


def sent(page) -> dict:
    return page.evaluate("() => kernel.sent.at(-1)")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_is_done_about_failures_can_be_read(page, theme):
    """Every status of a failure that is handled has the contrast of the others, hatched or not."""
    seen = show(page, snapshots.mended(), {("token", 1, 0): "ok\n"}, theme)
    assert min(seen.locator(".spot text, .chip span, .how, .by, .value, .pick").evaluate_all(CONTRAST, "text")) >= 4.5
    assert min(seen.locator(".node .box, .node .icon .line").evaluate_all(CONTRAST, "stroke")) >= 3
    page.screenshot(path=ARTIFACTS / f"page-mended-{theme}.png")


def test_a_step_under_way_shows_its_log(page):
    """A job whose recovery script runs: the rule, the script with its clock, and what it prints."""
    seen = show(page, snapshots.mended(), SCRIPT)
    drawer = seen.locator(".drawer")
    expect(drawer.locator(".why")).to_have_text(
        "Exit 10. A recovery script (rule exit 10) runs, then comes attempt 2 of 3."
    )
    expect(drawer.locator("tbody tr")).to_have_text(
        [re.compile("^1.*exit 10"), "↳ rule exit 10", re.compile("↳ recovery0:3[78]running")]
    )
    expect(drawer.locator(".logtitle")).to_have_text("log of the recovery script after attempt 1")
    expect(drawer.locator(".log")).to_have_text("refreshing the token")


def test_the_log_of_a_step_is_asked_for_by_its_place(page):
    """A click on a step asks for its log as one on an attempt does; one on the usual one follows what comes."""
    seen = show(page, snapshots.mended(), {("prices", 2): "no prices\n"})
    seen.get_by_role("button", name="fallback use_cache after attempt 2, succeeded: show its log").click()
    assert sent(page) == {"op": "select", "number": sent(page)["number"], "jobs": ["prices"], "attempt": 2, "step": 1}
    change(page, snapshots.mended(), {("prices", 2, 1): "reading the cache\n"})
    expect(seen.locator(".logtitle")).to_have_text("log of the fallback use_cache after attempt 2")
    expect(seen.locator(".log")).to_have_text("reading the cache")
    expect(seen.locator("tr.on .pick")).to_have_text("↳ fallback")
    seen.get_by_role("button", name="attempt 2, exit 10").click()
    assert sent(page) == {"op": "select", "number": sent(page)["number"], "jobs": ["prices"], "attempt": None}


def test_a_fallback_is_a_part_of_its_node(page):
    """A row of its own says its name, and an icon what it has come to; both are read out."""
    seen = show(page, snapshots.mended())
    expect(job(seen, "prices")).to_have_attribute(
        "aria-label", "prices: recovered, recovered by use_cache; fallback: use_cache succeeded"
    )
    expect(seen.locator(".spot", has_text="prices").locator("text").last).to_have_text("fallback: use_cache")
    assert [job(seen, name).locator(".icon").last.get_attribute("class") for name in ("prices", "rates", "sites")] == [
        "icon s-S",
        "icon s-R",
        "icon s-F",
    ]
    assert job(seen, "stations").locator(".icon").last.bounding_box()["width"] == 0, "not needed yet: no mark"


def test_only_a_substituted_node_is_hatched(page):
    """Its lines are gone when it runs again."""
    seen = show(page, snapshots.mended())
    expect(seen.locator(".hatch[d]:not(.rule)")).to_have_count(1)
    assert job(seen, "fit").locator(".hatch").get_attribute("d").startswith("M")
    again = snapshots.mended()
    again["jobs"]["fit"]["status"] = "running"
    change(page, again)
    expect(seen.locator(".hatch[d]:not(.rule)")).to_have_count(0)


def test_retry_with_downstream_says_how_many_and_asks_once(page):
    """One request for the job; the kernel knows what depends on it."""
    seen = show(page, snapshots.mended(), {("prices", 2): ""})
    seen.get_by_role("button", name="Retry and 3 downstream: prices").click()
    expect(seen.locator(".note")).to_have_text("Retry prices with downstream: asked.")
    assert sent(page) | {"number": 0} == {"op": "retry-downstream", "number": 0, "jobs": ["prices"], "generations": [1]}


def test_skip_with_last_good_outputs_is_there_only_if_there_are_some(page):
    """And it says whose; a value of one's own is asked for in Python, and the drawer tells how."""
    snapshot = snapshots.ten()
    snapshot["jobs"]["fit_lasso"]["outputs"] = ["model"]
    seen = show(page, snapshot, FIT)
    last = seen.get_by_role("button", name="Skip with last good outputs: fit_lasso")
    expect(last).to_be_hidden()
    seen.get_by_role("tab", name="Summary").click()
    expect(seen.locator(".commands")).to_contain_text("%nbflow skip fit_lasso --value …")
    snapshot["jobs"]["fit_lasso"]["attempts"][0]["end"] = "succeeded"
    change(page, snapshot, FIT)
    expect(last).to_have_attribute("title", "go on with the outputs of attempt 1 (Shift+S)")
    job(seen, "fit_lasso").press("Shift+S")
    assert sent(page)["op"] == "skip-last"


def test_a_group_is_cancelled_and_its_failed_ones_retried_by_keyboard(page):
    """Both buttons of a frame are reached by Tab, say what they mean, and carry what was seen."""
    seen = show(page, snapshots.ten())
    cancel = seen.get_by_role("button", name="Cancel group fits: 1 job")
    cancel.focus()
    page.keyboard.press("Enter")
    assert sent(page) | {"number": 0} == {"op": "cancel", "number": 0, "jobs": ["fit_trees"], "generations": [1]}
    page.keyboard.press("Shift+Tab")
    expect(seen.get_by_role("button", name="Retry 1 failed of group fits")).to_be_focused()
    page.keyboard.press(" ")
    assert (sent(page)["op"], sent(page)["jobs"]) == ("retry", ["fit_lasso"])
    page.evaluate("() => kernel.answer({ kind: 'done', number: kernel.sent.at(-1).number, count: 0 })")
    expect(seen.locator(".note")).to_have_text("Retry 1 failed of group fits: nothing to do, it has changed meanwhile.")


def test_a_group_that_has_ended_well_can_only_be_folded(page):
    """Nothing to cancel, nothing to retry."""
    snapshot = snapshots.ten()
    for name in snapshot["groups"]["fits"]["members"]:
        snapshot["jobs"][name]["status"] = "succeeded"
    seen = show(page, snapshot)
    expect(seen.locator(".tool:visible")).to_have_count(1)
    expect(seen.get_by_role("button", name="Fold fits")).to_be_visible()


def test_pause_says_so_and_is_taken_back(page):
    """A button in the head, or P; a paused run says so there."""
    seen = show(page, snapshots.ten())
    pause = seen.get_by_role("button", name="Pause all")
    expect(pause).to_have_attribute("title", "start nothing new; what runs goes on (P)")
    pause.click()
    assert sent(page) | {"number": 0} == {"op": "pause", "number": 0, "jobs": []}
    change(page, snapshots.ten() | {"paused": True})
    expect(seen.locator(".end .word")).to_have_text("paused")
    job(seen, "load").press("p")
    assert sent(page)["op"] == "unpause"
    change(page, snapshots.ten() | {"verdict": "succeeded"})
    expect(seen.locator(".pause")).to_be_hidden()


def test_a_refused_act_says_why(page):
    """What the kernel answers stands in the view, and is read out."""
    seen = show(page, snapshots.ten(), FIT)
    seen.get_by_role("button", name="Retry fit_lasso").click()
    page.evaluate(
        "() => kernel.answer({ kind: 'refused', number: kernel.sent.at(-1).number, said: 'the engine is gone' })"
    )
    expect(seen.locator(".note")).to_have_text("Retry fit_lasso: the engine is gone")
    expect(seen.locator(".spoken")).to_have_text("Retry fit_lasso: the engine is gone")


def test_progress_is_drawn_and_said(page):
    """A bar in the node, and its share and text under the name; of an unknown total only the text."""
    far = {
        "fit_trees": {"done": 30, "total": 120, "text": "trees"},
        "plot": {"done": 7, "total": None, "text": "7"},
    }
    seen = show(page, snapshots.ten(), progress=far)
    node = seen.locator(".spot", has_text="fit_trees")
    expect(node.locator(".small")).to_contain_text("25 % · trees")
    box, bar = (node.locator(where).bounding_box()["width"] for where in (".box", ".progress"))
    assert bar / box == pytest.approx(0.25, abs=0.02)
    expect(seen.locator(".spot", has_text="plot").locator(".progress")).to_be_hidden()
    expect(seen.locator(".spot", has_text="plot").locator(".small")).to_have_text(re.compile(r"^\d:\d\d · 7$"))


def test_the_header_says_how_much_is_left(page):
    """As far as what has ended tells; nothing where nobody can know."""
    jobs = {f"fit[a={n}]": snapshots.job(attempts=[snapshots.attempt(1, 0, 30.0)], fan="fit") for n in range(3)}
    jobs["fit[a=3]"] = snapshots.job("running", (), [snapshots.attempt(1, 40, None)], fan="fit")
    expect(show(page, snapshots.snapshot(jobs)).locator(".time")).to_contain_text("about 20 s left")
    jobs["other"] = snapshots.job("waiting", ("fit[a=3]",))
    expect(show(page, snapshots.snapshot(jobs)).locator(".time")).not_to_contain_text("left")
