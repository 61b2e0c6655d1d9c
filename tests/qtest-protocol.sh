#!/bin/sh
# The protocol's replies, byte for byte: each line is a command, `|', and the answer. Answers that begin with OK,
# ERR or Unknown were compared with QEMU 7.2.22; where FAIL is answered, with some reason, QEMU aborts; the board goes on.
set -eu
program=${top_builddir:-.}/dmachurn
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cat > "$tmp/table" <<'TABLE'
readl 0xfed90000|OK 0x0000000000000010
writeq 0xfed90038 0|FAIL
readl 0xfed90038|OK 0x0000000080000000
writeq 0xfed900a0 0|FAIL
writeq 0xfed900a8 0|FAIL
write 0xfed90030 16 0x00000000000000000000000000000000|FAIL
read 0x1000 0|FAIL
write 0x2000 4 0x12|OK
write 0x2000 4 0x1|OK
read 0x2000 4|OK 0x00000000
writeq 0x2000 0x1122334455667788|OK
b64read 0x2000 6|OK iHdmVUQz
b64write 0x2000 3 AAEC|OK
read 0x2000 4|OK 0x00010255
write 0x2000 4 |ERR invalid argument size
write 0x2000 4  0x1234|ERR invalid argument size
write 0x2000 4|FAIL
write  0x2000 4 0x12|FAIL
b64write 0x2000 1 AA|ERR invalid argument size
b64write 0x2000 1 |ERR invalid argument size
b64write 0x2000 1|FAIL
b64write 0x2000 0 AAEC|OK
memset 0x2000 8 0x55|OK
b64write 0x2000 4 AAEC|OK
read 0x2000 8|OK 0x0001024355555555
b64write 0x2000 3 A!A-E_C|OK
read 0x2000 4|OK 0x00010243
b64write 0x2000 3 AAE|OK
read 0x2000 4|OK 0x41414543
b64write 0x2000 3 ====|OK
read 0x2000 4|OK 0x003d3d43
b64write 0x2000 3 /w==//8=|OK
read 0x2000 4|OK 0xffffff43
b64write 0x2000 6 AA==/////|OK
read 0x2000 8|OK 0x00ffffff2f2f5555
b64write 0x2000 4 A=Bw|OK
read 0x2000 4|OK 0x00007077
writeq 0x2000 0x1122334455020100|OK
memset 0x2000 0 0x55|OK
memset 0x2000 2 0x155|OK
readw 0x2000|OK 0x0000000000005555
nonsense 1 2|FAIL Unknown command 'nonsense'
readq|FAIL
readq  0x2000|FAIL
|FAIL
readq 0x2000 |OK 0x1122334455025555
inw 0xcfc|OK 0xffff
inl 0x10000|FAIL
outl 0xcf8 0x80002000|OK
inl 0xcfc|OK 0x11e81234
inl 0xcf8|OK 0x80002000
endianness|OK little
clock_step 5|OK 5
clock_step 07|OK 12
readb -1|OK 0x0000000000000000
read 0xffffffee 8|OK 0xf4f4ea00ff00f0f4
readw 0xfee00030|OK 0x0000000000000000
writeq 0x400000 0x500000035|OK
writeq 0x400008 0x600000|OK
writeq 0xfed90090 0x400000|OK
writel 0xfed90018 0x4000000|OK
writel 0xfed90088 0x10|FAIL
readq 0xfed90080|OK 0x0000000000000000
readl 0xfed90034|OK 0x0000000000000000
outl 0xcf8 0x80002010|OK
outl 0xcfc 0xc0000000|OK
outl 0xcf8 0x80002004|OK
outl 0xcfc 6|OK
readl 0xc0000000|OK 0x00000000010000ed
readq 0xc0000000|OK 0xffffffffffffffff
readw 0xc0000080|OK 0x0000000000000000
readl 0xc0000084|OK 0x00000000ffffffff
writel 0xc0000004 5|OK
readl 0xc0000004|OK 0x00000000fffffffa
writeq 0xc0000080 0x1000|OK
writeq 0xc0000088 0x40000|OK
writeq 0xc0000090 0|OK
writeq 0xc0000098 1|OK
clock_step 100000000|FAIL
readq 0xc0000098|OK 0x0000000000000000
TABLE
{ echo '#@ iommu caching-mode=on'; echo '#@ edu 04.0'; sed 's/|.*//' "$tmp/table"; } > "$tmp/script"
sed 's/^[^|]*|//' "$tmp/table" > "$tmp/want"
# The reason why QEMU would abort is for people.
answers() {
	sed '/Unknown/!s/^FAIL ..*/FAIL/' > "$tmp/got"
	diff -u "$tmp/want" "$tmp/got"
}

"$program" qtest < "$tmp/script" | answers

# The same over a unix socket.
command -v python3 >/dev/null || exit 0
"$program" qtest --socket "$tmp/socket" &
server=$!
python3 - "$tmp" > "$tmp/raw" <<'PYTHON'
import socket, sys, time
s = socket.socket(socket.AF_UNIX)
for _ in range(500):
    try:
        s.connect(sys.argv[1] + '/socket')
        break
    except OSError:
        time.sleep(0.01)
s.sendall(open(sys.argv[1] + '/script', 'rb').read())
s.shutdown(socket.SHUT_WR)
while True:
    data = s.recv(65536)
    if not data:
        break
    sys.stdout.write(data.decode())
PYTHON
wait "$server"
answers < "$tmp/raw"
[ ! -e "$tmp/socket" ] || { echo 'the socket was left behind'; exit 1; }
