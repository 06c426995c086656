"""Sites on the stand-in for Firebase Hosting and a project that deploys to them, for drivers of many runs: what was
asked of slipway, what it says, and what is true.

Shop(top, sites=..., timeouts=..., hosts=..., server=...) starts a stand-in of its own and writes a project below top;
close() ends it. The build that lies in the project is numbered; each site has a config.js of its own.

    shop.build(7)               writes build 7; with shop.much, one of 9 MiB
    r = shop.run("deploy")      r.code, r.doc (the --json document), r.err
    shop.truth()                {site: Live}: what each site serves, asked of the stand-in
    shop.serves(live, site, 7)  "" when that is build 7 whole, else what differs
    shop.faults(rule...)        see tests/fake/README.md; shop.calm() ends them
    shop.releases(site)         the versions that went live, newest first

honest(shop, run, before, after) lists what a document says that is not so."""
import hashlib
import http.client
import json
import os
import pathlib
import subprocess

PROGRAM = os.environ["SLIPWAY"]
SERVER = os.path.join(os.environ["SLIPWAY_BUILD"], "tests", "fake", "firebase-server")
QUICK = {"connect": "1s", "idle": "1s", "request": "2s", "target": "20s"}
FEW = ("s1", "s2", "s3")


def much(number):
    """More than is sent to each site when it can be copied: 16 MiB over the further ones."""
    return b"build %d" % number + bytes(9 << 20)


class Run:
    """What a run came to; waits for its end."""

    def __init__(self, child):
        out, err = child.communicate()
        self.code, self.out, self.err = child.returncode, out.decode(errors="replace"), err.decode(errors="replace")
        try:
            self.doc = json.loads(self.out)
        except ValueError:
            self.doc = None

    def row(self, site):
        return next(t for t in self.doc["targets"] if t["place"] == site)

    def results(self):
        return {t["place"]: t["result"] for t in self.doc["targets"]}

    def __str__(self):
        rows = [] if not self.doc else ["%s %s%s" % (t["place"], t["result"], ": %s" % t["error"] if t["error"] else "")
                                        for t in self.doc["targets"]]
        return "exit %d %s %s %s" % (self.code, rows, self.doc and self.doc["error"], "" if self.doc else self.err)


class Live:
    def __init__(self, said):
        labels = said["labels"] or {}
        self.version, self.contents = said["version"], said["contents"]
        self.id = labels.get("slipway-release", self.version)


class Shop:
    def __init__(self, top, sites=FEW, timeouts=None, host=None, server=()):
        self.top, self.sites, self.much = pathlib.Path(top), list(sites), False
        self.top.mkdir(parents=True)
        self.project, self.log = self.top / "project", self.top / "requests"
        (self.project / "manifests").mkdir(parents=True)
        words = [SERVER, "--die-with-parent", "--project", "demo=" + ",".join(self.sites), "--allow-owner",
                 "--service-account", str(self.top / "sa.json"), "--log", str(self.log)] + list(server)
        self.server = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        said = iter(self.server.stdout.readline, "")
        self.url = next((line.split()[1] for line in said if line.startswith("ready ")), None)
        if not self.url:
            raise RuntimeError("the stand-in does not start")
        self.link = http.client.HTTPConnection(self.url.split("//")[1], timeout=60)
        self.env = dict(os.environ, HOME=str(self.top), FIREBASE_HOSTING_API_URL=self.url, FIREBASE_TOKEN_URL=self.url,
                        GOOGLE_APPLICATION_CREDENTIALS=str(self.top / "sa.json"), SLIPWAY_USER="ana@desk")
        self.settings = {
            "slipway": 1, "name": "shop", "builds": {"app": {"dir": "dist"}}, "defaults": {"render": ["config.js"]},
            "targets": {s: {"vars": {"CATALOG_ID": n + 1}} for n, s in enumerate(self.sites)}}
        self.document("slipway.json", self.settings)
        self.document("manifests/kiosks.json", dict({"kind": "firebase", "project": "demo",
                                                     "timeouts": timeouts or QUICK}, **(host or {})))

    def document(self, name, value):
        (self.project / name).write_text(json.dumps(value))

    def close(self):
        self.link.close()
        self.server.kill()
        self.server.wait()
        self.server.stdout.close()

    # ---- the stand-in ----

    def ask(self, method, path, body=None, headers=None):
        self.link.request(method, path, None if body is None else json.dumps(body), headers or {})
        answer = self.link.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise RuntimeError("%s %s: %d %s" % (method, path, answer.status, text[:300]))
        return json.loads(text)

    def fake(self, path, body=None):
        return self.ask("GET" if body is None else "POST", "/_fake/" + path, body)

    def faults(self, *rules):
        self.fake("faults", list(rules))

    def calm(self):
        self.faults()

    def count(self):
        self.fake("reset_counters", {})

    def counters(self):
        return self.fake("counters")

    def truth(self):
        return {s: Live(self.fake("site/" + s)) for s in self.sites}

    def releases(self, site):
        said = self.ask("GET", "/v1beta1/projects/demo/sites/%s/channels/live/releases?pageSize=100" % site, None,
                        {"Authorization": "Bearer owner"})
        return [r["version"]["name"].rsplit("/", 1)[1] for r in said.get("releases", [])]

    # ---- the project ----

    def build(self, number):
        dist = self.project / "dist"
        (dist / "img").mkdir(parents=True, exist_ok=True)
        (dist / "index.html").write_text("<!doctype html><title>build %s</title>\n" % number)
        (dist / "config.js").write_text('window.CONFIG = { id: {{CATALOG_ID}}, build: "%s" }\n' % number)
        (dist / "app.js").write_text("console.log('the same in every build')\n")
        (dist / "img" / "empty.svg").write_text("")
        if self.much:
            (dist / "img" / "photo.raw").write_bytes(much(number))

    def wanted(self, site, number):
        files = {"/index.html": "<!doctype html><title>build %s</title>\n" % number,
                 "/config.js": 'window.CONFIG = { id: %d, build: "%s" }\n' % (self.sites.index(site) + 1, number),
                 "/app.js": "console.log('the same in every build')\n", "/img/empty.svg": ""}
        want = {path: hashlib.sha256(text.encode()).hexdigest() for path, text in files.items()}
        if self.much:
            want["/img/photo.raw"] = hashlib.sha256(much(number)).hexdigest()
        return want

    def serves(self, live, site, number):
        want = self.wanted(site, number)
        differ = sorted(p for p in want.keys() | live.contents.keys() if want.get(p) != live.contents.get(p))
        return "%s: %s is not build %s: %s" % (site, live.id, number, differ) if differ else ""

    def command(self, *words):
        return [PROGRAM, "-C", str(self.project)] + list(words)

    def run(self, *words):
        return Run(self.start(*words))

    def start(self, *words):
        return subprocess.Popen(self.command(*words, "--json"), env=self.env, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def honest(run, before, after):
    """What the document of a deploy or rollback says that is not so. before and after: truths."""
    d, bad = run.doc, []
    if not d:
        return ["no JSON document: %s" % run]
    if d["exit"] != run.code or d["ok"] != (run.code == 0):
        bad.append("the document says exit %s, ok %s; it was %s" % (d["exit"], d["ok"], run.code))
    for t in d["targets"]:
        site, result, truth = t["place"], t["result"], after[t["place"]].id
        moved = before[site].version != after[site].version
        if result == "unknown" and t["live"] is not None:
            bad.append("%s is unknown, and said to serve %s" % (site, t["live"]))
        if result != "unknown" and t["live"] is not None and t["live"] != truth:
            bad.append("%s (%s) is said to serve %s and serves %s" % (site, result, t["live"], truth))
        if result == "deployed" and (t["live"] != truth or t["release"] != truth or not moved):
            bad.append("%s is said to be deployed, release %s; live is %s" % (site, t["release"], truth))
        if result in ("failed", "pending", "skipped", "interrupted", "unchanged") and moved:
            bad.append("%s is said to be %s, and moved" % (site, result))
        why = t["error"] or {}
        if result in ("failed", "unknown", "pending") and not (why.get("stage") and why.get("message")):
            bad.append("%s %s without stage or message: %s" % (site, result, t["error"]))
        if result == "none":
            bad.append("%s has no result" % site)
    results = [t["result"] for t in d["targets"]]
    changed = any(before[s].version != after[s].version for s in before) or "unknown" in results
    holds = all(r in ("deployed", "unchanged") for r in results)
    if not d["error"] and run.code not in (0 if holds else 3 if changed else 4, 8):
        bad.append("exit %d with %s, changed: %s" % (run.code, results, changed))
    if run.code not in (0, 3, 4, 8):
        bad.append("exit %d: %s" % (run.code, d["error"]))
    for name, n in d["totals"].items():
        if name in ("deployed", "unchanged", "failed", "unknown", "pending", "skipped", "held", "interrupted") and \
                n != results.count(name):
            bad.append("totals say %s %s, there are %d" % (n, name, results.count(name)))
    return bad
