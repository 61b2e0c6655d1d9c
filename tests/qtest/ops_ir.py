# SPDX-License-Identifier: GPL-3.0-or-later
"""ops_ir - messages that devices write through interrupt remapping, and the table that remaps them.

A message that gets through reaches a processor that never takes it: fixed delivery only, since others would
disturb the firmware.
"""
import layout as L
import ops

TABLE = 0x700000            # op_remap points IRTA here
INDICES = (0, 1, 2, 3, 7, 15, 16, 31, 255, 0x7fff, 0x8000, 0xffff)
RSVD = ((0, 12), (0, 13), (0, 14), (0, 24), (0, 31), (1, 20), (1, 40), (1, 63))


def entry(w, index):
    """An entry of the table: good, or with one thing wrong."""
    rng = w.rng
    lo = 1 | rng.pick((0, 1 << 2)) | rng.pick((0, 1 << 3)) | rng.pick((0, 1 << 4)) | rng.span(0x20, 0xff) << 16
    lo |= rng.pick((0, 1, 0xff, 0x1ff, 0x12345600)) << 32 | rng.pick((0, 0, 0xf00, 1 << 15))
    hi = rng.below(0x10000) | rng.below(16) << 16
    how = rng.weighted((('good', 50), ('absent', 20), ('rsvd', 30)))
    if how == 'absent':
        lo &= ~1
    elif how == 'rsvd':
        word, bit = rng.pick(RSVD)
        lo, hi = (lo | 1 << bit, hi) if word == 0 else (lo, hi | 1 << bit)
    if rng.chance(25):
        lo |= 2                     # FPD
    if rng.chance(5):
        lo, hi = 0, 0
    w.s.w64(TABLE + 16 * index, lo)
    w.s.w64(TABLE + 16 * index + 8, hi)


def op_message(w):
    """One 4-byte write of a device into the interrupt window, with data that may hold a sub-handle."""
    rng = w.rng
    if rng.chance(30):
        w.s.reg64(L.IRTA, rng.weighted(((TABLE, 80), (rng.pick(L.NOWHERE), 20))) | rng.pick((0, 3, 7, 15, 15, 15))
                  | rng.pick((0, 0, 1 << 11)))
        w.gcmd |= L.IRE
        w.s.reg32(L.GCMD, w.gcmd | L.SIRTP)
    index, shv = rng.pick(INDICES), rng.chance(40)
    data = rng.pick((0, 1, 2, 0x21, 0x8021, 0xffff, 0x10000, 0x80000001)) if shv else rng.pick((0, 0x21, 0x80fe))
    if rng.chance(60):
        entry(w, (index + (data if shv else 0)) & 0xffff)
    addr = L.WINDOW | (index & 0x7fff) << 5 | index >> 15 << 2 | (8 if shv else 0)
    if not rng.chance(10):
        addr |= 0x10                # remappable format
    edu = rng.below(len(w.edus))
    w.s.w64(L.PROBE, data)
    ops.dma(w, edu, L.PROBE_IOVA, 8, False, 2048)
    ops.dma(w, edu, addr, rng.pick((4, 4, 4, 8)), True, 2048)
    w.s.see(L.FSTS, L.FRCD_LO, L.FRCD_HI)
    if rng.chance(40):
        w.s.reg64(L.FRCD_HI, 1 << 63)
