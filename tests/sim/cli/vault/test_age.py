#!/usr/bin/env python3
"""Debian's age opens what we encrypt, and we what it does."""

import os
import shutil
import subprocess
import sys

import vault

CHUNK = 64 << 10
SIZES = (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 5_000_003)


class Age(vault.Case):
    def setUp(self):
        super().setUp()
        self.key = self.path("id")
        self.recipient = self.out("keygen", "--out", self.key).strip()

    def age(self, *args, stdin=b""):
        return subprocess.run(args, input=stdin, capture_output=True, check=True).stdout

    def test_both_name_a_key_alike(self):
        self.assertEqual(self.recipient, self.age("age-keygen", "-y", self.key).decode().strip())
        theirs = self.age("age-keygen")
        with open(self.path("theirs"), "wb") as f:
            f.write(theirs)
        wanted = [x for x in theirs.decode().split("\n") if "public key" in x][0].split(": ")[1]
        self.assertEqual(wanted, self.json("show", "--from", self.path("theirs"))["recipient"])

    def test_files_of_every_boundary_go_both_ways(self):
        for size in SIZES:
            plain = os.urandom(size)
            name = self.file("plain", plain)
            for armor in ([], ["--armor"]):
                ours = self.path("ours.age")
                self.run_vault("encrypt", "-r", self.recipient, *armor, "--out", ours, "--force", name)
                self.assertEqual(plain, self.age("age", "-d", "-i", self.key, ours), size)
                theirs = self.file("theirs.age", self.age("age", "-r", self.recipient, *armor[:1], stdin=plain))
                self.assertEqual(plain, self.run_vault("decrypt", "-i", self.key, theirs).stdout, size)
                self.assertEqual(plain, self.run_vault("decrypt", "-i", self.key, ours).stdout, size)

    def test_several_recipients_and_a_list_of_them(self):
        other = self.path("other")
        second = self.out("keygen", "--out", other).strip()
        listed = self.file("list", f"# friends\n{second}\n")
        made = self.run_vault("encrypt", "-r", self.recipient, "-R", listed, stdin=b"hello").stdout
        for key in (self.key, other):
            self.assertEqual(b"hello", self.age("age", "-d", "-i", key, stdin=made))
        self.run_vault("encrypt", "-r", "age1nobody", stdin=b"x", code=2)
        self.run_vault("encrypt", stdin=b"x", code=2)

    def peak(self, *args):
        """The most memory in KiB that a call had."""
        with subprocess.Popen([vault.ORRERY, "vault", *args], stdin=subprocess.DEVNULL) as child:
            _, status, used = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(0, child.returncode, args)
        return used.ru_maxrss

    def test_100_megabytes_go_both_ways_in_the_memory_of_few(self):
        big, small = self.path("big"), self.file("small", os.urandom(100_000))
        block = os.urandom(1_000_000)
        with open(big, "wb") as f:
            for _ in range(100):
                f.write(block)
        peaks = {}
        for name in (small, big):
            sealed, opened = name + ".age", name + ".out"
            peaks[name] = [self.peak("encrypt", "-r", self.recipient, "--out", sealed, name),
                           self.peak("decrypt", "-i", self.key, "--out", opened, sealed)]
            subprocess.run(["cmp", name, opened], check=True)
        for few, many in zip(peaks[small], peaks[big]):
            self.assertLessEqual(many - few, 2048)
        subprocess.run(["age", "-d", "-i", self.key, "-o", self.path("by-age"), big + ".age"], check=True)
        subprocess.run(["cmp", big, self.path("by-age")], check=True)
        subprocess.run(["age", "-r", self.recipient, "-o", self.path("theirs.age"), big], check=True)
        self.run_vault("decrypt", "-i", self.key, "--out", self.path("back"), self.path("theirs.age"))
        subprocess.run(["cmp", big, self.path("back")], check=True)

    def test_passphrases(self):
        """age asks for a passphrase at a terminal alone: `script` gives it one."""
        password = self.file("pw", "a passphrase")
        made = self.path("p.age")
        self.run_vault("encrypt", "-p", "--password-file", password, "--work-factor", "10", "--out", made,
                       stdin=b"hello")
        self.assertEqual(b"hello", self.run_vault("decrypt", "--password-file", password, made).stdout)
        self.run_vault("decrypt", "--password-file", self.key, made, code=4)
        if not shutil.which("script"):
            self.skipTest("no script(1)")
        subprocess.run(["script", "-qec", f"age -d -o {self.path('out')} {made}", "/dev/null"], check=False,
                       input=b"a passphrase\n", capture_output=True, timeout=60)
        with open(self.path("out"), "rb") as f:
            self.assertEqual(b"hello", f.read())


if __name__ == "__main__":
    if not shutil.which("age") or not shutil.which("age-keygen"):
        print("not run: no age(1); `apt-get install age` brings it")
        sys.exit(77)
    vault.main()
