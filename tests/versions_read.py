# SPDX-License-Identifier: GPL-3.0-or-later
"""versions_read - the recorded tables of other versions, from their folder or from one small file.

A table is (name, kind, version, set-up, rows); a row is (step, what QEMU did), in one form for both sides:
  vhost   "INVALIDATE 0x10000+0x1000 ; ...", "ABORT", "EXIT", "-"; LOW, HIGH39, HIGH48 name the pieces of a window
  probe   "IQH FSTS ICS STATUS | events" or register values; "ABORT", "refused"
  vfio    "U1 M0 levels 3 one 1 skip_map 0 whole 0 | U 0x14000+0x1000"
"""
import collections
import os
import re

Table = collections.namedtuple('Table', 'name kind version setup rows')
# Texts that QEMU prints to people: not modelled.
CUT = 200                   # the probe kept so much of the events
MESSAGE = re.compile(r'^\S+: ')


def release(name):
    return re.match(r'\d+\.\d+', name).group()


def vhost_answer(text):
    if text.startswith('QEMU DIED'):
        return 'ABORT' if 'Assertion' in text else 'EXIT'
    return text


def read_vhost(path, version, name):
    with open(path) as f:
        lines = f.read().splitlines()
    setup = lines[0].split('vhost_probe.py ')[1]
    rows = []
    for line in lines[1:]:
        step, answer = line[:43].rstrip(), vhost_answer(line[43:].strip())
        if step.startswith('start: '):
            step, answer = 'start', '%s | %s' % (step[7:], answer)
        rows.append((step, answer))
    return Table(name, 'vhost', version, setup, rows)


def probe_answer(text):
    if text.startswith('refused'):
        return 'refused'
    if text.startswith('CRASH'):
        return 'ABORT'
    values, _, events = text.partition(' |')
    events = [e for e in (events + ('...' if len(events) >= CUT else '')).strip().split(' ; ')
              if e and not MESSAGE.match(e)]
    return values + (' | ' + ' ; '.join(events) if events else '')


def read_probe(path, version, name):
    rows = []
    with open(path) as f:
        for line in f:
            rows.append((line[:66].strip(), probe_answer(line[66:].strip())))
    return Table(name, 'probe', version, '', rows)


def vfio_answer(text):
    """Regions of RAM depend on the machine and are left out; those of the unit stay."""
    if text == '(not reached)':
        return text
    counts, _, shown = (text + ' ').partition(' | ')
    shown = shown.strip()
    counts = counts.replace('walks(', '').replace(')', '').replace(',', '')
    out = []
    for part in shown.split(' ... '):
        keep = []
        for item in part.split(' ; '):
            sections = re.search(r'region_(add|del) (?:\[iommu\] )?(?:vtd\S+ )?(0x0 - 0xfedfffff|0xfef00000)', item)
            if not item.startswith('['):
                keep += [item] if item else []
            elif sections and ('[iommu]' in item or 'region_del 0x' in item):
                keep.append('%s %s' % (sections.group(1), sections.group(2).split()[0]))
        out.append(' ; '.join(keep))
    return counts + ' | ' + ' ... '.join(out)


def read_vfio(path, name):
    """One table for each version in the file."""
    tables, step = {}, None
    with open(path) as f:
        for line in f:
            if line.startswith('## '):
                if line.startswith('## 1 ') and tables:      # the file has two runs
                    yield from tables.values()
                    tables = {}
                step = line.split(' ', 2)[2].strip()
                continue
            version, answer = line.split(None, 1)
            version = release(version)
            t = tables.setdefault(version, Table(name, 'vfio', version, '', []))
            t.rows.append((step, vfio_answer(answer.strip())))
    yield from tables.values()


def read_folder(folder):
    """All tables below a folder; vhost tables that stand in no version's folder are of 7.2."""
    for here, dirs, files in os.walk(folder):
        dirs.sort()
        for file in sorted(files):
            path = os.path.join(here, file)
            name = os.path.relpath(path, folder)
            found = re.findall(r'(?:^|/)(\d+\.\d+)[.\-]', os.path.join(os.path.basename(os.path.abspath(folder)), name))
            version = found[0] if found else '7.2'
            if not file.endswith('.txt'):
                continue
            if file.startswith('vfio-map-notifier'):
                yield from read_vfio(path, name)
            elif file.endswith('directed-probes.txt'):
                yield read_probe(path, version, name)
            elif os.path.basename(here) == 'vhost':
                yield read_vhost(path, version, name)


# ---- one small file: each step once, each answer once, with the tables that have it

def fold(tables):
    """Text of all tables: "table N KIND VERSION | SET-UP | NAME", "step NAME", "N-N,N,... ANSWER"."""
    out, groups = [], []
    for i, t in enumerate(tables):
        out.append('table %d %s %s | %s | %s' % (i, t.kind, t.version, t.setup, t.name))
        steps = [s for s, _ in t.rows]
        for known, members in groups:
            n = min(len(known), len(steps))
            if known[:n] == steps[:n]:
                known[n:] = known[n:] or steps[n:]
                members.append((i, t))
                break
        else:
            groups.append((steps, [(i, t)]))
    for steps, members in groups:
        out.append('steps')
        for k, step in enumerate(steps):
            answers = collections.OrderedDict()
            for i, t in members:
                if k < len(t.rows):
                    answers.setdefault(t.rows[k][1], []).append(i)
            out.append('step ' + step)
            for answer, who in answers.items():
                out.append('%s %s' % (spans(who), answer))
    return '\n'.join(out) + '\n'


def spans(numbers):
    out, first = [], None
    for i, n in enumerate(numbers):
        first = n if first is None else first
        if i + 1 == len(numbers) or numbers[i + 1] != n + 1:
            out.append('%d' % n if n == first else '%d-%d' % (first, n))
            first = None
    return ','.join(out)


def numbers(text):
    for part in text.split(','):
        first, _, last = part.partition('-')
        yield from range(int(first), int(last or first) + 1)


def read_folded(path):
    tables, step = [], None
    with open(path) as f:
        for line in f:
            line = line.rstrip('\n')
            if line.startswith('#'):
                continue
            word, _, rest = line.partition(' ')
            if word == 'table':
                head, setup, name = rest.split(' | ')
                _, kind, version = head.split()
                tables.append(Table(name, kind, version, setup, []))
            elif word == 'step':
                step = rest
            elif line != 'steps':
                for n in numbers(word):
                    tables[n].rows.append((step, rest))
    return tables


def read(path):
    return list(read_folder(path)) if os.path.isdir(path) else read_folded(path)
