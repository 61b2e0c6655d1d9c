# SPDX-License-Identifier: GPL-3.0-or-later
"""versions_corpus - answers of other versions to recorded scripts, from a second model of QEMU 7.2.

FOLDER holds corpus/ and directed/ with *.qts.gz, and check_model.py, a small model whose answers are QEMU 7.2.22's
on all of them but those in scalable mode (profile dw: 8.0 and 8.2 answered as 7.2.22 did, whose answers are
stored; left out for the others). What was observed to differ in another
version is put on top of it here; `dmachurn qtest --qemu VERSION` must then answer alike, until QEMU aborts.
"""
import glob
import gzip
import importlib.util
import os
import subprocess

VERSIONS = ('5.2', '6.2', '7.2', '8.0', '8.2', '9.1', '10.0', '10.2', '11.1')


class Abort(Exception):
    pass


def load(folder):
    spec = importlib.util.spec_from_file_location('check_model', os.path.join(folder, 'check_model.py'))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Model


def model_of(base, version):
    """A class: base with what is different in that version."""
    at = VERSIONS.index(version)
    since = {v: at >= i for i, v in enumerate(VERSIONS)}

    class Model(base):
        def boot(self):
            super().boot()
            if not since['7.2']:
                self.ir = True                          # IRE is taken with intremap=off, too
            if since['10.2']:
                self.cap |= 1 << 63
                self.s(8, self.cap, 8)

        def reg_read(self, off, n):
            val = super().reg_read(off, n)
            return val | (self.g(0x90, 8) & 0x800) if since['9.1'] and off == 0x90 else val

        def reg_write(self, off, v, n):
            if n == 8 and (off == 0xe0 and version == '10.2' or off in (0x38, 0xa0, 0xa8) and not since['11.1']):
                raise Abort
            if n == 8 and off in (0x38, 0xa0, 0xa8):      # legal; the neighbour stays as it is
                v, n = v & 0xffffffff, 4
            super().reg_write(off, v, n)

        def fault(self, sid, iova, fr, write, fpd, pv):
            return super().fault(sid, iova, fr, write, fpd, pv if since['7.2'] and not since['11.1'] else 0)

        def drop_page(self, did, addr, am):
            if not since['9.1']:
                super().drop_page(did, addr, am)
                return
            mask = ~((1 << am) - 1)
            gone = [k for k, e in self.iotlb.items() if e[0] == did and (
                k[2] & mask == addr >> 12 & mask or
                k[2] == (addr >> 12) & ~((1 << 9 * (k[1] - 1)) - 1))]
            for k in gone:
                del self.iotlb[k]

        def rsvd(self, v, lv):
            return super().rsvd(v, lv) | (v & 1 << 62 if since['10.0'] else 0)

        def walk(self, ce, iova, write):
            got = super().walk(ce, iova, write)
            return self.walk_over_window(ce, iova) if got[0] == 14 and not since['7.2'] else got

        def walk_over_window(self, ce, iova):
            """Without fault 14 the leaf counts; everything else about the walk was fine."""
            level, table, perm = 2 + (ce[1] & 7), ce[0] & ~0xfff, 3
            while True:
                at = table + 8 * (iova >> 12 + 9 * (level - 1) & 511)
                entry = int.from_bytes(self.pread(at, 8), 'little')
                perm &= entry
                if level == 1 or entry & 0x80:
                    return 0, entry, level, perm
                table, level = entry & self.haw & ~0xfff, level - 1

        def one(self):
            b = self.pread(self.iq + 16 * self.head, 16)
            if b is None or not since['10.0']:
                return super().one()
            lo, hi = int.from_bytes(b[:8], 'little'), int.from_bytes(b[8:], 'little')
            kind = lo & 15 | lo >> 5 & 0x70
            if kind == 5 and lo & 0x30 == 0x30:
                raise NotImplementedError('wait with SW and IF')
            fence = kind == 5 and lo & 0x70 == 0x40 and not lo & 0xfffff180 and not hi & 3 and since['10.2']
            group = kind == 9 and since['10.2'] and lo & 0x10 and not lo & 0xfff00000000001e0 and \
                not hi & 0xfffffffffffff003
            if fence or group:
                self.last = kind
                self.head = (self.head + 1) % self.qsize
                return True
            bad_iec = kind == 4 and (hi or lo & 0xffff000007fff1e0)
            if kind not in (1, 2, 3, 4, 5) or bad_iec:
                self.last = kind
                return False
            return super().one()

    return Model


def script(path):
    with gzip.open(path, 'rt') as f:
        lines = f.read().splitlines()
    directives = [x for x in lines if x.startswith('#@')]
    return directives, [x for x in lines if x.strip() and not x.startswith('#')]


def skipped(directives, version):
    """Why a script is not compared, or ''."""
    text = ' '.join(directives)
    if 'profile dw' in text and version not in ('7.2', '8.0', '8.2'):
        return 'scalable mode'
    if version == '11.1' and ('pt=off' in text or 'dma-drain' in text):
        return 'property that is gone'
    return ''


def stored(path):
    with gzip.open(path.replace('.qts.gz', '.ans.gz'), 'rt') as f:
        return [x for x in f.read().splitlines() if not x.startswith('#')], False


def answers(model_class, directives, commands):
    m, out = model_class(), []
    for d in directives:
        m.directive(d[2:].split())
    for c in commands:
        try:
            out.append(m.line(c.split()))
        except Abort:
            return out, True
    return out, False


def compare(program, folder, versions, say):
    """Number of scripts that differ; say(text) is told about each, and the sum of each version."""
    base, bad_all = load(folder), 0
    paths = sorted(p for d in ('corpus', 'directed') for p in glob.glob(os.path.join(folder, d, '*.qts.gz')))
    for version in versions:
        model_class, n, bad, left, aborted = model_of(base, version), 0, 0, 0, 0
        for path in paths:
            directives, commands = script(path)
            if skipped(directives, version):
                left += 1
                continue
            width = [] if 'aw-bits' in ' '.join(directives) else ['--set', 'iommu.aw-bits=39']
            r = subprocess.run([program, 'qtest', '--until-abort', '--qemu', version] + width, text=True, check=False,
                               input='\n'.join(directives + commands) + '\n', stdout=subprocess.PIPE)
            is_dw = 'profile dw' in ' '.join(directives)
            want, ends = stored(path) if is_dw else answers(model_class, directives, commands)
            got = r.stdout.splitlines()
            n, aborted = n + len(want), aborted + ends
            if got != want:
                bad += 1
                k = next(i for i in range(max(len(want), len(got))) if want[i:i + 1] != got[i:i + 1])
                say('%s, %s, command %d: %s\n  want %s\n  got  %s' % (
                    os.path.basename(path), version, k + 1, commands[k], want[k:k + 1], got[k:k + 1]))
        say('%-5s %d scripts, %d answers: %d scripts differ, %d end in an abort, %d left out'
            % (version, len(paths) - left, n, bad, aborted, left))
        bad_all += bad
    return bad_all
