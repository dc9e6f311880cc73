#!/usr/bin/python3
"""ethereum/execution-apis' request and response files through `orrery index serve`, over HTTP: of the chain, of an index
of it (where what needs states is refused), and of both."""
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.request

ROOT = os.environ.get("ORRERY_VECTORS") or os.path.join(os.environ["ORRERY_SOURCE"], "../shared/vectors")
V = os.path.join(ROOT, "rpc")
if not os.path.exists(V):
    print(f"not run: no {V} (set ORRERY_VECTORS to the folder of public test vectors)")
    sys.exit(77)


def form(value):
    """The keys and the kind of each value: all that is judged of files marked speconly."""
    if isinstance(value, dict):
        return {key: form(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [form(value[0])] if value else []
    return "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value).__name__


def is_answer(wanted, got, is_form_alone):
    if "error" in wanted:
        error = got.get("error", {})
        return all(error.get(key) == wanted["error"][key] for key in ("code", "data") if key in wanted["error"])
    return form(wanted) == form(got) if is_form_alone else wanted == got


def pairs(path):
    """Requests and answers; whether the form alone counts."""
    request, is_form_alone = None, False
    with open(path, encoding="utf-8") as f:
        for line in f.read().splitlines():
            if line.startswith("//"):
                is_form_alone |= "speconly:" in line
            elif line.startswith(">> "):
                request = line[3:]
            elif line.startswith("<< "):
                yield request, json.loads(line[3:]), is_form_alone


CHAIN = [os.path.join(V, "genesis.json"), os.path.join(V, "chain.rlp"), "--forkenv", os.path.join(V, "forkenv.json")]
with open(os.path.join(os.environ["ORRERY_SOURCE"], "sim/cli/rpc/methods.def"), encoding="utf-8") as methods:
    NEED_STATE = set(re.findall(r"^STATE_METHOD\((\w+)", methods.read(), re.M))
failed = []


def ask(port, request):
    post = urllib.request.Request(f"http://127.0.0.1:{port}/", data=request.encode(),
                                  headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(post) as answer:
        return json.load(answer)


def run(arguments, has_states):
    """How many files a server was asked."""
    server = subprocess.Popen([os.environ["ORRERY_BIN"], "index", "serve", *arguments, "--listen", "127.0.0.1:0"],
                              stdout=subprocess.PIPE, text=True)
    n = 0
    try:
        port = int(server.stdout.readline().split()[-1])
        for path in sorted(glob.glob(os.path.join(V, "io/*/*.io"))):
            n += 1
            for request, wanted, is_form_alone in pairs(path):
                got = ask(port, request)
                if not has_states and json.loads(request)["method"] in NEED_STATE:
                    is_good = got["error"]["code"] in (-32000, -32602)
                else:
                    is_good = is_answer(wanted, got, is_form_alone)
                if not is_good:
                    failed.append(f"{os.path.relpath(path, V)}\n  asked  {request[:200]}\n  wanted "
                                  f"{json.dumps(wanted)[:400]}\n  got    {json.dumps(got)[:400]}")
    finally:
        server.terminate()
        code = server.wait()
        server.stdout.close()
    assert code == 0, code
    return n


with tempfile.TemporaryDirectory() as folder:
    db = os.path.join(folder, "a.db")
    subprocess.run([os.environ["ORRERY_BIN"], "index", "build", "--db", db, *CHAIN], check=True, stdout=subprocess.DEVNULL)
    n = [run(["--state", *CHAIN], True), run(["--db", db], False), run(["--db", db, "--state", *CHAIN], True)]
assert min(n) >= 120, f"{n} files"
assert not failed, "\n".join(failed)
print(f"{n[0]} files pass")
