"""Makes the namespaces that it was started in a place of their own, and keeps them until its standard input ends.

`namespace_keeper.py HOSTS ADDRESS KEY-FILE`, with the key on the first line of the input. It needs no program but
`mount`, so that a small system will do.
"""

import fcntl
import socket
import struct
import subprocess
import sys
from pathlib import Path

# netdevice(7)
SIOCGIFFLAGS, SIOCSIFFLAGS, SIOCSIFADDR, IFF_UP = 0x8913, 0x8914, 0x8916, 0x1


def main(hosts, address, key_file):
    bring_up_loopback()
    give_loopback(address)
    mount("--bind", hosts, "/etc/hosts")
    key_file = Path(key_file)
    # A file system that only these namespaces see, over the nearest folder that is there.
    mount("-t", "tmpfs", "tmpfs", str(next(folder for folder in key_file.parents if folder.is_dir())))
    key_file.parent.mkdir(parents=True, exist_ok=True)
    key_file.write_text(sys.stdin.readline().strip())
    print("ready", flush=True)
    sys.stdin.read()


def bring_up_loopback():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        answer = fcntl.ioctl(control, SIOCGIFFLAGS, struct.pack("16sh14x", b"lo", 0))
        (flags,) = struct.unpack("16xh14x", answer)
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))


def give_loopback(address):
    """One more address, under the name of an alias."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        own = struct.pack("16sHH4s8x", b"lo:1", socket.AF_INET, 0, socket.inet_aton(address))
        fcntl.ioctl(control, SIOCSIFADDR, own)


def mount(*arguments):
    subprocess.run(["mount", *arguments], check=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
