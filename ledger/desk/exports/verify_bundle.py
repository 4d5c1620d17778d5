"""Check an auditor's bundle of Carehours: python3 -I -S verify.py [checkpoint somebody kept]...

Needs Python 3.8 or newer and the command openssl (3.0 or newer), nothing else. Exit code 1 at the first difference.
"""

# ruff: noqa: E401, E701, I001, PLW1510, T201  - it runs anywhere as it is, and is read in one go
# mypy: ignore-errors
# fmt: off
import base64, collections, csv, hashlib, json, subprocess, sys, tempfile
from pathlib import Path
HERE = Path(__file__).resolve().parent

def check(good, says): good or sys.exit(f"DIFFERENCE: {says}")
def table(name): return csv.DictReader((HERE / name).open(encoding="utf-8", newline=""))
def sha(data): return hashlib.sha256(data).digest()

def grow(tree, leaf):
    """Add a leaf to a row of full subtrees, each (width, hash), the largest first (RFC 6962)."""
    tree.append((1, sha(b"\x00" + leaf)))
    while len(tree) > 1 and tree[-1][0] == tree[-2][0]:
        (width, right), (_, left) = tree.pop(), tree.pop()
        tree.append((2 * width, sha(b"\x01" + left + right)))
def root_of(tree):
    root = tree[-1][1] if tree else sha(b"")
    for _, left in reversed(tree[:-1]): root = sha(b"\x01" + left + root)
    return root
def signed(path, name):
    """The size and the root in a signed note, after openssl has checked the signatures of our keys under it."""
    text, _, lines = path.read_text("utf-8").rpartition("\n\n")
    (said, size, root), good = text.split("\n")[:3], 0
    check(said == name, f"{path.name} is of another log than {name}")
    for who, signature in [line[2:].split(" ") for line in lines.splitlines()]:
        signature = base64.b64decode(signature)
        for key in keys:
            if who != name or sha(name.encode() + b"\n\x01" + key)[:4] != signature[:4]: continue
            with tempfile.TemporaryDirectory() as folder:
                (Path(folder) / "key").write_bytes(bytes.fromhex("302a300506032b6570032100") + key)
                (Path(folder) / "signature").write_bytes(signature[4:])
                (Path(folder) / "text").write_bytes(text.encode() + b"\n")
                command = "openssl pkeyutl -verify -pubin -keyform DER -inkey key -rawin -in text -sigfile signature"
                done = subprocess.run(command.split(), cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            check(done.returncode == 0, f"a signature under {path.name} is wrong, or openssl is older than 3.0")
            good += 1
    check(good, f"{path.name} is not signed by a key in trust.json")
    return int(size), base64.b64decode(root)

sys.excepthook = lambda kind, problem, _: sys.stderr.write(f"DIFFERENCE: unreadable: {kind.__name__} {problem}\n")
[log] = json.loads((HERE / "trust.json").read_bytes())["logs"]
origin, keys = log["origin"], [base64.b64decode(vkey.split("+", 2)[2])[1:] for vkey in log["vkeys"]]
sums, kept = (HERE / "SHA256SUMS").read_bytes(), [Path(each).resolve() for each in sys.argv[1:]]
files = {name: digest for digest, name in [line.split("  ", 1) for line in sums.decode().splitlines()]}
check(signed(HERE / "SHA256SUMS.note", f"{origin}/export") == (len(files), sha(sums)), "SHA256SUMS was changed")
for name, digest in files.items():
    known = hashlib.sha256()
    with (HERE / name).open("rb") as file:
        while known.update(piece := file.read(1 << 20)) or piece: pass
    check(known.hexdigest() == digest, f"{name} was changed")
ours = [HERE / name for name in ("SHA256SUMS", "SHA256SUMS.note", *files)]
for path in HERE.rglob("*"):
    check(path.is_dir() or path in ours or path in kept, f"{path.name} is no file of this bundle")
roots, closings = {}, {int(each["leaf"]): each for each in table("closings.csv")}
for path in [HERE / name for name in files if name.startswith("checkpoints/")] + kept:
    size, root = signed(path, origin)
    check(roots.setdefault(size, root) == root, f"{path.name} is of another tree than a checkpoint of the same size")
n, tree, moves, days, stood, entries, seen = 0, [], [], {}, {}, table("entries.csv"), roots.get(0) == sha(b"")
for line in (HERE / "leaves.txt").open("rb"):
    said = json.loads(line)
    check((said["n"], said["log"]) == (n, origin), f"leaf {n} is of another place or log")
    days[said["jti"]] = days.get(said.get("rev"), (said.get("on", ""), said["iat"]))  # or of what it takes back
    for place, each in enumerate(said.get("entries", [])):
        row = list(next(entries, {}).values())
        digest = base64.urlsafe_b64decode(each["_sd"][0] + "=").hex()
        its = [n, place, said["jti"], said["k"], said.get("on", ""), said["iat"], each["s"], digest]
        check(row[:8] == [str(cell) for cell in its], f"an entry of leaf {n} is not that in entries.csv")
        count, balance = stood.get(row[8], (0, 0))
        stood[row[8]] = (count + 1, balance + each["s"])
        moves.append((row[8], each["s"], days[said["jti"]]))
        check([str(cell) for cell in stood[row[8]]] == row[9:], f"after leaf {n} the balance of {row[8]} is wrong")
    check(sum(each["s"] for each in said.get("entries", [])) == 0, f"the entries of leaf {n} do not sum to zero")
    if n in closings:
        told, balances, those, due = closings.pop(n), [], [], collections.Counter()
        digest = base64.urlsafe_b64encode(sha(told["disclosure"].encode())).decode()[:43]
        what = json.loads(base64.urlsafe_b64decode(told["disclosure"] + "=="))[2]["what"]
        for each in (HERE / "closings" / f"{told['closing']}.txt").open("rb"):
            grow(balances, each[:-1]) or those.extend(filter(None, [json.loads(each)["s"]]))
        good = digest in said["_sd"] and root_of(balances).hex() == what["root"] and sum(those) == 0
        check(good, f"closing {told['closing']} is not what leaf {n} says, or does not sum to zero")
        for code, s, (on, at) in moves: due[code] += s * (on <= what["through"] if on else at < what["ends"])
        check(sorted(those) == sorted(filter(None, due.values())), f"closing {told['closing']} is not of these entries")
    grow(tree, line[:-1])
    n, seen = n + 1, seen + (n + 1 in roots)
    check(n not in roots or roots[n] == root_of(tree), f"the first {n} leaves are not those that were signed")
check(seen == len(roots) and not closings, f"the log ends at {n} leaves, before what was signed")
check(next(entries, None) is None, "entries.csv has entries of no leaf")
accounts = {each["account"]: (int(each["entries"]), int(each["balance"])) for each in table("accounts.csv")}
check({**dict.fromkeys(accounts, (0, 0)), **stood} == accounts, "accounts.csv is not what the entries make")
check(sum(balance for _, balance in accounts.values()) == 0, "the balances do not sum to zero")
print(f"{origin}: {len(files)} files, {len(roots)} checkpoints, {n} leaves, {len(moves)} entries,", len(accounts),
      "accounts are in order, and zero together. Compare the keys with those the co-op publishes:", *log["vkeys"])
