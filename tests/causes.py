#!/usr/bin/env python3
# The log of events: each row's cause is the event that led to it, and no other that only ran before.
import os
import sqlite3
import subprocess
import sys
import tempfile

BIN = os.path.join(os.path.abspath(os.environ.get("top_builddir", "build")), "dmachurn")
SCENARIO = """# Two devices on one vCPU, 64 I/Os under way: rows of many I/Os alternate.
machine: {vcpus: 2, clock: 3GHz}
iommu: {model: vtd, qemu: "7.2", caching-mode: on}
guest: {kernel: "5.4"}
devices:
  a: {consumer: {model: vhost, notifier: unmap}, workload: {model: stream, ios: 600}}
  b: {consumer: {model: vhost, notifier: map-unmap}, workload: {model: rr, ios: 600, think: 100us}}
"""

# Each must give no row. io_start, timer and life are causes; what the guest does while it boots has none.
NONE = {
    "an arrival or a timer was caused by something":
        "SELECT * FROM event WHERE kind IN ('io_start', 'timer') AND cause <> 0",
    "an I/O's end names another I/O":
        "SELECT e.* FROM event e JOIN event s ON s.seq = e.cause WHERE e.kind = 'io_done' AND "
        "(s.kind <> 'io_start' OR s.iova <> e.iova OR s.entity <> e.entity OR "
        "s.at_cycles + e.cycles <> e.at_cycles)",
    "a miss of an address that its I/O did not map (rings aside)":
        "SELECT e.* FROM event e WHERE e.kind = 'miss' AND EXISTS (SELECT 1 FROM event m WHERE "
        "m.kind = 'guest_map' AND m.cause <> 0 AND m.entity = e.entity AND e.iova BETWEEN m.iova AND "
        "m.iova + m.bytes - 1) AND NOT EXISTS (SELECT 1 FROM event m WHERE m.kind = 'guest_map' AND "
        "m.cause = e.cause AND e.iova BETWEEN m.iova AND m.iova + m.bytes - 1)",
    "a miss is answered before it is met":
        "SELECT * FROM event WHERE kind = 'miss' AND cycles = 0",
    "a flush of the guest that neither an I/O nor a timer caused":
        "SELECT e.* FROM event e LEFT JOIN event c ON c.seq = e.cause WHERE e.kind = 'guest_flush' AND "
        "coalesce(c.kind, '') NOT IN ('io_start', 'timer')",
    "a cause that comes after":
        "SELECT * FROM event WHERE cause >= seq",
    "a chain through two I/Os":
        "SELECT e.* FROM event e JOIN event c ON c.seq = e.cause WHERE e.kind = 'io_start'",
}
# Each must give rows, or the queries above have nothing to find.
SOME = ["io_start", "io_done", "miss", "guest_flush", "timer", "submit", "desc", "notify_unmap", "notify_map"]

with tempfile.TemporaryDirectory() as work:
    with open(os.path.join(work, "s.yaml"), "w") as f:
        f.write(SCENARIO)
    subprocess.run([BIN, "run", "--quiet", "s.yaml", "--db", "s.db", "--log", "events"], cwd=work, check=True)
    db = sqlite3.connect(os.path.join(work, "s.db"))
    # the view joins names; a table with an index is what the queries need
    db.execute("CREATE TEMP TABLE t AS SELECT * FROM main.event")
    db.execute("CREATE INDEX temp.t_seq ON t (seq)")
    db.execute("CREATE INDEX temp.t_cause ON t (cause)")
    db.execute("CREATE INDEX temp.t_iova ON t (kind, entity, iova)")
    failed = 0
    for what, query in NONE.items():
        rows = db.execute(query.replace("event", "temp.t") + " LIMIT 3").fetchall()
        if rows:
            print("FAIL:", what, rows)
            failed = 1
    for kind in SOME:
        if not db.execute("SELECT 1 FROM temp.t WHERE kind = ? LIMIT 1", (kind,)).fetchone():
            print("FAIL: no", kind)
            failed = 1
    db.close()
sys.exit(failed)
