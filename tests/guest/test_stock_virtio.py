#!/usr/bin/python3
# timeout: 1200
"""All devices of virtio at once, on the PCI bus, under stock kernels: Debian's, with
the drivers of the same packages. The kernel for clouds has no 9p.
"""

import hashlib
import re

import stock
import vm
from vm import tap

LIMIT = 400         # seconds for a boot on a busy machine
SIZE = 4 << 20      # of a disk
TEXT = "".join(f"{n:06d}{57 * chr(33 + n % 90)}\n"
               for n in range(1600)).encode()     # 100 KiB, 64 a line
PLUGS = ("disk", "net", "console", "rng", "balloon", "share")
LEASE = r"10\.0\.2\.15 10\.0\.2\.2 10\.0\.2\.3"

# What is done with each in the guest; the answers are stock.LIBRARY's.
LIBRARY = stock.LIBRARY + f"""
load {' '.join(stock.os.path.basename(name) for name in
              stock.MODULES + stock.VIRTIO)}
b mkdir /s
disk() {{
	echo "@disk $(b md5sum </dev/vda)"
	b dd if=/dev/vda of=/dev/vdb bs=64k conv=fsync 2>/dev/null
}}
share() {{
	b mount -t 9p -o trans=virtio,version=9p2000.L,msize=131072 share /s
	echo "@share $(b md5sum </s/file)"
	b cp /dev/vda /s/copy
	b umount /s
}}
net() {{
	b ip link set eth0 up
	b udhcpc -i eth0 -n -q -s /judge/lease >/dev/null 2>&1
	echo "@lease $(b cat /lease)"
}}
console() {{
	exec 3<>/dev/hvc0
	b stty -echo <&3
	echo >&3
	sum=$(b head -c {len(TEXT)} <&3 | b md5sum)
	echo "@console $sum" >&3
}}
rng() {{
	echo "@rng $(b dd if=/dev/hwrng bs=16 count=4 2>/dev/null | b wc -c)"
}}
balloon() {{
	until b grep -q 'balloon_inflate 4096' /proc/vmstat; do b sleep 1; done
	echo "@balloon given"
}}
"""
LEASED = """\
#!/judge/busybox sh
[ "$1" != bound ] || echo "$ip $router $dns" >/lease
"""
# What the host has around it, and what is there at the end.
AROUND = f"""
cd "$(mktemp -d)"
seq 1000000 2>/dev/null | head -c {SIZE} >disk
truncate -s {SIZE} copy
mkdir share
cp disk share/file
"$@"
status=$?
echo "@copies $(cat disk | md5sum) $(cat copy | md5sum) $(cat share/copy 2>/dev/null | md5sum)"
exit "$status"
"""
DISK = "".join(f"{n}\n" for n in range(1, 1000001)).encode()[:SIZE]
OPTIONS = {"disk": ("--disk", "disk,ro", "--disk", "copy"),
           "share": ("--share", "share"), "net": ("--net", "user"),
           "console": ("--console", "--keys", "console"), "rng": ("--rng",),
           "balloon": ("--balloon=16M",)}


def sum_of(data):
    return hashlib.md5(data).hexdigest()


def answers(result):
    text = result.out.decode("utf-8", "replace").replace("\r", "")
    return dict(re.findall(r"(?m)^@(\w+) (.*)$", text))


BATCH = vm.Table()


def boot(name, smp, plugs):
    """A row: a kernel with these devices, and what became of each."""
    modules = stock.MODULES + tuple(item for item in stock.VIRTIO
                                    if "share" in plugs or
                                    not item.startswith(stock.NINEP))

    def make(_place):
        run = "; ".join(plugs + ["off"])
        return vm.Command(
            "sh", "-c", AROUND, "sh", vm.KVM_VMM, "--timeout", LIMIT,
            "--virtio", "pci", stock.kernel(name), "--initrd",
            stock.initramfs(name, modules, LIBRARY,
                            (("lease", LEASED),)),
            "--mem", "256M", "--smp", smp,
            *(word for plug in plugs for word in OPTIONS[plug]), "--cmdline",
            f'console=ttyS0 quiet run=". /judge/lib; {run}"', stdin=TEXT,
            limit=LIMIT + 10)

    def judge(result):
        result.must(vm.OK if vm.has_feature("acpi") else vm.HALTED)
        found = answers(result)
        wanted = {"disk": sum_of(DISK), "share": sum_of(DISK),
                  "console": sum_of(TEXT), "rng": "64", "balloon": "given"}
        for plug in plugs:
            if plug in wanted:
                tap.equal(found.get(plug, "").split()[:1], [wanted[plug]], plug)
        copies = found["copies"].split()[::2]
        if "disk" in plugs:
            tap.equal(copies[:2], 2 * [sum_of(DISK)], "disks afterwards")
        if "share" in plugs:
            tap.equal(copies[2], sum_of(DISK), "what was written to the share")
        if "net" in plugs:
            tap.check(re.fullmatch(LEASE, found.get("lease", "")),
                      found.get("lease"), "is no lease:", result.out[-1000:])

    BATCH.add(f"{name} kernel, {smp} vCPU: {', '.join(plugs)}", make, judge)


def built(plug):
    if plug == "net":
        return vm.has_feature("user", "net")
    return vm.has_feature(plug, "plug")


PLACES = vm.places("linux", "initramfs.cpio*")
HAVE = [plug for plug in PLUGS if built(plug)]
if HAVE and vm.has_feature("pci", "virtio"):
    boot("cloud", 2, [plug for plug in HAVE if plug != "share"])
    boot("686", 1, HAVE)
    BATCH.add_cases(*PLACES)
else:
    tap.add("devices of virtio", vm.skip, "not configured")
tap.main()
