"""The loop of the fault sweeps against the stand-in for Firebase Hosting (tests/e2e/firebase-faults.sh starts it).

usage: firebase_faults.py WORKERS JOB...
  JOB    COMMAND:WAY[:I/N], WAY one of those below, I/N every N-th request from I on. COMMAND: deploy; fresh, a deploy
         without a record of what is there; first, one to sites that serve nothing; copies, one of so much that
         one site's is copied to the others; or rollback

For every n: three sites serve build A, B is to be deployed (or B is live and rolled back), and the n-th request of the
run fails in that way. Then each site serves A or B whole, what the run says is so, and so are history and status; the
same command again succeeds and ends with all sites on the new release, each of which went live exactly once; and a
third deploy finds nothing to do.
Prints "BAD text" for each broken promise and, a job, "END job points requests-of-an-undisturbed-run"."""
import concurrent.futures
import os
import shutil
import signal
import sys
import time
import traceback

from firebase_shop import QUICK, Run, Shop, honest

PATIENT = {"connect": "10s", "idle": "30s", "request": "60s", "target": "2m"}
TIMEOUTS = {"kill": PATIENT, "int": PATIENT, "cut": dict(QUICK, target="4s"),
            "down": dict(QUICK, target="4s")}
# a status is a number; the rest are the stand-in's own words, and those below
WAYS = {
    "cut": {"do": "reset_before", "times": 1000},       # nothing gets through from the n-th request on
    "down": {"do": "status", "status": 503, "times": 1000},
    "kill": {"do": "stall"},                            # kill -9 when the n-th request came, which has no effect
    "kill_after": {"do": "stall_after"},                # and which has, unbeknown to the killed
    "int": {"do": "stall"},                             # the same with SIGINT
    "int_after": {"do": "stall_after"},
}


def rule_of(way, n):
    return dict(WAYS.get(way) or ({"do": "status", "status": int(way)} if way.isdigit() else {"do": way}), nth=n)


class Sweep:
    def __init__(self, job, top):
        words = job.split(":")
        self.job, self.way, self.rollback = job, words[1], words[0] == "rollback"
        self.first, self.step = (int(x) for x in (words[2] if len(words) > 2 else "1/1").split("/"))
        self.command, self.words = words[0], ["rollback" if self.rollback else "deploy"]
        self.signal = {"kill": signal.SIGKILL, "int": signal.SIGINT}.get(self.way.split("_")[0])
        self.top, self.shop, self.shops = top, None, 0
        self.open()
        self.bad = []

    def open(self):
        if self.shop:
            self.shop.close()
        self.shops += 1
        copies = self.command == "copies"
        self.shop = Shop(os.path.join(self.top, str(self.shops)), timeouts=TIMEOUTS.get(self.way.split("_")[0]),
                         server=["--latency", "clone=20"] if copies else ())
        self.shop.much = copies
        self.builds = 0

    def say(self, *texts):
        self.bad += [text for text in texts if text]

    def deploy(self):
        self.builds += 1
        self.shop.build(self.builds)
        run = self.shop.run("deploy")
        if run.code != 0:
            self.say("an undisturbed deploy: %s" % run)

    def prepare(self):
        """Returns which build is served (0: none), and which one will be."""
        if self.command == "first":
            self.open()
        if self.command == "fresh":
            shutil.rmtree(self.shop.project / ".slipway")
        if self.rollback:
            self.deploy()
            self.deploy()
            return self.builds, self.builds - 1
        self.builds += 1
        self.shop.build(self.builds)
        return self.builds - 1, self.builds

    def stopped(self, n):
        """Runs, and sends the signal when the n-th request has come and nothing else happens; True when it came."""
        child = self.shop.start(*self.words)
        came, quiet = False, None
        while child.poll() is None and not came:
            time.sleep(0.002)
            came = self.shop.counters()["requests"] >= n
        while came and quiet != self.shop.counters()["requests"]:
            quiet = self.shop.counters()["requests"]
            time.sleep(0.02)
        began = time.monotonic()
        if came and child.poll() is None:
            os.kill(child.pid, self.signal)
        run = Run(child)
        if time.monotonic() - began > 12:
            self.say("it took %.1f s to end" % (time.monotonic() - began))
        if came and run.code != (8 if self.signal == signal.SIGINT else -signal.SIGKILL):
            self.say("stopped, and exit %d" % run.code)
        return run, came

    def served(self, truth, *builds):
        for site in self.shop.sites:
            wrong = [self.shop.serves(truth[site], site, b) for b in builds if b]
            if all(wrong) and not (truth[site].version is None and 0 in builds):
                self.say(wrong[-1])

    def status(self, truth, new):
        status = self.shop.run("status")
        if status.code != 0:
            self.say("status: %s" % status)
            return
        for site in self.shop.sites:
            row = status.row(site)
            if row["live"] != truth[site].id:
                self.say("status says %s of %s, which serves %s" % (row["live"], site, truth[site].id))
            reached = not self.shop.serves(truth[site], site, new)
            unreached = ("live", "behind") if truth[site].version else ("empty", "behind")
            if row["health"] not in (("live",) if reached else unreached):
                self.say("status calls %s %s: %s" % (site, row["health"], row["note"]))

    def history(self, truth, run, reruns):
        """The newest word on each site is what it serves, and the disturbed run is told as it told itself."""
        history = self.shop.run("history", "--limit", "24").doc["history"]
        for site in self.shop.sites:
            of_site = [h for h in history if h["place"] == site]
            newest = next(h for h in of_site if h["result"] == "deployed")
            if newest["release"] != truth[site].id:
                self.say("history ends with %s at %s, which serves %s" % (newest["release"], site, truth[site].id))
            if not run.doc or (run.code == 8 and not run.doc["release"] and not run.doc.get("moves")):
                continue                        # who is interrupted while looking has done nothing worth a record
            # a fresh record holds no older failure; and what happened within one second has no order there
            said, last = run.row(site)["result"], None if self.command == "fresh" else 1 + reruns
            kept = [h["result"] for h in of_site[:last]]
            if said not in kept and not (said == "unknown" and "deployed" in kept):
                self.say("history says %s of %s, the run said %s" % (kept, site, said))

    def finish(self, run, new, counts, done):
        shop = self.shop
        again = not (self.rollback and done)
        before = shop.truth()
        if again:
            second = shop.run(*self.words)
            after = shop.truth()
            self.say(*["the same command again: " + text for text in honest(second, before, after)])
            if second.code != 0:
                self.say("the same command again: %s" % second)
        truth = shop.truth()
        self.served(truth, new)
        if len({live.id for live in truth.values()}) != 1:
            self.say("the sites are not on one release: %s" % {s: live.id for s, live in truth.items()})
        for site in shop.sites:
            releases = shop.releases(site)
            gone = releases[:len(releases) - counts[site]]
            if len(gone) != 1:
                self.say("%s had %d releases instead of one: %s" % (site, len(gone), gone))
        if not done or self.builds % 3 == 0:       # the slow looks: not after every run that had no trouble
            self.status(truth, new)
            self.history(truth, run, again)
        if self.rollback:
            return
        shop.count()
        third = shop.run("deploy")
        if third.code != 0 or set(third.results().values()) != {"unchanged"}:
            self.say("a third run: %s" % third)
        if shop.counters()["requests"] != 1 + len(shop.sites):
            self.say("a third run asked %d times" % shop.counters()["requests"])

    def point(self, n):
        """False when the run ended before its n-th request."""
        old, new = self.prepare()
        shop = self.shop
        before = shop.truth()
        counts = {site: len(shop.releases(site)) for site in shop.sites}
        shop.count()
        shop.faults(rule_of(self.way, n))
        began = time.monotonic()
        if self.signal:
            run, came = self.stopped(n)
        else:
            run = shop.run(*self.words)
            came = shop.counters()["requests"] >= n
        took = time.monotonic() - began
        shop.calm()
        after = shop.truth()
        if took > 45:
            self.say("it took %.1f s" % took)
        if run.code >= 0:
            self.say(*honest(run, before, after))
        if not came and run.code != 0:
            self.say("undisturbed: %s" % run)
        if came:
            self.served(after, old, new)
            self.status(after, new)
        self.finish(run, new, counts, run.code == 0)
        if self.bad:
            self.say("that run: %s" % run)
        return came

    def all(self):
        if self.command != "first":
            self.deploy()
        n, tried, wrong = self.first, 0, 0
        while wrong < 8:
            self.bad = []
            came = self.point(n)
            for text in self.bad:
                print("BAD %s request %d: %s" % (self.job, n, text.replace("\n", " | ")), flush=True)
            wrong += bool(self.bad)
            if not came:
                break
            tried += 1
            n += self.step
        print("END", self.job, tried, n - self.step, flush=True)


def one(job, number):
    sweep = None
    try:
        sweep = Sweep(job, os.path.join(os.environ["tmp"], "job%d-%d" % (os.getpid(), number)))
        sweep.all()
    except Exception:
        print("BAD %s: %s" % (job, traceback.format_exc().replace("\n", " | ")), flush=True)
    finally:
        if sweep:
            sweep.shop.close()


def main():
    with concurrent.futures.ThreadPoolExecutor(int(sys.argv[1])) as pool:
        for number, job in enumerate(sys.argv[2:]):
            pool.submit(one, job, number)


main()
