#!/usr/bin/env python3
# What guest drivers map for an I/O, and when workloads begin one: counts that are known by hand.
import csv
import io
import os
import sqlite3
import subprocess
import sys
import tempfile

BIN = os.path.join(os.path.abspath(os.environ.get("top_builddir", "build")), "dmachurn")
HEAD = """# One device.
duration: 10ms
machine: {clock: 3GHz}
iommu: {model: vtd, qemu: "7.2", caching-mode: on}
guest: {kernel: "6.1"}
devices:
  d: {driver: DRIVER, queues: QUEUES, scatter: SCATTER, consumer: {model: CONSUMER}, workload: {WORKLOAD}}
"""

# driver, scatter, queues, consumer, workload, then figures: text in Python over the run's figures by name
ROWS = [
    # header, 8 data pages, status, table: 11 maps; strict under caching mode, so 2 exits each
    ("virtio-blk", "on", 1, "vhost", "model: rr, size: 32KiB, ios: 10", [
        ("guest.map == 10 * 11", "the rings are mapped before counting begins"),
        ("vmexits == 10 * 22", ""),
        ("guest.unmap == 10 * 11", "")]),
    # one buffer: header, data, status, table
    ("virtio-blk", "off", 1, "vhost", "model: rr, size: 32KiB, ios: 10", [
        ("guest.unmap == 10 * 4", "")]),
    # one map a request, however scattered; VFIO hears a page at a time
    ("nvme", "on", 1, "vfio", "model: rr, size: 32KiB, ios: 10", [
        ("guest.unmap == 10", ""), ("consumer.map == 80", "8 pages"), ("vmexits == 20", "the doorbell is mapped")]),
    # QEMU's own device: the doorbell is an exit, one for each I/O
    ("e1000e", "off", 1, "emulated", "model: rr, ios: 10", [
        ("vmexits.kick == 10", ""), ("vmexits == 10 + vmexits.qi_tail", ""), ("vmexits.qi_tail == 20", "")]),
    ("virtio-net", "off", 1, "emulated", "model: rr, ios: 10", [
        ("kicks.light == 10", ""), ("vmexits == 20", "")]),
    # 10 ms at 20,000 a second, whatever the device does: 200, the first at 0 or after a gap
    ("virtio-net", "off", 1, "none", "model: stream, rate: 20kpps", [
        ("199 <= ios + dropped <= 200", "")]),
    # 20,000 a second for 10 ms by chance: 200, 5 sigma 71; equal gaps would give 199 or 200
    ("virtio-net", "off", 1, "none", "model: stream, rate: 20kpps, arrival: poisson", [
        ("129 <= ios + dropped <= 271", ""), ("not 199 <= ios + dropped <= 200", "this seed's are others")]),
    # a think time as long as the run: one I/O
    ("virtio-net", "off", 1, "none", "model: rr, think: 10ms", [("ios == 1", "")]),
    # no buffer is touched: the rings alone are used, and no payload's page is missed
    ("virtio-net", "off", 1, "vhost", "model: rr, ios: 10, touch: 0", [
        ("consumer.miss == 1", "descriptors; the other rings lie on the page of the used one"), ("guest.unmap == 10", "")]),
    # 4 queues with 2 ring pages each, all used in turn
    ("virtio-net", "off", 4, "vhost", "model: rr, ios: 8, touch: 0", [
        ("consumer.miss == 4", "the descriptors of each")]),
]


class Figures(dict):
    def __missing__(self, name):
        return 0


def figures_of(work, text):
    with open(os.path.join(work, "s.yaml"), "w") as f:
        f.write(text)
    db = os.path.join(work, "s.db")
    if os.path.exists(db):
        os.remove(db)
    subprocess.run([BIN, "run", "--quiet", "s.yaml", "--db", db], cwd=work, check=True)
    out = subprocess.run([BIN, "show", "--db", db, "--csv"], check=True, stdout=subprocess.PIPE, text=True).stdout
    return Figures((r["figure"].replace(".", "_"), float(r["value"])) for r in csv.DictReader(io.StringIO(out))
                   if r["entity"] == "d")


failed = 0
with tempfile.TemporaryDirectory() as work:
    for driver, scatter, queues, consumer, workload, wants in ROWS:
        text = HEAD
        for key, value in (("DRIVER", driver), ("QUEUES", str(queues)), ("SCATTER", scatter),
                           ("CONSUMER", consumer), ("WORKLOAD", workload)):
            text = text.replace(key, value)
        got = figures_of(work, text)
        for want, why in wants:
            if not eval(want.replace(".", "_"), {}, got):
                print("FAIL:", driver, "scatter", scatter, consumer, workload, "-", want, why, dict(got))
                failed = 1

# QEMU's big lock for each I/O of its own e1000e: a PSI for the map, one for the unmap, the doorbell, the main loop.
with tempfile.TemporaryDirectory() as work:
    text = HEAD
    for key, value in (("DRIVER", "e1000e"), ("QUEUES", "1"), ("SCATTER", "off"), ("CONSUMER", "emulated"),
                       ("WORKLOAD", "model: rr, ios: 10")):
        text = text.replace(key, value)
    figures_of(work, text)
    db = sqlite3.connect(os.path.join(work, "s.db"))
    (n,) = db.execute("SELECT n_acquired FROM resource WHERE name = 'bql'").fetchone()
    db.close()
    if n != 10 * 4:
        print("FAIL: the BQL was taken", n, "times, want", 10 * 4)
        failed = 1

# A worker serves its queues in turn. 4 I/Os at once, 1 and 3 on the second queue, 2 and 4 on the first: all wait
# when the worker has woken up (8 us; the guest hands one over in 1.4 us), and it begins with the first queue.
with tempfile.TemporaryDirectory() as work:
    text = HEAD
    for key, value in (("DRIVER", "virtio-net"), ("QUEUES", "2"), ("SCATTER", "off"), ("CONSUMER", "none"),
                       ("WORKLOAD", "model: stream, depth: 4, ios: 4")):
        text = text.replace(key, value)
    with open(os.path.join(work, "s.yaml"), "w") as f:
        f.write(text.replace("model: vtd, qemu: \"7.2\", caching-mode: on", "model: none"))
    subprocess.run([BIN, "run", "--quiet", "s.yaml", "--db", "s.db", "--log", "events"], cwd=work, check=True)
    db = sqlite3.connect(os.path.join(work, "s.db"))
    order = [number for (number,) in db.execute("SELECT iova FROM event WHERE kind = 'io_done' ORDER BY seq")]
    db.close()
    if order != [2, 1, 4, 3]:
        print("FAIL: two queues: completed", order, "want 2, 1, 4, 3")
        failed = 1

# A replay at the recorded pace: the unmap at 7 ms is not done before 21,000,000 cycles of 3 GHz; else long before.
TRACE = """dmachurn-trace 1
kernel 6.1
caching-mode on
device 00:02.0 ats=off
0 boot
1000 enable
2000 attach 00:02.0 1 kernel
3000 map 1 0 rw 0xfffff000 0x1000000+4096
7000000 unmap 1 0 0xfffff000 4096
end 5
"""
REPLAY = ("# A trace.\nmachine: {vcpus: VCPUS, clock: 3GHz}\niommu: {model: vtd, caching-mode: on}\nguest: {flush: FLUSH}\n"
          "devices:\n  d: {consumer: {model: CONSUMER}, workload: {model: replay, trace: t.trace}}\n")
with tempfile.TemporaryDirectory() as work:
    with open(os.path.join(work, "t.trace"), "w") as f:
        f.write(TRACE)
    with open(os.path.join(work, "s.yaml"), "w") as f:
        f.write(REPLAY.replace("VCPUS", "1").replace("FLUSH", "strict").replace("CONSUMER", "vhost, notifier: unmap")
                .replace("t.trace", "t.trace, touch: off"))
    for pace, least, most in (("recorded", 21000000, 22000000), ("asap", 1, 1000000)):
        subprocess.run([BIN, "run", "--quiet", "s.yaml", "--db", pace + ".db", "--set",
                        "devices.d.workload.pace=" + pace], cwd=work, check=True)
        db = sqlite3.connect(os.path.join(work, pace + ".db"))
        (cycles,) = db.execute("SELECT sim_cycles FROM run").fetchone()
        db.close()
        if not least <= cycles <= most:
            print("FAIL: replay,", pace, "-", cycles, "cycles, want", least, "to", most)
            failed = 1

# A time of 2^64 + 384 ps is not 384 ps: the unmap is behind the end of the run.
with tempfile.TemporaryDirectory() as work:
    with open(os.path.join(work, "t.trace"), "w") as f:
        f.write(TRACE.replace("7000000 unmap", "18446744073709552 unmap"))
    got = figures_of(work, REPLAY.replace("VCPUS", "1").replace("FLUSH", "strict").replace("CONSUMER", "tcg")
                     .replace("t.trace", "t.trace, pace: recorded"))
    if got["guest_map"] != 1 or got["guest_unmap"] != 0:
        print("FAIL: a row behind the end of the run:", dict(got))
        failed = 1

# The device touches a mapping as its MAP row allows: reading if it may, else writing. No access is refused.
REPLAYS = [
    ("map 1 0 r 0xfffff000 0x1000000+4096", "ios == 1", "read"),
    ("map 1 0 w 0xfffff000 0x1000000+4096", "ios == 1", "a receive buffer: written"),
    ("map 1 0 rw 0xffffe000 0x1000000+4096", "ios == 0", "what is unmapped was not mapped: nothing to touch"),
]
with tempfile.TemporaryDirectory() as work:
    for row, want, why in REPLAYS:
        for consumer in "vhost, notifier: unmap", "vhost, notifier: map-unmap", "tcg":
            with open(os.path.join(work, "t.trace"), "w") as f:
                f.write(TRACE.replace("00:02.0", "01:00.0").replace("map 1 0 rw 0xfffff000 0x1000000+4096", row))
            got = figures_of(work, REPLAY.replace("VCPUS", "1").replace("FLUSH", "strict").replace("CONSUMER", consumer))
            if not eval(want, {}, got) or got["dma_fault"]:
                print("FAIL: replay of", row, consumer, "-", want, why, dict(got))
                failed = 1

# A queue of 255 for each vCPU: 4 x 200 unmaps flush nothing; the first of 4 x 256 that finds its queue full
# flushes for all; on one vCPU of 4, 800 flush 3 times.
# The machine may have more vCPUs than the trace.
LAZY = "dmachurn-trace 1\nkernel 6.1\nflush lazy\nvcpus 4\ndevice 01:00.0 ats=off\n0 boot\n1 enable\n2 attach 01:00.0 1 kernel\n"
with tempfile.TemporaryDirectory() as work:
    for cpus, n, vcpus, want in ((4, 800, 4, 0), (4, 1024, 4, 1), (4, 800, 8, 0), (1, 800, 4, 3)):
        with open(os.path.join(work, "t.trace"), "w") as f:
            f.write(LAZY)
            for i in range(n):
                f.write("3 map 1 %d rw 0x%x 0x1000000+4096\n3 unmap 1 %d 0x%x 4096\n"
                        % (i % cpus, 0xf0000000 + 4096 * i, i % cpus, 0xf0000000 + 4096 * i))
            f.write("end %d\n" % (2 * n + 3))
        figures_of(work, REPLAY.replace("VCPUS", str(vcpus)).replace("FLUSH", "lazy").replace("caching-mode: on", "caching-mode: off")
                   .replace("CONSUMER", "tcg"))
        db = sqlite3.connect(os.path.join(work, "s.db"))
        (dsi,) = db.execute("SELECT sum(value) FROM counter WHERE name = 'qi.dsi'").fetchone()
        db.close()
        if (dsi or 0) != want:
            print("FAIL: lazy replay of", n, "unmaps on", cpus, "of", vcpus, "vCPUs:", dsi, "DSIs, want", want)
            failed = 1
sys.exit(failed)
