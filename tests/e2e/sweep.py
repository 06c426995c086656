"""The loop of a kill or error sweep (tests/e2e/sweep.sh tells what it is for and starts it).

usage: sweep.py MODE SHARD ALLOW END KEEP COMMAND...
  MODE   kill, or the errno that the call fails with
  SHARD  I/N: every N-th state-changing call, from I on
  ALLOW  "alpha=a,b gamma=none,b": what a target may serve after the disturbed run
  END    "alpha=b gamma=b": what it must serve once the same command has run again
  KEEP   the releases that must remain then, joined by commas; "" = not looked at
Prints "BAD text" for each broken promise and, last, "END points last-call total exit-of-the-undisturbed-run".
The environment holds tmp, p, srv, fault, SLIPWAY; what BUILD means for TARGET lies in $tmp/want/BUILD/TARGET."""
import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys

tmp, project, srv = os.environ["tmp"], os.environ["p"], os.environ["srv"]
mode, shard, allow, end, keep = sys.argv[1:6]
arguments = sys.argv[6:]
first, step = (int(x) for x in shard.split("/"))
program = [os.environ["SLIPWAY"], "-C", project] + arguments + ([] if mode == "kill" else ["--json"])
LOG = os.path.join(tmp, "points")


def pairs(text):
    return {k: v.split(",") for k, v in (word.split("=") for word in text.split())}


allow, end = pairs(allow), pairs(end)
wants = {}
before = {}


def tree(top):
    """Every file's bytes and every directory below top; anything else is told by its kind."""
    found = {}
    for where, dirs, files in os.walk(top):
        for name in dirs + files:
            path = os.path.join(where, name)
            mode_bits = os.lstat(path).st_mode
            if stat.S_ISREG(mode_bits):
                with open(path, "rb") as f:
                    found[os.path.relpath(path, top)] = f.read()
            else:
                found[os.path.relpath(path, top)] = stat.S_IFMT(mode_bits)
    return found


def want(build, target):
    if (build, target) not in wants:
        wants[build, target] = tree(os.path.join(tmp, "want", build, target))
    return wants[build, target]


def live(target):
    try:
        return os.readlink(os.path.join(srv, target, "current"))
    except OSError:
        return None


def served(target, builds):
    """Nothing when the target serves one of the builds, whole; else what is wrong."""
    link = live(target)
    if link is None:
        return [] if "none" in builds else [target + " has no live link"]
    has = tree(os.path.join(srv, target, link))
    for build in builds:
        if build != "none" and has == want(build, target):
            return []
    expected = want(builds[-1], target)
    differ = sorted(k for k in has.keys() | expected.keys() if has.get(k) != expected.get(k))
    return ["%s serves %s, which is none of %s whole: %s" % (target, link, builds, differ[:6])]


def listed_are_whole():
    """A release is a tree and its manifest: where both are there, every entry is."""
    bad = []
    for target in allow:
        folder = os.path.join(srv, target, ".slipway", "releases")
        for name in os.listdir(folder) if os.path.isdir(folder) else []:
            top = os.path.join(srv, target, "releases", name[:-6])
            if not name.endswith(".jsonl") or not os.path.isdir(top):
                continue
            with open(os.path.join(folder, name)) as f:
                rows = [json.loads(line) for line in f]
            sizes = {row["p"]: row["n"] for row in rows[1:]}
            has = {k: len(v) for k, v in tree(top).items() if isinstance(v, bytes)}
            if sizes != has:
                bad.append("%s: release %s is listed and not whole" % (target, name))
    return bad


def kept():
    bad = []
    for target in end if keep else ():
        for folder, suffix in ("releases", ""), (".slipway/releases", ".jsonl"):
            has = sorted(name for name in os.listdir(os.path.join(srv, target, folder)) if not name.startswith("."))
            if has != sorted(k + suffix for k in keep.split(",")):
                bad.append("%s: %s holds %s" % (target, folder, has))
    return bad


def tidy():
    """What holds once a place was written again: no locks, nothing half made, a log that agrees with the link. (A
    command that finds a place as it should be writes nothing there, not even to clean up after a dead one: its lock
    counts as free, its log is completed in memory.)"""
    bad = []
    for where, dirs, files in os.walk(srv):
        for name in dirs + files:
            stray = name.endswith((".partial", ".dead")) or name.startswith(".slipway-") or ".tmp" in name
            # A file that was being written beside the lock goes when it is old: it might be another's.
            if os.path.basename(where) == ".slipway" and name.endswith(".tmp"):
                continue
            if stray or name == "lock":
                bad.append("left over: " + os.path.relpath(os.path.join(where, name), srv))
    for target in end:
        try:
            with open(os.path.join(srv, target, ".slipway", "switches.jsonl")) as f:
                text = f.read()
        except OSError:
            bad.append(target + ": no switch log")
            continue
        if not text.endswith("\n"):
            bad.append(target + ": the switch log is torn")
        last = {"id": None}
        for record in map(json.loads, text.splitlines()):
            last = last if record["action"] in ("pin", "unpin", "drifted", "clean") else record
        if last["id"] != os.path.basename(live(target) or ""):
            bad.append("%s: the switch log ends with %s, live is %s" % (target, last["id"], live(target)))
    return bad


def honest(code, text):
    """The document of a disturbed run against the truth on the hosts."""
    try:
        d = json.loads(text)
    except ValueError as e:
        return ["no JSON document: %s" % e]
    bad = []
    if d["exit"] != code or d["ok"] != (code == 0):
        bad.append("the document says exit %s, ok %s; it was %s" % (d["exit"], d["ok"], code))
    told = d["error"] is not None and d["error"]["message"] != ""
    for t in d.get("targets", []):
        truth = os.path.basename(live(t["place"]) or "") or None
        if t["result"] in ("failed", "unknown", "rolled_back"):
            told = True
            if not t["error"] or not t["error"]["stage"] or not t["error"]["message"]:
                bad.append("%s %s without stage or message: %s" % (t["place"], t["result"], t["error"]))
        if t["result"] == "unknown":
            if t["live"] is not None:
                bad.append("%s is unknown, and said to serve %s" % (t["place"], t["live"]))
        elif t["result"] in ("deployed", "unchanged", "failed", "rolled_back") and t["live"] != truth:
            bad.append("%s (%s) is said to serve %s and serves %s" % (t["place"], t["result"], t["live"], truth))
    if code != 0 and not told and not any(t["result"] in ("held", "skipped", "pending") for t in d.get("targets", [])):
        bad.append("exit %d without a word why" % code)
    if code == 4 and any(t["result"] == "deployed" for t in d.get("targets", [])):
        bad.append("exit 4, and something was deployed")
    return bad


def restore():
    for path in (project, srv):
        shutil.rmtree(path, ignore_errors=True)
    subprocess.run(["cp", "-a", os.path.join(tmp, "base") + "/.", tmp + "/"], check=True)


def run(words):
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")


def blamed():
    """After a rollback every target's log says what it was rolled back from, though the run that did it was killed."""
    bad = []
    for target in end:
        with open(os.path.join(srv, target, ".slipway", "switches.jsonl")) as f:
            last = [json.loads(line) for line in f][-1]
        if last["action"] != "rollback" or last["from"] != before[target]:
            bad.append("%s: the log does not blame %s: %s" % (target, before[target], last))
    return bad


def points():
    with open(LOG, errors="replace") as f:
        return f.read().splitlines()


def recorded_as_ended():
    """Killed after the end was recorded: the run is over, and the same command is a new one."""
    try:
        with sqlite3.connect(os.path.join(project, ".slipway", "ledger.db")) as db:
            row = db.execute("SELECT ended_s FROM runs ORDER BY seq DESC LIMIT 1").fetchone()
        return row is not None and row[0] != 0
    except sqlite3.Error:
        return False


def disturb(n):
    """One point: its troubles; None when the run ended before its n-th call."""
    restore()
    act = ["-k"] if mode == "kill" else ["-e", mode]
    code, out, err = run([os.environ["fault"], "-n", str(n), "-o", LOG] + act + program)
    acted = [line for line in points() if line.endswith(" INJECTED")]
    if not acted:
        return code, None, None
    bad = []
    if mode == "kill":
        if code != 137:
            bad.append("exit %d instead of a death by signal" % code)
    else:
        if code not in (0, 3, 4, 6, 7):
            bad.append("exit %d: %s" % (code, err))
        bad += honest(code, out)
    for target, builds in allow.items():
        bad += served(target, builds)
    bad += listed_are_whole()
    over = all(not served(target, builds) for target, builds in end.items())
    if not (over and arguments[0] == "rollback" and (code == 0 or recorded_as_ended())):
        code, out, err = run(program)
        if code != 0:
            bad.append("the same command again: exit %d: %s%s" % (code, out if mode == "kill" else "", err))
        for target, builds in end.items():
            bad += served(target, builds)
        bad += listed_are_whole() + kept()
        if arguments[0] == "rollback" and mode == "kill":
            bad += blamed()
    if not bad and tidy():
        code, out, err = run(program[:3] + ["deploy", "--dist", os.path.join(tmp, "builds", "d")])
        if code != 0:
            bad.append("a deploy of something else: exit %d: %s%s" % (code, out, err))
        bad += tidy()
    return code, bad, acted[0]


def main():
    restore()
    code, out, err = run([os.environ["fault"], "-o", LOG] + program)
    total = len(points())
    restore()
    before.update((target, os.path.basename(live(target) or "")) for target in allow)
    if code != 0:
        print("BAD undisturbed: exit %d: %s%s" % (code, out, err))
    tried, wrong, n = 0, 0, first
    while wrong < 20:
        code, bad, where = disturb(n)
        if bad is None:
            break
        tried += 1
        for text in bad:
            print("BAD call %s: %s" % (where, text.replace("\n", " | ")))
        wrong += bool(bad)
        n += step
    print("END", tried, n - step, total, code)


main()
