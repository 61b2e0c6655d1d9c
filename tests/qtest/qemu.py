# SPDX-License-Identifier: GPL-3.0-or-later
"""qemu - one script on one real QEMU behind its qtest socket.

Debian's build lacks the qtest accelerator, so the machine runs TCG with `-icount sleep=off' and a firmware that
halts: virtual time leaps from timer to timer. clock_step is answered here, once edu's RUN bit has fallen. Commands
between two DMAs are sent in one go; with events each is waited for, so that the trace lines belong to it.
"""
import os
import re
import select
import socket
import subprocess
import tempfile
import time

import layout as L
from events import normal
from script import commands, directives, is_dma_start, number

STEP = 'clock_step 100000000'
MACHINE = ('-machine', 'q35', '-m', '512M', '-nodefaults', '-display', 'none', '-no-user-config')
PREFIX = re.compile(r'^\d+@\d+\.\d+:')      # of trace lines up to 5.2
LIMIT_S = 120.0            # for one answer; a busy machine is slow
SEND_MAX = 200              # commands in flight; the answers of so many fit into the socket


class Gone(Exception):
    """The program closed its end."""


class Hung(Exception):
    """No answer in time."""


def firmware():
    """64 KiB: cli, an NMI vector that returns, rsm for the SMM entry, halt for ever."""
    image = bytearray(b'\xf4' * 65536)
    for at, code in ((0xff00, 'fa31c08ed0bc00108ed8'        # cli; ss = ds = 0; sp = 0x1000
                              'c706080080ffc7060a0000f0'    # vector 2 = f000:ff80
                              'b800308ed8c70600800faa'      # 3000:8000 = rsm
                              'f4ebfd'),                    # hlt; jmp hlt
                     (0xff80, 'cf'), (0xfff0, 'ea00ff00f0')):
        code = bytes.fromhex(code)
        image[at:at + len(code)] = code
    return bytes(image)


class Lines:
    """Answer lines from a file descriptor."""

    def __init__(self, rfd, wfd, limit_s):
        self.rfd, self.wfd, self.limit_s = rfd, wfd, limit_s
        self.buf = b''

    def send(self, cmds):
        data = ''.join(c + '\n' for c in cmds).encode()
        try:
            while data:
                data = data[os.write(self.wfd, data):]
        except (BrokenPipeError, ConnectionResetError):
            raise Gone()

    def line(self):
        while True:
            text, nl, rest = self.buf.partition(b'\n')
            if nl:
                self.buf = rest
                if not text.startswith(b'IRQ '):
                    return text.decode('latin1')
                continue
            if not select.select([self.rfd], [], [], self.limit_s)[0]:
                raise Hung()
            try:
                data = os.read(self.rfd, 1 << 18)
            except ConnectionResetError:
                data = b''
            if not data:
                raise Gone()
            self.buf += data

    def ask(self, cmd):
        self.send([cmd])
        return self.line()


class Qemu(Lines):
    """A QEMU with an intel-iommu and edu devices, started and waiting."""

    def __init__(self, iommu, edus, binary='qemu-system-x86_64', trace=False, limit_s=LIMIT_S):
        self.tmp = tempfile.mkdtemp(prefix='dmachurn-qemu.')
        sock, fw = os.path.join(self.tmp, 's'), os.path.join(self.tmp, 'fw')
        self.log = os.path.join(self.tmp, 'log')
        with open(fw, 'wb') as f:
            f.write(firmware())
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(sock)
        listener.listen(1)
        listener.settimeout(limit_s)
        cmd = [binary, *MACHINE, '-bios', fw, '-accel', 'tcg', '-icount', 'shift=0,sleep=off',
               '-device', 'intel-iommu' + (',' + iommu if iommu else '')]
        slots = [e.split('.')[0] for e in edus]
        for e in edus:
            many = slots.count(e.split('.')[0]) > 1 and e.endswith('.0')
            cmd += ['-device', 'edu,addr=%s,dma_mask=0xffffffffffffffff%s'
                    % (e, ',multifunction=on' if many else '')]
        if trace:
            cmd += ['-trace', 'vtd_*']
        cmd += ['-qtest', 'unix:' + sock, '-qtest-log', 'none']
        with open(self.log, 'wb') as log:
            self.proc = subprocess.Popen(cmd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log)
        try:
            self.conn, _ = listener.accept()
        except socket.timeout:
            self.proc.kill()
            self.proc.wait()
            with open(self.log) as f:
                raise Gone('QEMU did not start: ' + f.read()[-500:])
        finally:
            listener.close()
        super().__init__(self.conn.fileno(), self.conn.fileno(), limit_s)
        self.log_fd = os.open(self.log, os.O_RDONLY)
        self.log_rest = b''
        self.clock_ns = 0
        t0 = time.monotonic()
        while self.ask('read 0x38000 2') != 'OK 0x0faa':        # the firmware has halted
            if time.monotonic() - t0 > limit_s:
                raise Hung()
        self.traced()

    def traced(self):
        """Trace lines since the last call."""
        data = self.log_rest
        while True:
            more = os.read(self.log_fd, 1 << 20)
            if not more:
                break
            data += more
        *full, self.log_rest = data.split(b'\n')
        lines = [PREFIX.sub('', x.decode('latin1').rstrip()) for x in full]
        return [x for x in lines if re.match(r'(vtd|x86_iommu)_', x)
                and not x.startswith(('vtd_reg_read ', 'vtd_reg_write '))]

    def step(self, cmd, edu):
        """Answer a clock_step; edu: command register of the DMA under way, or None."""
        if edu is not None:
            t0 = time.monotonic()
            while number(self.ask('readq 0x%x' % edu).split()[1]) & 1:
                if time.monotonic() - t0 > self.limit_s:
                    raise Hung()
        self.clock_ns += number(cmd.split()[1])
        return 'OK %d' % self.clock_ns

    def close(self):
        self.conn.close()
        if self.proc.poll() is None:
            self.proc.kill()
        code = self.proc.wait()
        os.close(self.log_fd)
        for name in os.listdir(self.tmp):
            os.unlink(os.path.join(self.tmp, name))
        os.rmdir(self.tmp)
        return code


def batches(cmds):
    """Part commands at DMA starts and clock_steps: yields (commands, edu or None, is a clock_step)."""
    run, edu = [], None
    for i, cmd in enumerate(cmds):
        if cmd.startswith('clock_step'):
            if run:
                yield run, None, False
            yield [cmd], edu, True
            run, edu = [], None
            continue
        run.append(cmd)
        edu = is_dma_start(cmd)
        if edu is not None and (i + 1 == len(cmds) or cmds[i + 1] != STEP):
            raise ValueError('a DMA start must be followed by ' + STEP + ': ' + cmd)
        if edu is not None or len(run) >= SEND_MAX:
            yield run, None, False
            run = []
    if run:
        yield run, None, False


def run(lines, events=False, binary='qemu-system-x86_64', limit_s=LIMIT_S):
    """Run a script. -> (status, answers, [(command number, event)]); status is 'ok' or says what happened."""
    d = directives(lines)
    answers, seen, status, late = [], [], 'ok', []
    q = Qemu(d.get('iommu', ''), d.get('edu', '04.0').split(), binary, events, limit_s)
    try:
        for cmds, edu, is_step in batches(commands(lines)):
            if is_step:
                answers.append(q.step(cmds[0], edu))
                if events:
                    seen += [(len(answers), x) for x in normal(late + q.traced())]
                    late = []
            elif events:
                for cmd in cmds:
                    answers.append(q.ask(cmd))
                    late = q.traced()
                    if is_dma_start(cmd) is None:
                        seen += [(len(answers), x) for x in normal(late)]
                        late = []
            else:
                q.send(cmds)
                answers += [q.line() for _ in cmds]
    except Gone:
        try:
            q.proc.wait(5)
        except subprocess.TimeoutExpired:
            pass
        status = 'ended'
    except Hung:
        status = 'hung'
    code = q.close()
    if status != 'ok':
        status = '%s at command %d (exit %s)' % (status, len(answers) + 1, code)
    return status, answers, seen


def version(binary='qemu-system-x86_64'):
    """'7.2.22', or None if there is no such program."""
    try:
        text = subprocess.run([binary, '--version'], capture_output=True, text=True).stdout
    except OSError:
        return None
    found = re.search(r'version (\S+)', text)
    return found.group(1) if found else None
