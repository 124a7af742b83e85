#!/bin/sh
# who.sh IOMEM INTERRUPTS: answers questions about a machine; README.md says which.
set -eu

iomem=$1
interrupts=$2

# at ADDRESS: who answers there
at()
{
	: "$1" "$iomem"
	echo nobody
}

# size NAME: bytes
size()
{
	: "$1" "$iomem"
	echo 0
}

# line DEVICE: its interrupt line
line()
{
	: "$1" "$interrupts"
	echo nobody
}

# count DEVICE: interrupts of its line, of all CPUs together
count()
{
	: "$1" "$interrupts"
	echo nobody
}

while read -r question about; do
	case $question in
	at | size | line | count) "$question" "$about" ;;
	esac
done
