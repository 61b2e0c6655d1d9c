# SPDX-License-Identifier: GPL-3.0-or-later
"""tables - page tables, context tables and PASID tables that a script writes into guest memory.

The generator remembers what it wrote, never what it means: whether an entry is legal is for QEMU to say.
"""
import layout as L

R, W, RW, PS = 1, 2, 3, 0x80


class Pool:
    """Pages for tables, one after the other."""

    def __init__(self):
        self.at = L.POOL

    def page(self, n=1):
        got = self.at
        self.at += 0x1000 * n
        assert self.at <= L.POOL_LAST + 1
        return got


class Domain:
    """A second-stage page table of 3 or 4 levels with a domain id."""

    def __init__(self, script, pool, did, levels):
        self.s, self.pool, self.did, self.levels = script, pool, did, levels
        self.top = pool.page()
        self.tables = {}        # (level, iova of its first byte) -> address
        self.entries = {}       # address -> (level, value, iova)

    def table(self, level, iova):
        """Address of the table of this level over iova; made, with its upper entries, if it is new."""
        if level >= self.levels:
            return self.top
        base = iova >> 12 + 9 * level
        if (level, base) not in self.tables:
            above = self.table(level + 1, iova)
            at = self.tables[level, base] = self.pool.page()
            self.store(above + 8 * (iova >> 12 + 9 * level & 511), level + 1, at | RW, iova)
        return self.tables[level, base]

    def store(self, addr, level, val, iova):
        self.entries[addr] = (level, val, iova)
        self.s.w64(addr, val)

    def slot(self, level, iova):
        return self.table(level, iova) + 8 * (iova >> 12 + 9 * (level - 1) & 511)

    def put(self, level, iova, val):
        """Write the entry of this level for iova."""
        self.store(self.slot(level, iova), level, val, iova)

    def link(self, level, iova):
        """Let the entry of this level point to the table below again."""
        base = iova >> 12 + 9 * (level - 1)
        if (level - 1, base) in self.tables:
            self.put(level, iova, self.tables[level - 1, base] | RW)

    def target(self, iova):
        """Physical address that the remembered entries give, or None."""
        for level in range(1, self.levels):
            base = iova >> 12 + 9 * level
            at = self.top if level == self.levels else self.tables.get((level, base))
            if at is None:
                continue
            found = self.entries.get(at + 8 * (iova >> 12 + 9 * (level - 1) & 511))
            if found and found[1] & RW and (level == 1 or found[1] & PS):
                mask = (1 << 12 + 9 * (level - 1)) - 1
                return (found[1] & 0xffffffffff000 & ~mask) | iova & mask
        return None


class Legacy:
    """A root table and the context table of bus 0."""

    scalable = False

    def __init__(self, script, pool):
        self.s = script
        self.root, self.ctx = pool.page(), pool.page()
        self.entry = {}         # sid -> (lo, hi)
        self.link()

    def link(self, lo=None, hi=0):
        self.s.w64(self.root, self.ctx | 1 if lo is None else lo)
        self.s.w64(self.root + 8, hi)

    def put(self, sid, lo, hi):
        self.entry[sid] = (lo, hi)
        at = self.ctx + 16 * (sid & 255)
        self.s.w64(at + 8, hi)
        self.s.w64(at, lo)

    def attach(self, sid, dom, tt=0, fpd=0, aw=None):
        aw = dom.levels - 2 if aw is None else aw
        self.put(sid, dom.top | tt << 2 | fpd << 1 | 1, dom.did << 8 | aw)

    def change(self, sid, lo_xor=0, hi_xor=0):
        lo, hi = self.entry.get(sid, (0, 0))
        self.put(sid, lo ^ lo_xor, hi ^ hi_xor)


class Scalable:
    """Scalable root, two context tables, and per device a PASID directory and table."""

    scalable = True

    def __init__(self, script, pool, rng):
        self.s, self.pool, self.rng = script, pool, rng
        self.root, self.low, self.high = pool.page(), pool.page(), pool.page()
        self.entry = {}         # sid -> [ctx words, dir entry, pasid words, rid_pasid, dir, table]
        self.may_fpd = {}
        self.link()

    def link(self, lo=None, hi=None):
        self.s.w64(self.root, self.low | 1 if lo is None else lo)
        self.s.w64(self.root + 8, self.high | 1 if hi is None else hi)

    def ctx_at(self, sid):
        fn = sid & 255
        return (self.low if fn < 128 else self.high) + 32 * (fn & 127)

    def spare_qemu(self, sid):
        """A cached context entry with FPD lets QEMU walk with a PASID entry that it has rejected, and with what is
        on its stack when the directory has none; from five levels on it aborts. So half of the devices never get
        FPD, and the others never such PASID entries."""
        e = self.entry[sid]
        if sid not in self.may_fpd:
            self.may_fpd[sid] = self.rng.chance(50)
        if self.may_fpd[sid]:
            e[1] |= 1
            if e[2][0] >> 2 & 7 > 2:
                e[2][0] ^= e[2][0] & 0x1c ^ 1 << 2
        else:
            e[0][0] &= ~2
            e[1] &= ~2

    def write(self, sid):
        """All structures of one device, lower ones first."""
        self.spare_qemu(sid)
        ctx, direntry, pasid, rid, dirpage, table = self.entry[sid]
        for i in (0, 1, 2, 5):
            self.s.w64(table + 64 * (rid & 63) + 8 * i, pasid[i])
        self.s.w64(dirpage + 8 * (rid >> 6 & 511), direntry)
        for i in (3, 2, 1, 0):
            self.s.w64(self.ctx_at(sid) + 8 * i, ctx[i])

    def rid(self, sid):
        """PASID of the device's requests."""
        return self.entry[sid][3]

    def attach(self, sid, dom, pgtt=2, fpd=0, aw=None, rid=None):
        aw = dom.levels - 2 if aw is None else aw
        if rid is None:
            rid = self.rng.pick((0, 0, 1, 63, 64, 0x7fff))
        old = self.entry.get(sid)
        dirpage, table = (old[4], old[5]) if old else (self.pool.page(), self.pool.page())
        self.entry[sid] = [[dirpage | fpd << 1 | 1, rid, 0, 0], table | 1,
                           [dom.top | pgtt << 6 | aw << 2 | 1, dom.did, 0, 0, 0, 0, 0, 0], rid, dirpage, table]
        self.write(sid)

    def change(self, sid, where, word, xor):
        """Flip bits of one structure: 'ctx', 'dir' or 'pasid'."""
        e = self.entry[sid]
        words = {'ctx': e[0], 'dir': e, 'pasid': e[2]}[where]
        words[1 if where == 'dir' else word] ^= xor
        self.write(sid)
