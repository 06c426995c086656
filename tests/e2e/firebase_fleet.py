"""Fleets on the stand-in for Firebase Hosting of which a part has trouble (tests/e2e/firebase-fleet.t starts it).

usage: firebase_fleet.py WORKERS SCENARIO...
Prints "BAD scenario: what" and, a scenario, "END scenario times"."""
import concurrent.futures
import os
import subprocess
import sys
import time
import traceback

from firebase_shop import Shop, honest

FIFTY = ["k%d" % n for n in range(1, 51)]
ILL = "k7"
TIMEOUTS = {"connect": "1s", "idle": "1s", "request": "2s", "target": "10s"}


class Fleet:
    """Fifty sites that serve build 1; build 2 is to be deployed."""

    def __init__(self, name, rollout=None, server=()):
        self.name, self.shop = name, Shop(os.path.join(os.environ["tmp"], name), FIFTY, TIMEOUTS, server=server)
        self.bad, self.slowest = [], 0
        if rollout:
            self.shop.settings["rollout"] = rollout
            self.shop.document("slipway.json", self.shop.settings)
        self.deploy(1)
        self.check(self.last.code == 0, "the first deploy: %s" % self.last)

    def check(self, holds, otherwise):
        if not holds:
            self.bad.append(otherwise)

    def deploy(self, build=None, *words):
        """Runs it and checks what it says of itself; the time it took in self.took."""
        shop = self.shop
        if build:
            shop.build(build)
        before = shop.truth()
        began = time.monotonic()
        self.last = shop.run("deploy", *words)
        self.took = time.monotonic() - began
        self.slowest = max(self.slowest, self.took)
        self.after = shop.truth()
        self.bad += honest(self.last, before, self.after)
        return self.last

    def on(self, build):
        """The sites that serve this build whole."""
        return [s for s in FIFTY if not self.shop.serves(self.after[s], s, build)]

    def told(self, result, kind, stage):
        """What was said of the ill one: its result, kind of error, stage, and what to do."""
        row = self.last.row(ILL)
        error = row["error"] or {}
        self.check(row["result"] == result, "%s is %s, not %s" % (ILL, row["result"], result))
        self.check(error.get("kind") in kind.split("|") and error.get("stage") in stage.split("|"),
                   "%s: error %s, wanted %s at %s" % (ILL, error, kind, stage))
        self.check(error.get("hint"), "nothing says what to do: %s" % error)

    def but_one(self, result, kind, stage, most):
        """One is ill: 49 are live, and the next run mends the rest without touching those."""
        run, shop = self.deploy(2), self.shop
        self.check(run.code == 3, "exit %d instead of 3" % run.code)
        new, old = self.on(2), self.on(1)
        self.check(len(new) == 49 and old == [ILL], "%d are live; old: %s" % (len(new), old))
        self.told(result, kind, stage)
        self.check(self.took < most, "it took %.1f s, at most %.0f are wanted" % (self.took, most))
        shop.calm()
        shop.count()
        self.deploy()
        counts = shop.counters()
        self.check(self.last.code == 0 and len(self.on(2)) == 50, "the next run: %s" % self.last)
        self.check(counts["release"] == 1 and counts["create"] <= 1 and counts["finalize"] <= 1,
                   "the next run touched others: %s" % counts)

    def all_live(self):
        self.shop.count()
        run = self.deploy(2)
        counts = self.shop.counters()
        self.errors, self.tokens = counts["errors"], counts["token"]
        self.shop.fake("rate", {"per_second": 0})
        self.shop.calm()
        self.check(run.code == 0 and len(self.on(2)) == 50, "%d are live: %s" % (len(self.on(2)), run))
        for site in FIFTY:
            self.check(len(self.shop.releases(site)) == 2, "%s was released more than once" % site)


def ill(result, kind, stage, rules, most=30, server=()):
    def scenario(name):
        fleet = Fleet(name, server=server)
        fleet.shop.faults(*[dict({"site": ILL}, **r) for r in rules])
        fleet.but_one(result, kind, stage, most)
        return fleet
    return scenario


def luck(*rules, rate=None, server=(), tokens=None):
    """Trouble that passes: all sites are live at the end. tokens: how many were asked for in that run."""
    def scenario(name):
        fleet = Fleet(name, server=server)
        if rate:
            fleet.shop.fake("rate", rate)
        fleet.shop.faults(*rules)
        fleet.all_live()
        fleet.check(tokens in (None, fleet.tokens), "%d tokens were asked for, not %s" % (fleet.tokens, tokens))
        fleet.check(fleet.errors > 0 or "reset" in rules[0]["do"], "nothing went wrong")
        return fleet
    return scenario


def limit(sick, exit_code):
    """So many sites refuse a new version; five are allowed to."""
    def scenario(name):
        fleet = Fleet(name, {"max_failures": "10%"})
        fleet.shop.faults(*[status(403, "create", site=s)[0] for s in FIFTY[10:10 + sick]])
        run = fleet.deploy(2)
        live = 50 - sick if exit_code == 3 else 0
        fleet.check(run.code == exit_code and len(fleet.on(2)) == live, "%d are live: %s" % (len(fleet.on(2)), run))
        if exit_code == 4:
            fleet.check("max_failures" in run.doc["error"]["message"], "no word of the limit: %s" % run.doc["error"])
            fleet.check(fleet.shop.counters()["release"] == 50, "something was released")
            fleet.check(run.doc["totals"]["failed"] == sick, "totals: %s" % run.doc["totals"])
        fleet.shop.calm()
        fleet.deploy()
        fleet.check(fleet.last.code == 0 and len(fleet.on(2)) == 50, "the next run: %s" % fleet.last)
        return fleet
    return scenario


def status(n, kind="any", **more):
    return [dict({"kind": kind, "do": "status", "status": n}, **more)]


def way(do, kind="any", **more):
    return [dict({"kind": kind, "do": do}, **more)]


TLS = ["--tls-port", "0", "--cert", os.environ["tmp"] + "/cert.pem", "--key", os.environ["tmp"] + "/key.pem"]
SCENARIOS = {
    "403": ill("failed", "auth", "stage", status(403)),
    "403-release": ill("failed", "auth", "switch", status(403, "release")),
    "404": ill("failed", "missing", "stage", status(404)),
    "404-finalize": ill("failed", "missing", "seal", status(404, "finalize")),
    "429": ill("pending", "link|busy", "stage", status(429)),
    "429-upload": ill("failed", "link|busy", "stage", status(429, "upload")),
    "429-release": ill("failed", "link|busy", "switch", status(429, "release")),
    "401": ill("failed", "auth", "stage", status(401)),
    "401-populate": ill("failed", "auth", "stage", status(401, "populate")),
    "401-release": ill("failed", "auth", "switch", status(401, "release")),
    "stalls": ill("pending", "link", "stage", way("stall")),
    "stalls-upload": ill("failed", "link", "stage", way("stall", "upload")),
    "stalls-finalize": ill("failed", "link", "seal", way("stall", "finalize")),
    "stalls-release": ill("failed", "link", "switch", way("stall", "release"), 60),
    "resets": ill("pending", "link", "stage", way("reset_before")),
    "resets-release": ill("failed", "link", "switch", way("reset_before", "release"), 60),
    "tls": ill("failed", "remote", "stage", way("tls", "populate"), server=TLS),
    "garbage": ill("failed", "remote", "stage", way("garbage", "populate")),
    "retry-after": ill("pending", "busy", "stage", status(503, retry_after=120), 5),
    "retry-after-upload": ill("pending", "busy", "stage", status(429, "upload", retry_after=3600), 5),
    "retry-after-release": ill("pending", "busy", "switch", status(429, "release", retry_after=61), 5),
    "some-503": luck({"do": "status", "rate": 0.02}),
    "some-503-release": luck({"do": "status", "rate": 0.1, "kind": "release"}),
    "some-resets": luck({"do": "reset_before", "rate": 0.02}, {"do": "reset_after", "rate": 0.02}),
    "some-429": luck({"do": "status", "status": 429, "retry_after": 1, "rate": 0.1}),
    "limited": luck({"do": "status", "rate": 0}, rate={"per_second": 100, "burst": 20, "status": 429},
                    server=["--latency", "token=100,read=100,control=100,upload=200"]),
    "max-failures": limit(5, 3),
    "max-failures-exceeded": limit(6, 4),
}
for what in "create", "populate", "upload", "finalize", "list", "release":
    SCENARIOS["expires-" + what] = luck({"do": "expire_token", "kind": what, "nth": 25}, tokens=2)
    SCENARIOS["one-401-" + what] = luck({"do": "status", "status": 401, "kind": what, "nth": 25}, tokens=2)
SCENARIOS["expires-thrice"] = luck({"do": "expire_token", "kind": "create", "nth": 25},
                                   {"do": "expire_token", "kind": "list", "nth": 25},
                                   {"do": "expire_token", "kind": "release", "nth": 25}, tokens=4)


def summary(name):
    """What people read; and --retry-failed takes the one that is left."""
    fleet = Fleet(name)
    shop = fleet.shop
    shop.build(2)
    shop.faults(dict(status(403, "finalize")[0], site=ILL))
    text = subprocess.run(shop.command("deploy"), env=shop.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True).stdout
    for word in ("k7  failed in seal", "answered 403", "hint: the credential needs the role", "still serves 2",
                 "50 targets: 49 deployed, 1 failed"):
        fleet.check(word in text, "the summary lacks %s: %s" % (word, text))
    shop.calm()
    retried = fleet.deploy(None, "--retry-failed")
    fleet.check(retried.code == 0 and retried.results() == {ILL: "deployed"}, "--retry-failed: %s" % retried)
    fleet.check(len(fleet.on(2)) == 50, "%d are live after --retry-failed" % len(fleet.on(2)))
    return fleet


SCENARIOS["summary"] = summary


def one(name):
    fleet = None
    try:
        began = time.monotonic()
        fleet = SCENARIOS[name](name)
        for text in fleet.bad:
            print("BAD %s: %s" % (name, text.replace("\n", " | ")), flush=True)
        took = time.monotonic() - began
        print("END %s the slowest deploy %.1f s, all %.1f s" % (name, fleet.slowest, took), flush=True)
    except Exception:
        print("BAD %s: %s" % (name, traceback.format_exc()[-1000:].replace("\n", " | ")), flush=True)
    finally:
        if fleet:
            fleet.shop.close()


def main():
    with concurrent.futures.ThreadPoolExecutor(int(sys.argv[1])) as pool:
        list(pool.map(one, sys.argv[2:]))


main()
