"""The zip for Gradescope: what is in it, and run_autograder in a tree as Gradescope lays it out.  A clean Debian, where
debootstrap can make one, installs it without a network (ORRERY_DEBS: folder of the program's .deb and what it needs)."""
import json
import os
import shutil
import stat
import subprocess
import sys
import unittest
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import labs  # pylint: disable=wrong-import-position

HERE = os.path.join(labs.SOURCE, "tests", "labs")


class Autograder(unittest.TestCase):
    def setUp(self):
        self.folder = os.path.join(labs.SCRATCH.name, self.id())
        os.mkdir(self.folder)
        self.put("orrery_1_amd64.deb", "no package: nobody installs it here")
        self.put("salt", "secret")

    def put(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def make(self, *arguments):
        return labs.run("lab", "autograder", "bootcamp", "--out", "x.zip", *arguments, cwd=self.folder)

    def made(self):
        said = self.make("--deb", "orrery_1_amd64.deb", "--salt", "salt", "--seeds", "1")
        self.assertEqual((said.returncode, said.stdout), (0, "x.zip is written\n"), said.stderr)
        return zipfile.ZipFile(os.path.join(self.folder, "x.zip"))

    def test_all_that_grading_needs_is_in_it_and_no_solution(self):
        with self.made() as archive:
            self.assertIsNone(archive.testzip())
            names = archive.namelist()
            self.assertEqual(names[:2], ["setup.sh", "run_autograder"])
            hidden = sorted(f"hidden/hidden/{name}" for name in os.listdir(os.path.join(HERE, "bootcamp", "hidden")))
            self.assertEqual(sorted(names[2:]), sorted(hidden + ["hidden/hidden.yaml", "salt", "debs/orrery_1_amd64.deb"]))
            for name in names[:2]:
                mode = archive.getinfo(name).external_attr >> 16
                self.assertEqual(mode, stat.S_IFREG | 0o755)
                checked = subprocess.run(["bash", "-n"], input=archive.read(name), check=False)
                self.assertEqual(checked.returncode, 0)
            self.assertIn(b"./debs/*.deb", archive.read("setup.sh"))
        with open(os.path.join(self.folder, "x.zip"), "rb") as file:
            first = file.read()
        self.made().close()
        with open(os.path.join(self.folder, "x.zip"), "rb") as file:
            self.assertEqual(file.read(), first, "the same files make the same bytes")

    def graded(self, home, put):
        """Exit code of run_autograder over a submission, and its results."""
        submission = os.path.join(home, "submission")
        shutil.rmtree(submission, ignore_errors=True)
        os.mkdir(submission)
        put(submission)
        said = subprocess.run([os.path.join(home, "source", "run_autograder")], check=False, capture_output=True,
                              env={**labs.ENVIRONMENT, "AUTOGRADER": home, "ORRERY": labs.PROGRAM})
        path = os.path.join(home, "results", "results.json")
        if not os.path.exists(path):
            return said.returncode, None
        with open(path, encoding="utf-8") as file:
            return said.returncode, json.load(file)

    def test_run_autograder_grades_a_folder_and_a_tar_alike_and_says_when_it_cannot(self):
        home = os.path.join(self.folder, "autograder")
        with self.made() as archive:
            archive.extractall(os.path.join(home, "source"))
        for name in ("setup.sh", "run_autograder"):
            os.chmod(os.path.join(home, "source", name), 0o755)
        solution = os.path.join(HERE, "bootcamp", "solution")

        def folder(to):
            shutil.copytree(solution, to, dirs_exist_ok=True)
            shutil.copy(os.path.join(HERE, "bootcamp", "wrong", "event.c"), to)

        def tar(to):
            student = os.path.join(self.folder, "student")
            labs.run("lab", "start", "bootcamp", student)
            folder(student)
            said = labs.run("lab", "submit", os.path.join(to, "mine.tar"), cwd=student)
            self.assertEqual(said.returncode, 0, said.stderr)

        code, results = self.graded(home, folder)
        self.assertEqual(code, 0)
        self.assertGreater(results["score"], 90)
        self.assertEqual({t["status"] for t in results["tests"] if not t["name"].startswith("event")}, {"passed"})
        self.assertIn("failed", {t["status"] for t in results["tests"]})
        self.assertEqual(self.graded(home, tar), (0, results))
        os.remove(os.path.join(home, "source", "salt"))
        code, results = self.graded(home, folder)
        self.assertEqual((code, results), (2, None))

    def test_what_is_missing_is_named(self):
        for arguments, told in ((("--salt", "salt"), "--deb"), (("--deb", "salt"), "no .deb"),
                                (("--deb", "none.deb"), "none.deb"),
                                (("--deb", "orrery_1_amd64.deb", "--salt", "none"), "none")):
            said = self.make(*arguments)
            self.assertEqual((said.returncode, said.stdout), (2, ""))
            self.assertIn(told, said.stderr)
            self.assertFalse(os.path.exists(os.path.join(self.folder, "x.zip")))

    def test_a_clean_debian_installs_it_without_a_network(self):
        debs = os.environ.get("ORRERY_DEBS")
        if not debs or not shutil.which("debootstrap") or os.geteuid():
            print("not run: needs debootstrap, root, and ORRERY_DEBS, a folder of the packages")
            self.skipTest("no clean Debian")
        root = os.path.join(self.folder, "debian")
        subprocess.run(["debootstrap", "--variant=minbase", "bookworm", root], check=True)
        packages = [word for name in sorted(os.listdir(debs)) for word in ("--deb", os.path.join(debs, name))]
        self.assertEqual(self.make(*packages, "--salt", "salt", "--seeds", "1").returncode, 0)
        home = os.path.join(root, "autograder")
        with zipfile.ZipFile(os.path.join(self.folder, "x.zip")) as archive:
            archive.extractall(os.path.join(home, "source"))
        shutil.copytree(os.path.join(HERE, "bootcamp", "solution"), os.path.join(home, "submission"))
        for script in ("setup.sh", "run_autograder"):
            subprocess.run(["unshare", "--net", "chroot", root, "bash", f"/autograder/source/{script}"], check=True)
        with open(os.path.join(home, "results", "results.json"), encoding="utf-8") as file:
            self.assertEqual(json.load(file)["score"], 120)


if __name__ == "__main__":
    unittest.main()
