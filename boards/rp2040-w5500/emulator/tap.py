"""A TAP device bridged to standard input and output; each frame follows its length in two bytes. tap.py NAME ADDRESS/BITS"""

import fcntl
import os
import select
import signal
import struct
import subprocess
import sys

TUNSETIFF = 0x400454CA
IFF_TAP_WITHOUT_HEADER = 0x1002

name, address = sys.argv[1:3]
tap = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TAP_WITHOUT_HEADER))
subprocess.check_call(["ip", "addr", "add", address, "dev", name])
subprocess.check_call(["ip", "link", "set", name, "up"])

# Who presses Ctrl-C means all of it, which ends without a word of this one.
signal.signal(signal.SIGINT, signal.SIG_IGN)
rest = b""
while True:
    ready, _, _ = select.select([tap, sys.stdin.fileno()], [], [])
    if tap in ready:
        frame = os.read(tap, 2048)
        try:
            os.write(sys.stdout.fileno(), struct.pack(">H", len(frame)) + frame)
        except BrokenPipeError:
            break
    if sys.stdin.fileno() in ready:
        data = os.read(sys.stdin.fileno(), 65536)
        if not data:
            break
        rest += data
        while len(rest) >= 2 and len(rest) >= 2 + struct.unpack(">H", rest[:2])[0]:
            length = struct.unpack(">H", rest[:2])[0]
            os.write(tap, rest[2 : 2 + length])
            rest = rest[2 + length :]
