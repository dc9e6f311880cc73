"""`orrery lab watch` in a terminal: it tests at each save, tells what passes, goes on, hints, lists, and leaves the
terminal as it was."""
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import termios
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import labs  # pylint: disable=wrong-import-position

SOLUTION = os.path.join(labs.SOURCE, "tests", "labs", "bootcamp", "solution")
LONG_S = 120  # a machine may be slow: nothing here is measured


class Watch(unittest.TestCase):
    def setUp(self):
        self.folder = os.path.join(labs.SCRATCH.name, self.id())
        self.assertEqual(labs.run("lab", "start", "bootcamp", self.folder).returncode, 0)
        self.terminal, self.inner = pty.openpty()
        self.before = termios.tcgetattr(self.inner)
        self.program = subprocess.Popen([labs.PROGRAM, "lab", "watch", self.folder], stdin=self.inner,
                                        stdout=self.inner, stderr=self.inner, env=labs.ENVIRONMENT)
        self.said = ""

    def tearDown(self):
        self.program.kill()
        self.program.wait()
        os.close(self.terminal)
        os.close(self.inner)

    def until(self, pattern):
        """What is shown up to there, from where the last one ended."""
        while not (found := re.search(pattern, self.said)):
            ready, _, _ = select.select([self.terminal], [], [], LONG_S)
            self.assertTrue(ready, f"'{pattern}' is not shown; shown is:\n{self.said}")
            self.said += os.read(self.terminal, 65536).decode()
        shown, self.said = self.said[:found.end()], self.said[found.end():]
        return shown

    def press(self, key):
        os.write(self.terminal, key.encode())

    def save(self, name):
        shutil.copy(os.path.join(SOLUTION, name), self.folder)

    def left(self):
        self.assertEqual(self.program.wait(timeout=LONG_S), 0)
        self.assertEqual(termios.tcgetattr(self.inner), self.before)

    def test_a_save_is_tested_and_keys_do_what_they_say(self):
        self.assertRegex(self.until(r"n next \(when it passes\)  h hint  l list  q quit"), r"FAIL +what a client hands in")
        self.press("n")
        self.until("event does not pass yet")
        self.press("h")
        self.until(r"1\. event->kind says what happened")
        self.press("h")
        self.until(r"1\. event->kind .*\r\n\r\n2\. if \(event->kind")
        self.press("h")
        self.until("There are no more hints")
        with open(os.path.join(self.folder, "notes.txt"), "w", encoding="utf-8") as file:
            file.write("no code: nothing is tested\n")
        self.save("event.c")
        self.assertRegex(self.until(r"n next  h hint"), r"ok +what a client hands in")
        self.press("l")
        self.assertRegex(self.until(r"1 of 12 passed"), r"passed +event ")
        self.press("n")
        self.until(r"bootcamp: timer \(timer\.c\)")
        self.assertIn("FAIL", self.until(r"n next \(when it passes\)"))
        os.replace(shutil.copy(os.path.join(SOLUTION, "timer.c"), os.path.join(self.folder, ".timer.c.new")),
                   os.path.join(self.folder, "timer.c"))  # as many editors save
        self.assertIn("ok", self.until(r"n next  h hint"))
        self.press("q")
        self.left()
        self.assertIn("passed   timer", labs.run("lab", "status", self.folder).stdout)

    def test_what_does_not_compile_is_told_and_an_interrupt_leaves(self):
        self.until(r"q quit")
        with open(os.path.join(self.folder, "event.c"), "a", encoding="utf-8") as file:
            file.write("int x = ;\n")
        self.assertRegex(self.until(r"n next"), r"(?s)it cannot be built.*event\.c:\d+")
        self.program.send_signal(signal.SIGINT)
        self.left()

    def test_without_a_terminal_it_says_so(self):
        said = labs.run("lab", "watch", self.folder)
        self.assertEqual((said.returncode, said.stdout), (2, ""))
        self.assertIn("orrery lab test", said.stderr)


if __name__ == "__main__":
    unittest.main()
