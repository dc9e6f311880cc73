#!/usr/bin/env python3
"""The vault: what is put is got back, what is damaged is refused, what is killed leaves a vault."""

import json
import os
import random
import resource
import signal
import socket
import stat
import subprocess
import time

import vault

LIGHT = ("--passes", "1", "--memory", "8")
SENTENCE = "legal winner thank year wave sausage worth useful legal winner thank yellow"


class Vault(vault.Case):
    def setUp(self):
        super().setUp()
        self.password = self.file("pw", "open sesame")
        self.other = self.file("pw2", "another one")
        self.run_vault("init", "--vault", self.vault, "--new-password-file", self.password, *LIGHT)

    def v(self, verb, *args, **more):
        return self.run_vault(verb, "--vault", self.vault, "--password-file", self.password, *args, **more)

    def names(self, **more):
        done = self.v("list", "--json", **more)
        return [entry["name"] for entry in json.loads(done.stdout)["entries"]]


class Entries(Vault):
    def test_values_come_back_as_they_were_put(self):
        for value in (b"secret", b"two\nlines\n", b"\x00\xff binary", "p\xe4ss".encode(), b""):
            self.v("put", "x", "--kind", "file", stdin=value)
            self.assertEqual(value, self.v("get", "x").stdout)
        self.v("put", "p", stdin="a password\n")
        self.assertEqual(b"a password\n", self.v("get", "p").stdout)
        self.v("put", "n", stdin="a note\nof lines\n")
        self.assertEqual(b"a note\nof lines\n", self.v("get", "n").stdout)
        self.assertEqual(["x", "p", "n"], self.names())
        self.v("rm", "p")
        self.v("rm", "p", code=1)
        self.v("get", "p", code=1)
        self.assertEqual(["x", "n"], self.names())

    def test_history_holds_the_last_versions(self):
        for i in range(8):
            self.v("put", "x", stdin=f"value {i}")
        self.assertEqual(b"value 7\n", self.v("get", "x").stdout)
        self.assertEqual(b"value 3\n", self.v("get", "x", "--version", "4").stdout)
        self.v("get", "x", "--version", "3", code=1)
        found = json.loads(self.v("get", "x", "--json").stdout)
        self.assertEqual(([7, 6, 5, 4], 8), (found["earlier"], found["version"]))
        self.assertNotIn("secret", found)

    def test_keys_are_imported_used_and_exported(self):
        self.v("import", "seed", self.file("w", SENTENCE))
        found = json.loads(self.v("show", "seed", "--secret", "--json").stdout)
        self.assertEqual(SENTENCE, found["mnemonic"])
        address = self.v("address", "seed").stdout.decode().strip()
        message = self.file("m", "hello")
        made = self.v("sign", "message", "seed", message).stdout.decode().strip()
        self.run_vault("verify", "message", message, "--signature", made, "--address", address)
        self.v("export", "seed", "--as", "v3", "--light", "--new-password-file", self.other, "--out", self.path("k"))
        shown = self.json("inspect", self.path("k"))
        self.assertEqual((4096, 6, address), (shown["n"], shown["p"], shown["address"]))
        self.v("import", "key", self.path("k"), "--file-password-file", self.other)
        self.assertEqual(address, self.v("address", "key").stdout.decode().strip())
        self.v("import", "bad", self.path("k"), "--file-password-file", self.password, code=4)
        self.assertEqual(SENTENCE, self.v("export", "seed", "--as", "mnemonic").stdout.decode().strip())
        self.v("import", "bad", self.file("w2", SENTENCE.replace("yellow", "yelow")), code=2)
        self.assertEqual(0o600, stat.S_IMODE(os.stat(self.path("k")).st_mode))

    def test_a_new_key_is_split_lost_and_restored(self):
        self.v("new", "main", "--words", "12")
        address = self.v("address", "main").stdout
        self.v("split", "2", "3", "main", "--out", self.path("share"))
        shares = [self.path(f"share-1-{i}") for i in (3, 1)]
        sentence = self.out("combine", *shares, "--as", "mnemonic")
        self.v("rm", "main")
        self.v("import", "main", self.file("back", sentence))
        self.assertEqual(address, self.v("address", "main").stdout)
        self.run_vault("combine", shares[0], code=2)

    def test_generated_passwords_have_the_entropy_that_is_told(self):
        found = self.json("generate", "--length", "24")
        self.assertEqual((144, 24), (found["bits"], len(found["secret"])))
        self.assertEqual(66, self.json("generate", "--words", "6")["bits"])
        self.v("generate", "mail", "--length", "12")
        self.assertEqual(13, len(self.v("get", "mail").stdout))

    def test_a_list_shows_what_is_no_text_for_a_terminal_as_such(self):
        key = self.path("id")
        self.v("slot", "add", "-r", self.out("keygen", "--out", key).strip())
        self.v("put", "x\xfc", stdin="1")
        self.assertEqual({"entries": []}, json.loads(self.json_of_empty()))
        found = json.loads(self.v("list", "--json").stdout)["entries"]
        self.assertEqual([("x\xfc", "password", 1)], [(e["name"], e["kind"], e["version"]) for e in found])
        self.assertRegex(self.v("list").stdout.decode(), r"^password +\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ  x\xfc\n$")

    def json_of_empty(self):
        empty = self.path("empty.orr")
        self.run_vault("init", "--vault", empty, "--new-password-file", self.password, *LIGHT)
        return self.run_vault("list", "--vault", empty, "--password-file", self.password, "--json").stdout

    def test_names_that_would_mislead_are_refused(self):
        for name in ("", "a\nb", "\x1b[2J", "x" * 129, b"\xff"):
            self.v("put", name, stdin="x", code=2)
        self.v("put", "a b/\xfc", stdin="x")


class Slots(Vault):
    def test_passwd_changes_the_passphrase_and_keeps_the_other_slots(self):
        key = self.path("id")
        recipient = self.out("keygen", "--out", key).strip()
        self.v("put", "x", stdin="1")
        self.v("slot", "add", "-r", recipient)
        self.v("slot", "add", "--label", "second", "--new-password-file", self.file("pw3", "third"), *LIGHT)
        self.v("passwd", "--new-password-file", self.other, *LIGHT)
        self.v("list", code=4)
        for how in (("--password-file", self.other), ("-i", key), ("--password-file", self.path("pw3"))):
            self.assertEqual(b"1\n", self.run_vault("get", "--vault", self.vault, *how, "x").stdout)
        self.run_vault("slot", "rm", "second", "--vault", self.vault, "-i", key)
        self.run_vault("list", "--vault", self.vault, "--password-file", self.path("pw3"), code=4)
        self.run_vault("slot", "rm", recipient, "--vault", self.vault, "--password-file", self.other)
        self.run_vault("slot", "rm", "passphrase", "--vault", self.vault, "--password-file", self.other, code=1)

    def test_age_opens_the_payload_for_an_identity(self):
        key = self.path("id")
        self.v("slot", "add", "-r", self.out("keygen", "--out", key).strip())
        self.v("put", "x", stdin="a value")
        self.assertIn(b'"value":"a value"', self.run_vault("decrypt", self.vault, "-i", key).stdout)

    def test_the_agent_remembers_and_forgets(self):
        self.v("put", "x", stdin="1")
        self.v("unlock", "--for", "2s")
        sock = self.vault + ".agent"
        self.assertEqual(0o600, stat.S_IMODE(os.stat(sock).st_mode))
        self.assertEqual(b"1\n", self.run_vault("get", "--vault", self.vault, "x").stdout)
        self.run_vault("put", "--vault", self.vault, "x", stdin="2")
        self.run_vault("lock", "--vault", self.vault)
        self.run_vault("get", "--vault", self.vault, "x", code=2)
        self.v("unlock", "--for", "1s")
        deadline = time.monotonic() + 20
        while os.path.exists(sock) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertFalse(os.path.exists(sock))
        self.v("unlock", "--for", "soon", code=2)


class Damage(Vault):
    def test_every_flipped_byte_and_every_cut_is_refused(self):
        self.v("put", "x", stdin="value")
        with open(self.vault, "rb") as f:
            good = f.read()
        for i in vault.sample(range(len(good)), 61):  # tests/models/vault/test_safe.c flips each bit of a vault in memory
            bad = bytearray(good)
            bad[i] ^= 1 << i % 8
            self.file("v.orr", bytes(bad))
            done = self.v("check", code=None)
            self.assertIn(done.returncode, (2, 4), f"byte {i}")
            with open(self.vault, "rb") as f:
                self.assertEqual(bytes(bad), f.read())
        for n in vault.sample(range(len(good)), 127):
            self.file("v.orr", good[:n])
            self.assertIn(self.v("check", code=None).returncode, (2, 4), f"{n} bytes")
        self.file("v.orr", good)
        self.v("check")

    def test_modes_links_and_pipes_are_refused(self):
        os.chmod(self.vault, 0o640)
        self.v("list", code=2)
        self.v("list", "--insecure-permissions")
        os.chmod(self.vault, 0o600)
        os.chmod(self.folder, 0o755)
        self.v("list", code=2)
        os.chmod(self.folder, 0o700)
        os.rename(self.vault, self.path("real"))
        os.symlink(self.path("real"), self.vault)
        self.v("list", code=2)
        os.unlink(self.vault)
        os.mkfifo(self.vault)
        self.v("list", code=2)
        self.run_vault("inspect", self.vault, code=2)
        os.unlink(self.vault)
        os.rename(self.path("real"), self.vault)
        self.run_vault("init", "--vault", self.vault, "--new-password-file", self.password, *LIGHT, code=2)
        self.v("list")

    def kill(self, rng, *args, stdin=b""):
        """Runs a verb and kills it at some moment, or a little after its end."""
        command = [vault.ORRERY, "vault", args[0], "--vault", self.vault, *args[1:]]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
            child.stdin.write(stdin)
            child.stdin.close()
            time.sleep(rng.random() * 0.03)
            child.send_signal(signal.SIGKILL)

    def test_a_kill_leaves_the_old_or_the_new(self):
        """of put, import and passwd; EVERY=1: 1,000 moments of each."""
        rng, passwords, now = random.Random(16), [self.password, self.other], 0
        keystore = self.path("k")
        self.run_vault("convert", self.file("key", "11" * 32), "--as", "v3", "--light", "--new-password-file", self.other,
                       "--out", keystore)
        self.v("put", "x", stdin="0")
        for i in range(1000 if vault.EVERY else 5):
            self.kill(rng, "put", "--password-file", passwords[now], "x", stdin=str(i).encode())
            self.kill(rng, "import", "--password-file", passwords[now], f"k{i}", keystore, "--file-password-file", self.other)
            self.kill(rng, "passwd", "--password-file", passwords[now], "--new-password-file", passwords[1 - now], *LIGHT)
            opens = [self.run_vault("check", "--vault", self.vault, "--password-file", p, code=None).returncode
                     for p in passwords]
            self.assertIn(sorted(opens), [[0, 4]], "one of the two passphrases opens it")
            now = opens.index(0)
            how = ("--vault", self.vault, "--password-file", passwords[now])
            self.assertRegex(self.run_vault("get", *how, "x").stdout, rb"^\d+\n$")
            names = [entry["name"] for entry in json.loads(self.run_vault("list", *how, "--json").stdout)["entries"]]
            if f"k{i}" in names:
                self.assertEqual("0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A\n",
                                 self.run_vault("address", *how, f"k{i}").stdout.decode())
                self.run_vault("rm", *how, f"k{i}")

    def test_a_full_disk_leaves_the_old(self):
        self.v("put", "x", stdin="old")
        for limit in (0, 512, 4096):
            limited = ["bash", "-c", f"ulimit -f {limit // 512}; trap '' XFSZ; exec \"$@\"", "-"]
            done = subprocess.run([*limited, vault.ORRERY, "vault", "put", "--vault", self.vault, "--password-file",
                                   self.password, "--kind", "file", "x"], input=os.urandom(20000), capture_output=True,
                                  check=False)
            self.assertEqual(3, done.returncode, done.stderr)
            self.assertEqual(b"old\n", self.v("get", "x").stdout)
            self.assertFalse([name for name in os.listdir(self.folder) if name.endswith(".tmp")])

    def test_a_write_that_the_disk_refuses_leaves_the_old(self):
        """The n-th write or flush of a verb fails, for every n; of the last, of the folder, the new is there already."""
        library = self.path("failing.so")
        subprocess.run(["cc", "-O1", "-fPIC", "-shared", "-o", library, os.path.join(vault.SOURCE, "tests/sim/cli/failing.c"),
                        "-ldl"], check=True)
        keystore = self.file("k", "11" * 32)
        verbs = {"put": ("x",), "import": ("key", keystore), "rm": ("x",), "new": ("seed",), "generate": ("pw",),
                 "passwd": ("--new-password-file", self.other, *LIGHT),
                 "slot": ("add", "--label", "b", "--new-password-file", self.other, *LIGHT)}
        self.v("put", "x", stdin="old")
        with open(self.vault, "rb") as f:
            old = f.read()
        for verb, args in verbs.items() if vault.EVERY else list(verbs.items())[::3]:
            n = at = 0
            while at <= n:
                self.file("v.orr", old)
                environment = {**os.environ, "LD_PRELOAD": library, "FAIL_KIND": "write", "FAIL_AT": str(at),
                               "FAIL_COUNT": self.path("count")}
                done = self.v(verb, *args, stdin="new", code=None, env=environment)
                if not at:
                    with open(self.path("count"), encoding="ascii") as f:
                        n = int(f.read())
                    self.assertGreaterEqual(n, 6)  # the backup and the vault, each with its flush and the folder's
                self.assertEqual(3 if at else 0, done.returncode, f"{verb}, write {at} of {n}: {done.stderr}")
                with open(self.vault, "rb") as f:
                    self.assertEqual(at in (0, n), f.read() != old, f"{verb}, write {at} of {n}")
                self.assertFalse([name for name in os.listdir(self.folder) if name.endswith(".tmp")])
                at += 1

    def test_of_many_writers_none_is_lost(self):
        children = []
        for i in range(12):
            command = [vault.ORRERY, "vault", "put", "--vault", self.vault, "--password-file", self.password, f"n{i}"]
            children.append(subprocess.Popen(command, stdin=subprocess.PIPE))
        for child in children:
            child.communicate(b"x")
        self.assertEqual(sorted(f"n{i}" for i in range(12)), sorted(self.names()))

    def test_the_last_version_stays_beside_it(self):
        self.v("put", "x", stdin="1")
        self.v("put", "x", stdin="2")
        os.rename(self.vault + ".bak", self.vault)
        self.assertEqual(b"1\n", self.v("get", "x").stdout)


class Leaks(Vault):
    SECRET = b"correct-horse-battery"

    def test_no_verb_tells_a_secret_that_was_not_asked_for(self):
        """Every verb, under a known password, sentence, key and note; what is handed out on purpose goes to a file."""
        password = self.file("pw", self.SECRET)
        os.rename(self.vault, self.path("gone"))
        key = self.path("id")
        recipient = self.out("keygen", "--out", key).strip()
        self.run_vault("init", "--vault", self.vault, "--new-password-file", password, *LIGHT)
        self.v("import", "seed", self.file("words", SENTENCE))
        self.v("import", "key", self.file("key", "5a" * 32))
        self.v("put", "p", stdin=b"kept-" + self.SECRET)
        message, typed = self.file("m", "hello"), self.file("t", json.dumps(
            {"domain": {"name": "n"}, "primaryType": "A", "types": {"A": [{"name": "x", "type": "uint8"}]},
             "message": {"x": 1}}))
        tx = self.file("tx", json.dumps({"type": 2, "chainId": 1, "nonce": 0, "gas": 21000, "maxFeePerGas": 1,
                                         "maxPriorityFeePerGas": 1, "to": "0x" + "11" * 20, "value": 1}))
        signed = self.v("sign", "message", "seed", message).stdout.decode().strip()
        sealed, new = self.path("sealed"), ("--new-password-file", self.other)
        verbs = [("list",), ("show", "seed"), ("show", "key"), ("show", "p"), ("get", "p", "--out", self.path("out-p")),
                 ("get", "nothing"), ("address", "seed", "--count", "3"), ("derive", "seed"), ("derive", "seed", "--bls"),
                 ("check",), ("slot", "list"), ("slot", "add", "-r", recipient), ("slot", "rm", recipient),
                 ("sign", "message", "seed", message), ("sign", "typed", "key", typed), ("sign", "tx", "key", tx),
                 ("sign", "hash", "--yes", "key", self.file("h", "44" * 32)), ("sign", "schnorr", "key", message),
                 ("generate", "made"), ("new", "another"), ("put", "q", message), ("rm", "q"), ("import", "again", self.path("words")),
                 ("export", "key", "--as", "v3", "--light", *new, "--out", self.path("out-v3")),
                 ("export", "seed", "--as", "mnemonic", "--out", self.path("out-words")),
                 ("split", "2", "3", "seed", "--out", self.path("out-share")), ("unlock", "--for", "5s"), ("lock",),
                 ("passwd", "--new-password-file", password, *LIGHT), ("passwd", *new, "--label", "none")]
        plain = [("init", "--vault", self.path("w.orr"), "--new-password-file", password, *LIGHT), ("keygen", "--out", self.path("k2")),
                 ("inspect", self.vault), ("inspect", self.path("words")), ("inspect", self.path("out-v3")),
                 ("encrypt", "-p", "--password-file", password, "--work-factor", "1", "--out", sealed, message),
                 ("decrypt", sealed, "--password-file", password), ("convert", self.path("key"), "--as", "v3", "--light", *new),
                 ("recover", "message", message, "--signature", signed), ("slashing", message),
                 ("verify", "message", message, "--signature", signed, "--address", "0x" + "00" * 20),
                 ("combine", self.path("out-share-1-1"), self.path("out-share-1-3"), "--json")]
        helped = self.out("--help").split("\n")
        names = {line.split()[0] for line in helped if line.startswith("  ") and line[2:3].isalpha()} - {"orrery"}
        self.assertEqual(set(), names - {verb[0] for verb in verbs + plain}, "verbs that this test does not run")
        for verb in verbs + plain:
            for more in self.forms(verb[0]):
                done = self.run_vault(*verb, *more, code=None) if verb in plain else self.v(*verb, *more, code=None)
                for text in (self.SECRET, b"legal winner", b"7f7f7f7f7f7f", b"5a" * 8, b"Z" * 8, b"open sesame"):
                    self.assertNotIn(text, done.stdout + done.stderr, verb)
        given = ("pw", "words", "key", "out-p", "out-words")
        for name in os.listdir(self.folder):
            if name in given or not os.path.isfile(self.path(name)):
                continue
            with open(self.path(name), "rb") as f:
                content = f.read()
            for text in (self.SECRET, b"legal winner", b"7f7f7f7f7f7f", b"5a" * 8):
                self.assertNotIn(text, content, name)

    def forms(self, verb):
        """In which forms a verb is looked at: by day as JSON, which has more fields; at night also as text."""
        if verb in ("get", "slashing", "decrypt", "combine"):
            return ((),)
        return ((), ("--json",)) if vault.EVERY or verb in ("show", "list", "sign") else (("--json",),)

    def test_the_agent_shows_nothing_to_the_curious(self):
        self.v("unlock", "--for", "20s")
        found = 0
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as f:
                    line = f.read()
                if b"unlock" not in line or self.vault.encode() not in line:
                    continue
                found += 1
                with open(f"/proc/{pid}/environ", "rb") as f:
                    self.assertNotIn(b"open sesame", f.read())
                self.assertNotIn(b"open sesame", line)
                with open(f"/proc/{pid}/limits", encoding="ascii") as f:
                    core = [x for x in f if x.startswith("Max core file size")][0].split()
                self.assertEqual(["0", "0"], core[4:6])
            except (FileNotFoundError, ProcessLookupError):
                continue
        self.assertEqual(1, found)
        with socket.socket(socket.AF_UNIX) as s:  # whoever says nothing gets nothing
            s.connect(self.vault + ".agent")
            s.sendall(b"x")
            self.assertEqual(b"", s.recv(64))
        self.run_vault("lock", "--vault", self.vault)

    def test_no_core_file_is_left_by_who_asks_for_one(self):
        wanted = resource.getrlimit(resource.RLIMIT_CORE)[1]

        def ask():
            resource.setrlimit(resource.RLIMIT_CORE, (wanted, wanted))

        command = [vault.ORRERY, "vault", "init", "--vault", self.path("slow.orr"), "--new-password-file", self.password,
                   "--passes", "64", "--memory", "65536"]
        with subprocess.Popen(command, cwd=self.folder, preexec_fn=ask, stdin=subprocess.DEVNULL) as child:
            deadline = time.monotonic() + 30  # until it has read the password and works on it
            while time.monotonic() < deadline and not self.is_guarded(child.pid):
                time.sleep(0.01)
            self.assertTrue(self.is_guarded(child.pid))
            child.send_signal(signal.SIGABRT)
            _, status = os.waitpid(child.pid, 0)
            child.returncode = -os.WTERMSIG(status)
        self.assertEqual(signal.SIGABRT, os.WTERMSIG(status))
        self.assertFalse(os.WCOREDUMP(status))
        self.assertFalse([name for name in os.listdir(self.folder) if name.startswith("core")])

    def is_guarded(self, pid):
        """Has it given up core files?"""
        with open(f"/proc/{pid}/limits", encoding="ascii") as f:
            return ["0", "0"] == [x for x in f if x.startswith("Max core file size")][0].split()[4:6]

    def test_a_password_is_never_taken_from_the_command_line(self):
        self.run_vault("list", "--vault", self.vault, "--password", "open sesame", code=2)
        self.run_vault("list", "--vault", self.vault, code=2)
        r, w = os.pipe()
        os.write(w, b"open sesame\nrest")
        os.close(w)
        self.run_vault("list", "--vault", self.vault, "--password-fd", str(r), pass_fds=(r,))
        self.assertEqual(b"rest", os.read(r, 9))
        os.close(r)


if __name__ == "__main__":
    vault.main()
