# What the guests of snapvirtiolab.py do while they are saved and restored: read and
# write files that stay open on a share, check what they have written to a disk, past
# the cache, and fetch from the host by its network. The share is mounted here.
# A line that begins with @ is for the lab; one that ends in `bad` says what went
# wrong. It is over when the host has made the file `over`.
set -u
unset CDPATH

sum()
{
	md5sum | cut -d' ' -f1
}

# disk NUMBER: other bytes to another place each time, several requests at once
disk()
{
	seq "$1" $(($1 + 20000)) | head -c 65536 >/tmp/data
	dd if=/tmp/data of=/dev/vda bs=64k seek=$(($1 % 16)) oflag=direct \
		conv=notrunc 2>/dev/null
	dd if=/dev/vda bs=4k skip=$(($1 % 16 * 16)) count=16 iflag=direct \
		2>/dev/null | cmp -s - /tmp/data || echo "@disk $1 bad"
}

# Between two others: no request for which the cable was pulled is lost for good.
fetch()
{
	for try in 1 2 3 4 5 6 7 8; do
		got=$(timeout 5 wget -q -O - http://10.0.2.2:7080/ 2>/dev/null | sum)
		[ "$got" != "$served" ] || return
		sleep 1
	done
	echo "@net $1 bad"
}

served=$(cat served)
fetch 0
before=$(cat /sys/class/net/eth0/carrier_changes)
exec 3>>written 4<lines 5<gone 6<removed
rm removed
number=1
while [ ! -e over ]; do
	disk $number
	fetch $number
	read -r line <&4
	[ "$line" = "line $number" ] || echo "@read $number $line bad"
	echo "$number" >&3 || echo "@write $number bad"
	echo "@round $number"
	number=$((number + 1))
done
# Those that were there no longer, and nothing else.
cat <&5 >/dev/null 2>&1 && echo "@gone bad"
cat <&6 >/dev/null 2>&1 && echo "@removed bad"
# The cable is out until this kernel has seen that, and then in: however late that is.
until [ $(($(cat /sys/class/net/eth0/carrier_changes) - before)) -ge 2 ]; do
	sleep 1
done
echo "@carrier $(($(cat /sys/class/net/eth0/carrier_changes) - before))"
dmesg | grep -i -E 'i/o error|stalls|lockup|warning:|bug:|timed out' | sed 's/^/@dmesg /;s/$/ bad/'
echo "@over $number"
cd /
sync
poweroff
