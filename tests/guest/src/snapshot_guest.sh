# What the guests of snapshotlab.py do, again and again, while they are saved and
# restored: compute, print, sleep, write to the second disk and look at what is
# there. Each line that begins with @ is for the lab; the first that ends in `bad`
# says what went wrong. When a line comes from the console, it is over.
set -u

sum()
{
	md5sum | cut -d' ' -f1
}

want=$(seq 1 2000 | sum)

# One CPU's work, beside the rest.
compute()
{
	while [ ! -e /tmp/over ]; do
		[ "$(seq 1 2000 | sum)" = "$want" ] || echo "@compute $1 bad"
	done
}

# write NUMBER: other bytes to another place each time, past the cache
write()
{
	seq "$1" $(($1 + 9000)) >/tmp/data
	dd if=/tmp/data of=/dev/vdb bs=4k seek=$(($1 % 8 * 16)) count=8 \
		conv=fsync 2>/dev/null
	echo 1 >/proc/sys/vm/drop_caches
	dd if=/dev/vdb bs=4k skip=$(($1 % 8 * 16)) count=8 2>/dev/null | sum \
		>/tmp/back
	dd if=/tmp/data bs=4k count=8 2>/dev/null | sum >/tmp/was
	read -r back </tmp/back
	read -r was </tmp/was
	[ "$back" = "$was" ] || echo "@disk $1 $was $back bad"
}

cpus=$(grep -c ^processor /proc/cpuinfo)
cpu=1
while [ "$cpu" -lt "$cpus" ]; do
	compute "$cpu" &
	cpu=$((cpu + 1))
done
exec 3<&0 # what is in the background has no other stdin
(
	read -r _ <&3
	: >/tmp/over
) &

line=0 up=0
while [ ! -e /tmp/over ] || [ "$line" -lt 12 ]; do
	line=$((line + 1))
	[ "$(seq 1 2000 | sum)" = "$want" ] || echo "@sum $line bad"
	[ $((line % 4)) != 0 ] || [ ! -b /dev/vdb ] || write "$line"
	sleep 0.02
	IFS=' .' read -r seconds parts _ </proc/uptime
	now=$((seconds * 100 + 1$parts - 100))
	[ "$now" -ge "$up" ] || echo "@uptime $line $up $now bad"
	up=$now
	echo "@line $line"
done
wait
# A host whose TSC stops in deep sleep, as the lab's, has none that guests trust.
dmesg | grep -E '[Ss]talls|stuck|lockup|unstable|BUG|WARNING|blocked for|backwards|timed out|[Ee]rror|fault at|Call Trace|[Ss]purious|nobody cared|not responding|skew|took too long' |
	grep -v 'TSC unstable due to TSCs unsynchronized' |
	sed 's/^/@dmesg /; s/$/ bad/'
dmesg | sed 's/^/@log /'
echo "@wall $(date +%s)"
echo "@cpus $cpus"
exit 0
