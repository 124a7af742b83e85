# What the guests of disklab.py do: guest.sh WHAT TOOLS, where TOOLS is where the
# disk with this script and its programs is mounted.
set -u
unset CDPATH
what=$1 tools=$2

sum()
{
	md5sum | cut -d' ' -f1
}

# tool WORDS...: a program of the disk's, which sees /dev
tool()
{
	LD_PRELOAD=${preload:-} chroot "$tools" "$@"
}

names()
{
	for disk in /sys/block/vd?; do
		echo "${disk##*/}:$(cat "$disk/size"):$(cat "$disk/ro"):$(
			ls "$disk/mq" | wc -l
		):$(tr ' ' _ <"$disk/serial")"
	done
}

# tree DIR: 1,000 files of all sizes up to some KB, and their sums
tree()
{
	mkdir "$1"
	cd "$1" || return
	text=0123456789abcdef
	for i in 0 1 2 3 4 5 6 7 8 9; do
		mkdir "$i"
		for k in 0 1 2 3 4 5 6 7 8 9; do
			text=$text$i$k
			for m in 0 1 2 3 4 5 6 7 8 9; do
				echo "$m$text$text$text$m" >"$i/$k$m"
			done
		done
	done
	md5sum ?/* >SUMS
	cd /
}

large()
{
	echo "@names" $(names)
	dd if=/dev/zero of=/dev/vdf bs=512 count=1 2>/dev/null
	echo "@readonly $?"

	preload=/shm.so
	tool fio --name=v --filename=/dev/vda --direct=1 --ioengine=libaio \
		--iodepth=16 --rw=randrw --bsrange=512-32k --size=2m \
		--verify=crc32c --verify_fatal=1 --thread >/tmp/fio 2>&1
	echo "@fio $? $(tail -n 1 /tmp/fio)"
	preload=
	tool mke2fs -q -F -t ext4 /dev/vda
	mkdir /m
	mount -t ext4 /dev/vda /m
	tree /m/tree
	echo "@sums $(sum </m/tree/SUMS)"
	umount /m

	blkdiscard -o 2097152 -l 6291456 /dev/vdb
	echo "@zeroes $(dd if=/dev/vdb bs=1M skip=7 2>/dev/null | tr -d '\000' |
		wc -c) $(dd if=/dev/vdb bs=1M skip=2 count=1 2>/dev/null |
		tr -d '\000' | wc -c)"

	dd if=/dev/urandom of=/dev/vdc bs=64k count=16 conv=fsync 2>/dev/null
	echo "@nbd $(dd if=/dev/vdc bs=1M count=1 2>/dev/null | sum)"

	for disk in vdd vde; do
		printf 'a change that is smaller than a cluster' |
			dd of=/dev/$disk bs=1 seek=1000 2>/dev/null
		yes change | head -c 100000 |
			dd of=/dev/$disk bs=512 seek=777 conv=fsync 2>/dev/null
		echo last | dd of=/dev/$disk bs=512 seek=8192 2>/dev/null
	done
	sync
	echo "@layer $(sum </dev/vdd)"
	echo "@forgotten $(sum </dev/vde)"
}

# The disk is larger than the room for it; what was there is not lost.
room()
{
	dd if=/dev/urandom of=/dev/vda bs=64k count=64 oflag=direct 2>/dev/null
	status=$?
	dd if=/dev/vda of=/dev/null bs=4k count=1 iflag=direct 2>/dev/null
	echo "@room $status $?"
}

# What was read before can be read no more; another disk can.
shrunk()
{
	dd if=/dev/vda of=/dev/null bs=64k iflag=direct 2>/dev/null
	echo "@ready"
	while dd if=/dev/vda of=/dev/null bs=64k skip=16 count=1 iflag=direct \
		2>/dev/null; do :; done
	dd if=/dev/vdb of=/dev/null bs=4k count=1 iflag=direct 2>/dev/null
	echo "@shrunk $?"
}

records()
{
	mkdir /m
	mount -t ext4 /dev/vda /m
	i=0
	while echo "record $i" >"/m/$i" && fsync "/m/$i"; do
		echo "@record $i"
		i=$((i + 1))
	done
}

look()
{
	mkdir /m
	mount -t ext4 /dev/vda /m
	i=0 wrong=0
	while [ -e "/m/$i" ]; do
		[ "$(cat "/m/$i")" = "record $i" ] || wrong="$wrong $i"
		i=$((i + 1))
	done
	# The one that was being written may be there without a word in it.
	[ "$wrong" != "0 $((i - 1))" ] || wrong=0
	echo "@wrong $wrong"
	[ -s "/m/$((i - 1))" ] || i=$((i - 1))
	echo "@last $((i - 1))"
	umount /m
	umount /disk 2>/dev/null # where the initramfs has mounted it, too
	tool e2fsck -fn /dev/vda >/dev/null 2>&1
	echo "@fsck $?"
}

mount -o bind /dev "$tools/dev"
case $what in
large | room | shrunk | records | look) "$what" ;;
layer) echo "@layer $(sum </dev/vda)" ;;
esac
umount "$tools/dev"
