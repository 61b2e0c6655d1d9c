# SPDX-License-Identifier: GPL-3.0-or-later
"""versions_drive - the probes of the recorded tables, run on `dmachurn qtest --qemu VERSION --trace`.

Answers are waited for one by one, as a probe of QEMU does; events come out of the trace at the end, each
behind the number of the command that caused it. An abort ends a machine; the next step gets a fresh one.
"""
import re
import subprocess
import tempfile

import versions_steps as steps

REGS = 0xfed90000
ROOT, CTX0, CTX1, L3, L2, L1 = range(0x1000000, 0x1006000, 0x1000)
HOLE2, HOLE1 = 0x1006000, 0x1007000      # tables of 3 GiB on, and of 2 MiB around the end of the hole
QUEUE, STATUS, PROBE_STATUS, PAGES = 0x1080000, 0x1090000, 0x1060000, 0x1200000
COMMON, ECAM = 0xd0000000, 0xb0000000
NAMES = {'L1': L1, 'L2': L2, 'L3': L3, 'P': PAGES, 'H': HOLE2, 'H1': HOLE1, 'STATUS': STATUS}


class Refused(Exception):
    """The program does not take these properties."""


class Aborted(Exception):
    """QEMU would have aborted; the text says why."""


class Machine:
    def __init__(self, program, version, directives):
        self.trace = tempfile.NamedTemporaryFile('r', suffix='.events')
        self.p = subprocess.Popen(program + ['--qemu', version, '--trace', self.trace.name], text=True,
                                  bufsize=1, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.n = 0                        # commands so far
        for line in directives:
            self.p.stdin.write('#@ %s\n' % line)

    def ask(self, line):
        self.n += 1
        try:
            self.p.stdin.write(line + '\n')
            self.p.stdin.flush()
            answer = self.p.stdout.readline()
        except BrokenPipeError:
            answer = ''
        if not answer:
            raise Refused(self.p.stderr.read().strip())
        if answer.startswith('FAIL'):
            raise Aborted(answer.strip())
        return answer.strip()

    def value(self, line):
        return int(self.ask(line).split()[1], 0)

    def close(self):
        """-> [(command, event)]"""
        self.p.communicate()
        events = []
        for line in self.trace:
            n, _, text = line.rstrip('\n').partition(' ')
            events.append((int(n), text))
        self.trace.close()
        return events


class Guest:
    """Tables, queue and device of one machine; runs the words of versions_steps."""

    def __init__(self, machine, sid, tt=0):
        self.m, self.sid, self.tail = machine, sid, 0
        self.ce = (CTX1 if sid >> 8 else CTX0) + 16 * (sid & 255)
        self.normal = L3 | tt << 2 | 1
        self.word(ROOT, CTX0 | 1)
        self.word(ROOT + 16, CTX1 | 1)
        self.op('ce normal 7; l3 0 L2+3; l2 0 L1+3')
        for i in range(16):
            self.word(L1 + 8 * (16 + i), PAGES + 0x1000 * i | 3)

    def word(self, at, val):
        self.m.ask('writeq %#x %#x' % (at, val))

    def iommu_on(self, te=True):
        self.word(REGS + 0x20, ROOT)
        self.m.ask('writel %#x 0x40000000' % (REGS + 0x18))
        self.word(REGS + 0x90, QUEUE)
        self.m.ask('writel %#x 0x04000000' % (REGS + 0x18))
        if te:
            self.op(steps.ON)

    def driver(self):
        """Two virtqueues, then DRIVER_OK. -> device status"""
        for q in (0, 1):
            self.m.ask('writew %#x %d' % (COMMON + 0x16, q))
            self.m.ask('writel %#x %#x' % (COMMON + 0x30, 0x12000 + 0x4000 * q))
            self.m.ask('writel %#x 0' % (COMMON + 0x34))
        self.op('status 15')
        return self.m.value('readb %#x' % (COMMON + 0x14))

    def number(self, text):
        total = None
        for sign, part in re.findall(r'([+^]?)(\w+)', text):
            val = (self.sid if part == 'own' else self.normal if part == 'normal' else
                   NAMES[part] if part in NAMES else int(part, 0))
            total = val if not sign else total + val if sign == '+' else total ^ val
        return total

    def desc(self, lo, hi):
        self.word(QUEUE + 16 * self.tail, lo)
        self.word(QUEUE + 16 * self.tail + 8, hi)
        self.tail = (self.tail + 1) % 256
        self.m.ask('writel %#x %#x' % (REGS + 0x88, self.tail * 16))

    def op(self, text):
        for op in filter(None, (o.split() for o in text.split(';'))):
            self.one(op[0], [self.number(a) for a in op[1:]])

    def one(self, word, a):
        if word == 'psi':
            self.desc(a[2] << 16 | 0x32, a[0] | a[1])
        elif word in ('dsi', 'ccdom'):
            self.desc(a[0] << 16 | (0x22 if word == 'dsi' else 0x21), 0)
        elif word in ('gi', 'ccg'):
            self.desc(0x12 if word == 'gi' else 0x11, 0)
        elif word == 'ccd':                  # the recorded probes leave the domain there
            self.desc(a[1] << 48 | a[0] << 32 | 0x70031, 0)
        elif word == 'dev':
            self.desc(a[0] << 32 | 3, a[1])
        elif word == 'desc':
            self.desc(*a)
        elif word == 'ce':
            self.word(self.ce, a[0])
            self.word(self.ce + 8, a[1] << 8 | 1)
        elif word == 'gcmd':
            self.m.ask('writel %#x %#x' % (REGS + 0x18, a[0]))
        elif word == 'iva':
            self.word(REGS + 0xf0, a[0])
            self.word(REGS + 0xf8, a[1])
        elif word == 'ats':
            self.m.ask('writew %#x %#x' % (ECAM + (self.sid << 12) + 0x106, a[0]))
        elif word == 'status':
            self.m.ask('writeb %#x %d' % (COMMON + 0x14, a[0]))
        else:
            table = {'pte': L1, 'l2': L2, 'l3': L3, 'h': HOLE2, 'h1': HOLE1}[word]
            self.word(table + 8 * a[0], a[1])

    def queue_error(self):
        """After a step: what is said when there was one. The bad descriptor is taken back."""
        fsts = self.m.value('readl %#x' % (REGS + 0x34))
        if not fsts & 0x10:
            return ''
        self.m.ask('writel %#x 0x10' % (REGS + 0x34))
        self.tail = (self.tail - 1) % 256
        return 'IQE, fsts %#x' % fsts


def with_width(props):
    """The width that the tables were made with: 39 where none is given."""
    return props if 'aw-bits' in props else props + ',aw-bits=39'


def abort_word(x):
    return 'EXIT' if 'it exits' in str(x) else 'ABORT'


class Run:
    """Steps over machines: keeps which commands belong to which step until the events are known."""

    def __init__(self):
        self.rows, self.open = [], []

    def step(self, name, machine, first, note):
        self.rows.append([name, None, note])
        self.open.append((self.rows[-1], first, machine.n))

    def events(self, machine, form):
        """Close the machine, fill the answers of its steps."""
        events = machine.close()
        for row, first, last in self.open:
            row[1] = form([text for n, text in events if first < n <= last], row[2])
        self.open = []


# ---- vhost

PIECES_LOW = ((0, 31), (31, 30), (0xc0000000, 29), (0xe0000000, 28), (0xf0000000, 27), (0xf8000000, 26),
              (0xfc000000, 25), (0xfe000000, 23), (0xfe800000, 22), (0xfec00000, 21))


def invalidate(first, size):
    return 'INVALIDATE %#x+%#x' % (first, size)


LOW = [invalidate(0x80000000 if first == 31 else first, 1 << bits) for first, bits in PIECES_LOW]


def high(width):
    return [invalidate(0xfef00000, 1 << 20), invalidate(0xff000000, 1 << 24)] + \
        [invalidate(1 << k, 1 << k) for k in range(32, width)]


def named_pieces(messages):
    """Whole windows by their names, as in the tables."""
    out, i = [], 0
    while i < len(messages):
        for name, pieces in (('LOW', LOW), ('HIGH48', high(48)), ('HIGH39', high(39))):
            if messages[i:i + len(pieces)] == pieces:
                out.append(name)
                i += len(pieces)
                break
        else:
            out.append(messages[i])
            i += 1
    return out


def vhost_form(events, note):
    if note in ('ABORT', 'EXIT'):
        return note
    messages = []
    for text in events:
        m = re.match(r'iotlb_msg (\w+) iova (\w+) size (\w+)(?: perm (\d))?', text)
        if m:
            messages.append('%s %s+%s%s' % (m[1], m[2], m[3], ' p' + m[4] if m[4] else ''))
    if note.startswith('IQE'):
        messages.append(note)
    return ' ; '.join(named_pieces(messages)) or '-'


class Vhost:
    def __init__(self, program, table):
        words = table.setup.split()
        after = dict(zip(words, words[1:]))
        self.program, self.version = program, table.version
        self.iommu = with_width(after.get('--iommu', 'caching-mode=on'))
        self.root = after.get('--where') == 'root'
        self.has_ats = after.get('--ats') == 'on' and not self.root
        self.tt = int(after.get('--tt', 0))
        self.enable, self.before = '--enable-ats' in words, '--before' in words
        self.run = Run()

    def fresh(self, run, before=False):
        """-> guest, or None when QEMU exits at the start"""
        device = 'vhost %s driver%s' % ('00:06.0' if self.root else '01:00.0', ' ats' if self.has_ats else '')
        g = Guest(Machine(self.program, self.version, ['iommu ' + self.iommu, 'edu 04.0', device]),
                  0x30 if self.root else 0x100, self.tt)
        if self.enable:
            g.op('ats 0x8000')
        if not before:
            g.iommu_on()
        first, control = g.m.n, 'untouched'
        try:
            status = g.driver()
            if self.enable:
                control = hex(g.m.value('readw %#x' % (ECAM + (g.sid << 12) + 0x106)))
        except Aborted as x:
            run.step('start', g.m, first, abort_word(x))
            run.events(g.m, vhost_form)
            return None
        run.step('start', g.m, first, 'status %d, ATS control %s' % (status, control))
        if before:
            first = g.m.n
            g.iommu_on()
            run.step('TE on after DRIVER_OK', g.m, first, '')
        return g

    def rows(self):
        run, g = self.run, self.fresh(self.run, self.before)
        if g:
            for name, op in steps.VHOST:
                first = g.m.n
                try:
                    g.op(op)
                    run.step(name, g.m, first, g.queue_error())
                except Aborted as x:
                    run.step(name, g.m, first, abort_word(x))
                    run.events(g.m, vhost_form)
                    g = self.fresh(Run())
                    g.op('gi')
            run.events(g.m, vhost_form)
        return [(name, '%s | %s' % (note, answer) if name == 'start' and answer != 'EXIT' else answer)
                for name, answer, note in run.rows]


# ---- an assigned device

COUNTED = (('levels', 'vtd_page_walk_level '), ('one', 'vtd_page_walk_one '), ('skip_map', 'vtd_page_walk_one_skip_map '))


def vfio_items(events):
    """U and M for each call into the kernel, the unit's sections that come and go."""
    items = []
    for text in events:
        m = re.match(r'vfio_iommu_map_notify iommu (MAP|UNMAP) @ (\w+) - (\w+)', text)
        if m:
            items.append('%s %s+%#x' % (m[1][0], m[2], int(m[3], 0) + 1 - int(m[2], 0)))
        m = re.match(r'vfio_listener_region_(add_iommu|del) .*(0x0 - 0xfedfffff|0xfef00000 - 0xf+)$', text)
        if m:
            items.append('%s %s' % (m[1][:3], m[2].split()[0]))
    return items


def vfio_form(events, want):
    items = vfio_items(events)
    counts = ['%s%d' % (c, sum(i.startswith(c + ' ') for i in items)) for c in 'UM']
    counts += ['%s %d' % (name, sum(e.startswith(event) for e in events)) for name, event in COUNTED]
    counts.append('whole %d' % sum(e.startswith('vtd_as_unmap_whole ') for e in events))
    return cut_items(' '.join(counts), items, want)


def cut_items(counts, items, want):
    """Counts, and of the items as many at both ends as the table shows."""
    shown = want.partition(' | ')[2]
    if ' ... ' in shown:
        head, tail = ([i for i in part.split(' ; ') if i] for part in shown.split(' ... '))
        text = ' ... '.join((' ; '.join(items[:len(head)]), ' ; '.join(items[len(items) - len(tail):])))
    else:
        text = ' ; '.join(items)
    return counts + ' | ' + text


def vfio_todo(table):
    """Steps to do, rows of the table: it may lack the first ones."""
    todo = steps.VFIO_HOLE if any('overlaps the end' in s for s, _ in table.rows) else steps.VFIO
    return todo, table.rows


def vfio_rows(program, table):
    """The steps of the table; what follows an abort is not reached."""
    todo, _ = vfio_todo(table)
    m = Machine(program, table.version, ['iommu caching-mode=on,aw-bits=39', 'edu 04.0', 'vfio 00:05.0'])
    g, run, is_over = Guest(m, 0x28), Run(), False
    g.iommu_on(te=False)
    want = dict(table.rows)
    for name, op in todo:
        first = m.n
        try:
            if not is_over:
                g.op(op)
            note = '(not reached)' if is_over or not op else ''
        except Aborted:
            note, is_over = 'ABORT', True
        if name in want or name != todo[0][0]:
            run.step(name, m, first, note)
    shown = iter(table.rows)

    def form(events, note):
        wanted = next(shown, ('', ''))[1]
        if note == '(not reached)':
            return note
        text = vfio_form(events, wanted)
        return text + ('' if text.endswith('| ') else ' ; ') + note if note else text
    run.events(m, form)
    return [(name, answer) for name, answer, _ in run.rows]


# ---- registers and descriptors

def probe_props(name):
    return 'caching-mode=on' if name.startswith('default aw') else with_width(name)


def hexes(values):
    return ' '.join('%x' % v for v in values)


def probe_events(events, want):
    """Descriptor events, cut where the table is."""
    text = ' ; '.join(e.strip() for e in events if e.startswith('vtd_inv_desc'))
    shown = want.partition(' | ')[2]
    if shown.endswith('...') and text.startswith(shown[:-3]):
        text = shown
    return ' | ' + text if text else ''


def probe_qi(program, version, name, want):
    words = steps.QI.get(name, [0x12, 0, 0, 0])
    is_wide = len(words) == 4
    m = Machine(program, version, ['iommu caching-mode=on,aw-bits=39' + (',scalable-mode=on' if is_wide else '')])
    for i, word in enumerate(words):
        m.ask('writeq %#x %#x' % (QUEUE + 8 * i, word))
    m.ask('writeq %#x %#x' % (REGS + 0x90, QUEUE | (0x800 if is_wide else 0)))
    m.ask('writel %#x 0x04000000' % (REGS + 0x18))
    tail = 0x10 if 'IQT with bit 4' in name else 8 * len(words)
    m.ask('writel %#x %#x' % (REGS + 0x88, tail))
    values = [m.value('readq %#x' % (REGS + 0x80)), m.value('readl %#x' % (REGS + 0x34)),
              m.value('readl %#x' % (REGS + 0x9c)), m.value('readl %#x' % PROBE_STATUS)]
    if 'IQT with bit 4' in name:
        values.append(m.value('readl %#x' % (REGS + 0x88)))
    return hexes(values) + probe_events([e for _, e in m.close()], want)


def probe_cap(program, version, name):
    m = Machine(program, version, ['iommu ' + probe_props(name)])
    reads = [('readl', 0), ('readq', 8), ('readq', 0x10)]
    if not name.startswith('default aw'):
        reads += [('readq', 0xc0), ('readq', 0xd0), ('readl', 0xe0)]
    return hexes(m.value('%s %#x' % (word, REGS + off)) for word, off in reads)


def probe_reg(program, version, name):
    props, commands = steps.REG[name]
    m, values = Machine(program, version, ['iommu ' + with_width(props)]), []
    for command in commands:
        word, off, *val = command.split()
        line = '%s%s %#x %s' % ('write' if word[0] == 'w' else 'read', 'q' if word[1] == '8' else 'l',
                                REGS + int(off, 0), ' '.join(val))
        if word[0] == 'r':
            values.append(m.value(line.strip()))
        else:
            m.ask(line)
    return hexes(values)


def probe_dma(program, version, name):
    props, reads = steps.DMA[name]
    m = Machine(program, version, ['iommu ' + with_width(props), 'edu 04.0'])
    for reg, val in ((0x10, 0xc0000000), (4, 6)):
        m.ask('outl 0xcf8 %#x' % (0x80002000 | reg))
        m.ask('outl 0xcfc %#x' % val)
    g = Guest(m, 0x20)
    g.iommu_on()
    for before, page in reads:
        g.op(before)
        for reg, val in ((0x80, page << 12), (0x88, 0x40000), (0x90, 4), (0x98, 1)):
            m.ask('writeq %#x %#x' % (0xc0000000 + reg, val))
        m.ask('clock_step 100000000')
    return hexes([m.value('readq %#x' % (REGS + 0x228))])


def probe_rows(program, table):
    out = []
    for step, want in table.rows:
        kind, name = step[:3].strip(), step[5:].strip()
        try:
            got = (probe_cap(program, table.version, name) if kind == 'cap' else
                   probe_reg(program, table.version, name) if kind == 'reg' else
                   probe_dma(program, table.version, name) if kind == 'dma' else
                   probe_qi(program, table.version, name, want))
        except Refused:
            got = 'refused'
        except Aborted:
            got = 'ABORT'
        out.append((step, got))
    return out


def rows(program, table):
    """[(step, what the model did)], in the form of versions_read."""
    if table.kind == 'vhost':
        return Vhost(program, table).rows()
    return vfio_rows(program, table) if table.kind == 'vfio' else probe_rows(program, table)
