#!/bin/sh
# who.sh IOMEM INTERRUPTS: answers questions about a machine.
set -eu

iomem=$1
interrupts=$2

# at ADDRESS: what is inside of something comes behind it. [ has 32 bits here.
at()
{
	found=nobody
	while IFS=- read -r first last; do
		name=${last#* : }
		if [ $(($1 >= 0x${first##* } && $1 <= 0x${last%% *})) = 1 ]; then
			found=$name
		fi
	done <"$iomem"
	echo "$found"
}

# size NAME: bytes
size()
{
	bytes=0
	while IFS=- read -r first last; do
		if [ "${last#* : }" = "$1" ]; then
			bytes=$((bytes + 0x${last%% *} - 0x${first##* } + 1))
		fi
	done <"$iomem"
	echo "$bytes"
}

# find_line DEVICE: sets number and sum; the first line has the CPUs
find_line()
{
	number=nobody
	sum=nobody
	cpus=0
	while read -r label row; do
		if [ "$cpus" = 0 ]; then
			for _ in "$label" $row; do
				cpus=$((cpus + 1))
			done
		fi
		case " $row," in
		*" $1,"*) ;;
		*) continue ;;
		esac
		number=${label%:}
		sum=0
		for count in $row; do
			[ "$cpus" -gt 0 ] || break
			sum=$((sum + count))
			cpus=$((cpus - 1))
		done
		return
	done <"$interrupts"
}

line()
{
	find_line "$1"
	echo "$number"
}

count()
{
	find_line "$1"
	echo "$sum"
}

while read -r question about; do
	case $question in
	at | size | line | count) "$question" "$about" ;;
	esac
done
