# SPDX-License-Identifier: GPL-3.0-or-later
"""layout - where things are on the board, and where scripts put theirs.

Scripts leave alone what only QEMU's firmware has: page 0, 0x38000-0x3ffff, 0xa0000-0xfffff; and every MMIO
region but the DMAR page and the edu BARs. NOWHERE is above RAM and below the BARs: reads 0, writes are lost.
"""

VTD = 0xfed90000
RAM = 512 << 20
BAR = 0xc0000000            # edu n: BAR + n * BAR_STEP
BAR_STEP = 0x100000
BUF = 0x40000               # edu's own buffer, as the device sees it
BUF_LAST = 4095             # off + count stay <= this: one more kills QEMU 7.2

POOL = 0x1000000            # tables come from here, one page after the other
POOL_LAST = 0x17fffff
QUEUE = (0x400000, 0x500000)
STATUS = 0x600000           # wait descriptors write here
DATA = 0x2000000            # 4K targets
N_DATA = 24
BIG = (0x4000000, 0x4200000, 0x4400000)      # 2M targets
PROBE = 0x6000000           # buffers are written here, to be seen
NOWHERE = (0x20000000, 0x3ffff000, 0x40000000, 0x7ffff000, 0x1000000000)
WINDOW = 0xfee00000         # interrupt window, 1 MiB
# Where QEMU has firmware, devices or ROM that a model of this board lacks.
NOT_OURS = ((0, 0xfff), (0x38000, 0x3ffff), (0xa0000, 0xfffff), (0xb0000000, 0xc3ffffff),
            (0xfec00000, 0xfedeffff), (0xff000000, 0xffffffff))
PROBE_IOVA = 0x1c0000000

# registers, by the names of regs.def without the prefix
GCMD, GSTS, RTADDR, CCMD, FSTS, FECTL, FEDATA, FEADDR = 0x18, 0x1c, 0x20, 0x28, 0x34, 0x38, 0x3c, 0x40
IQH, IQT, IQA, ICS, IECTL, IEDATA, IEADDR, IRTA = 0x80, 0x88, 0x90, 0x9c, 0xa0, 0xa4, 0xa8, 0xb8
IVA, IOTLB, FRCD_LO, FRCD_HI = 0xf0, 0xf8, 0x220, 0x228
REGS_BYTES = 0x230
REGS64 = (0x08, 0x10, RTADDR, CCMD, IQH, IQT, IQA, IRTA, IVA, IOTLB, FRCD_LO, FRCD_HI)
REGS32 = (0x00, GCMD, GSTS, FSTS, FECTL, FEDATA, FEADDR, 0x44, ICS, IECTL, IEDATA, IEADDR, 0xac)
KILLS_AS_8 = (FECTL, IECTL, IEADDR)          # an aligned 8-byte write aborts QEMU

TE, SRTP, QIE, IRE, SIRTP = 1 << 31, 1 << 30, 1 << 26, 1 << 25, 1 << 24


def sid_of(edu):
    """'04.1' -> 0x21 on bus 0"""
    slot, fn = edu.split('.')
    return int(slot, 16) << 3 | int(fn)
