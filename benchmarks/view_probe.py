"""What watches the live view while it works: in the kernel, on the wire and in the page. Times are Unix seconds."""

from __future__ import annotations

KERNEL = '''
import json, threading, time
from nbflow import _extensions
from nbflow.core.event import AttemptEnded

class Probe:
    """What the view's own thread does, and when the ends of attempts arrive."""

    def __init__(self):
        self.clear()
        extension = _extensions[-1]
        self.view = extension.shows.view()
        self.look, self.show = self.view.look, self.view.show
        self.view.look, self.view.show = self.looked, self.shown
        extension.session.replica.on_events(self.heard)

    def clear(self):
        self.ends, self.looks, self.shows = [], [], []

    def heard(self, events):
        now = time.time()
        self.ends += [(e.at, now) for e in events if isinstance(e, AttemptEnded) and e.end == "succeeded"]

    def looked(self):
        began, used = time.time(), time.thread_time()
        found = self.look()
        self.looks.append((began, time.time() - began, time.thread_time() - used))
        return found

    def shown(self, changed):
        used = time.thread_time()
        self.show(changed)
        self.shows.append((self.view.clock, time.time(), time.thread_time() - used, sorted(changed)))

    def told(self):
        return {"ends": self.ends, "looks": self.looks, "shows": self.shows}

probe = Probe()
'''
"""A cell: notes ends of attempts (the event's time, and when it is in the kernel), looks and sendings."""

WIRE = """
window.__wire = [];
const instant = () => (performance.timeOrigin + performance.now()) / 1000, Plain = window.WebSocket;
const told = (text, pattern) => (text.match(pattern) ?? [])[1] ?? '';
window.WebSocket = class extends Plain {
    constructor(...given) {
        super(...given);
        this.addEventListener('message', ({ data }) => {
            const at = instant(), text = typeof data === 'string' ? data : new TextDecoder('latin1').decode(data);
            const type = told(text, /"msg_type": ?"(\\w+)"/), clock = Number(told(text, /"clock": ?([\\d.]+)/));
            const kind = /"method": ?"update"/.test(text) ? 'state' : told(text, /"kind": ?"(\\w+)"/);
            const sent = Date.parse(told(text, /"date": ?"([^"]+)"/)) / 1000;
            __wire.push([at, text.length, type, clock, kind, sent]);
        });
    }
};
"""
"""Before the page loads: notes each message from the server: when it came, bytes, type, the state's clock, what it is,
and when the kernel sent it."""

PAGE = """
([within, where]) => {
    window.__seen = [];
    const root = document.querySelector(within);
    const instant = () => (performance.timeOrigin + performance.now()) / 1000;
    const texts = () => [...root.querySelectorAll(where)].map(one => one.textContent);
    const count = () => parseInt((texts().find(text => /^[\\d,]+ /.test(text)) ?? '0').replace(/,/g, ''));
    let due = false;
    const look = () => {
        if (due) return;
        due = true;
        requestAnimationFrame(() => {
            const after = new MessageChannel(), shown = count();
            after.port1.onmessage = () => __seen.push([instant(), shown]);
            after.port2.postMessage(0);
            due = false;
        });
    };
    new MutationObserver(look).observe(root, { subtree: true, childList: true, characterData: true, attributes: true });
    look();
}
"""
"""Notes each frame in which what is *within* is different: when it was drawn, and the number that stands *where*."""

VIEW = [".nbflow-view", ".chips [data-letter=S]"]
DASK_VIEW = [".jp-OutputArea", ".widget-html-content"]

DASK = """
import random, time
from distributed import Client, LocalCluster, progress
client = Client(LocalCluster(2, threads_per_worker=1, dashboard_address=None))
def work(i):
    time.sleep(random.uniform(0.2, 0.6))
    return time.time()
futures = client.map(work, range(1000), pure=False)
def ended(): return [future.result() for future in futures if future.done()]
progress(futures)
"""
"""A cell: as many tasks in as many processes, with dask's own progress bar; each returns the instant of its end."""

FRAMES = """
window.__frames = [];
window.__framing = true;
requestAnimationFrame(function next(at) { __frames.push(at); if (__framing) requestAnimationFrame(next) });
"""
"""Notes when each frame begins, in milliseconds, until ``__framing`` is false."""
