#!/usr/bin/env python3
"""`orrery sweep --on slurm`: a cluster of one node, started here, gives the index that this machine gives."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

ORRERY = os.path.abspath(os.environ.get("ORRERY_BIN", "build/dev/sim/orrery"))
PROGRAMS = "munged", "slurmctld", "slurmd", "sbatch", "sinfo"
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/usr/bin"
MISSING = [name for name in PROGRAMS if not shutil.which(name, path=PATH)]
if MISSING or os.geteuid():
    print(f"not run: {'no ' + ', '.join(MISSING) + ' (slurm-wlm, munge)' if MISSING else 'slurmd wants root'}")
    sys.exit(77)

SCENARIO = """orrery: 1
name: small
duration: 4 s
signatures: modelled
nodes: {val: {count: 4, role: tendermint}}
network: {latency: 20 ms}
workload: [{rate: 20 /s, stop: 2 s}]
"""
CONFIG = """ClusterName=orrery
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={control}
SlurmdPort={work}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,batch_sched_delay=0
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Slurm(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="orrery-slurm-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.env = {**os.environ, "PATH": PATH, "SLURM_CONF": self.path("slurm.conf")}
        for name in "state", "spool":
            os.mkdir(self.path(name))
        self.write("s.yaml", SCENARIO)
        self.write("slurm.conf", CONFIG.format(host=socket.gethostname(), control=free_port(), work=free_port(), folder=self.folder))
        with open(self.path("munge.key"), "wb") as f:
            f.write(os.urandom(64))
        os.chmod(self.path("munge.key"), 0o600)
        self.start("munged", "--foreground", "--force", "--key-file", self.path("munge.key"), "--socket", self.path("munge.socket"),
                   "--pid-file", self.path("munged.pid"), "--log-file", self.path("munged.log"), "--seed-file", self.path("seed"))
        self.wait(lambda: os.path.exists(self.path("munge.socket")))
        self.start("slurmctld", "-D", "-f", self.path("slurm.conf"))
        self.start("slurmd", "-D", "-f", self.path("slurm.conf"), "-N", socket.gethostname())
        self.wait(lambda: "idle" in subprocess.run(["sinfo", "--noheader", "--format=%t"], capture_output=True, check=False,
                                                   env=self.env).stdout.decode())

    def start(self, *command):
        with open(self.path(command[0] + ".out"), "wb") as log:
            process = subprocess.Popen(command, env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        def stop():
            process.terminate()
            process.wait()
        self.addCleanup(stop)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)

    def read(self, *names):
        with open(self.path(*names), "rb") as f:
            return f.read()

    def wait(self, true):
        for _ in range(600):
            if true():
                return
            time.sleep(0.1)
        logs = [f"{name}: {self.read(name).decode()}" for name in os.listdir(self.folder) if name.endswith(".out")]
        self.fail("the cluster does not start:\n" + "\n".join(logs))

    def test_slurms_index_is_that_of_this_machine(self):
        args = ["sweep", "s.yaml", "--seeds", "1..3", "--vary", "network.latency=10 ms,20 ms", "--set", "title=it's \"a $b\""]
        def sweep(*more):
            return subprocess.run([ORRERY, *args, *more], cwd=self.folder, env=self.env, capture_output=True, check=False,
                                  stdin=subprocess.DEVNULL)
        done = sweep("--out", "local")
        self.assertEqual(0, done.returncode, done.stderr.decode())
        done = sweep("--out", "out", "--on", "slurm", "--tasks", "4", "--wait")
        self.assertEqual(0, done.returncode, done.stderr.decode())
        self.assertIn(b"Submitted batch job", done.stderr)
        for name in "index.csv", "index.h5":
            self.assertEqual(self.read("local", name), self.read("out", name), name)
        self.assertEqual(4, len([name for name in os.listdir(self.path("out", "runs")) if name.startswith("slurm-")]))
        self.assertIn(b"6 runs: 6 as expected", done.stdout)
        self.assertIn(b"0 run now", done.stdout)  # the tasks did it
        done = sweep("--out", "more", "--on", "slurm", "--part", "1/2")
        self.assertEqual((2, False), (done.returncode, os.path.exists(self.path("more"))))


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=0).result
    print(f"100%: Checks: {result.testsRun}, Failures: {len(result.failures)}, Errors: {len(result.errors)}")
    sys.exit(0 if result.wasSuccessful() else 1)
