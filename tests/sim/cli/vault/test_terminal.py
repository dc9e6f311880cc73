#!/usr/bin/env python3
"""The vault at a terminal: README's walk as it stands there, and a terminal that closes or is interrupted at a prompt."""

import os
import pty
import re
import select
import signal
import termios
import time

import vault

LIGHT = ("--passes", "1", "--memory", "8")
PASSPHRASE = "a passphrase for a test"


class Terminal:
    """A command at a terminal of its own."""

    def __init__(self, argv, folder):
        self.said, self.closed = b"", False
        self.pid, self.fd = pty.fork()
        if not self.pid:
            os.chdir(folder)
            os.environ["HOME"] = folder
            os.execvp(argv[0], argv)

    def read(self):
        """What comes next; nothing at the end."""
        if not select.select([self.fd], [], [], 60)[0]:
            raise TimeoutError(self.said)
        try:
            piece = os.read(self.fd, 4096)
        except OSError:
            return b""
        self.said += piece
        return piece

    def prompt(self):
        """Waits for a question; the terminal does not show what is typed from then on."""
        while not self.said.endswith(b": "):
            if not self.read():
                raise AssertionError(f"no prompt: {self.said}")

    def answer(self, text):
        self.prompt()
        self.said += b"\n"
        os.write(self.fd, text.encode() + b"\n")

    def close(self):
        os.close(self.fd)
        self.closed = True

    def end(self):
        """Its exit code, or minus a signal."""
        while not self.closed and self.read():
            pass
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                if not self.closed:
                    self.close()
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.01)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        raise TimeoutError("it goes on without its terminal")


class Prompts(vault.Case):
    def at(self, *argv):
        return Terminal(argv, self.folder)

    def v(self, *args):
        return self.at(os.path.abspath(vault.ORRERY), "vault", args[0], "--vault", self.vault, *args[1:])

    def make(self):
        t = self.v("init", *LIGHT)
        t.answer(PASSPHRASE)
        t.answer(PASSPHRASE)
        self.assertEqual(0, t.end(), t.said)
        self.assertRegex(t.said, rb"strength: about \d+ bits")
        self.assertNotIn(PASSPHRASE.encode(), t.said)

    def test_readme_makes_loses_and_restores_a_key(self):
        with open(os.path.join(vault.SOURCE, "README.md"), encoding="utf-8") as f:
            block = re.search(r"^## A key.*?^```\n(.*?)^```", f.read(), re.M | re.S).group(1)
        lines = [line.split("#")[0].strip().replace("./orrery", os.path.abspath(vault.ORRERY)) for line in block.splitlines()]
        self.assertGreaterEqual(len(lines), 6)
        addresses = []
        for line in lines:
            light = " ".join(LIGHT) if line.endswith("vault init") else ""
            t = self.at("bash", "-c", f"{line} {light}")
            for _ in range(2 if light else 1):
                t.answer(PASSPHRASE)
            self.assertEqual(0, t.end(), f"{line}: {t.said}")
            self.assertNotIn(PASSPHRASE.encode(), t.said)
            addresses += re.findall(rb"0x[0-9a-fA-F]{40}", t.said)
        self.assertEqual((3, 1), (len(addresses), len(set(addresses))))

    def test_a_new_passphrase_is_asked_for_twice(self):
        for answers in (("one", "another"), ("", "")):
            t = self.v("init", *LIGHT)
            for text in answers:
                t.answer(text)
            self.assertEqual(2, t.end())
            self.assertFalse(os.path.exists(self.vault))

    def test_a_terminal_that_closes_at_a_prompt_changes_nothing(self):
        for answers in ((), ("one",)):
            t = self.v("init", *LIGHT)
            for text in answers:
                t.answer(text)
            t.prompt()
            t.close()
            self.assertIn(t.end(), (3, -signal.SIGHUP))
            self.assertFalse(os.path.exists(self.vault))
        self.make()
        with open(self.vault, "rb") as f:
            before = f.read()
        for args, answers in ((("new", "x"), ()), (("passwd", *LIGHT), ()), (("passwd", *LIGHT), (PASSPHRASE,)),
                              (("passwd", *LIGHT), (PASSPHRASE, "new")), (("slot", "add", *LIGHT), (PASSPHRASE, "new"))):
            t = self.v(*args)
            for text in answers:
                t.answer(text)
            t.prompt()
            t.close()
            self.assertIn(t.end(), (3, -signal.SIGHUP), args)
            with open(self.vault, "rb") as f:
                self.assertEqual(before, f.read(), args)
            self.assertFalse([name for name in os.listdir(self.folder) if name.endswith(".tmp")])

    def test_an_interrupted_prompt_leaves_a_terminal_that_echoes(self):
        self.make()
        for key, number in ((b"\x03", signal.SIGINT), (b"\x1c", signal.SIGQUIT)):
            t = self.v("list")
            t.prompt()
            self.assertFalse(termios.tcgetattr(t.fd)[3] & termios.ECHO)
            os.write(t.fd, key)
            while t.read():
                pass
            self.assertTrue(termios.tcgetattr(t.fd)[3] & termios.ECHO)
            self.assertEqual(-number, t.end())


if __name__ == "__main__":
    vault.main()
