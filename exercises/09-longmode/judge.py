"""The way to long mode, and a product that only 64-bit code can make."""

KIND = "real16"
LEVEL = 5
FILES = ["long.S"]

ENTERING = "SDM 3A, \"Initializing IA-32e Mode\""
CRASHES = "docs/debugging.md, and what kvm-vmm says about the crash"
# 64-bit code; in 16 or 32 bits its first bytes are other instructions.
ARRIVE = """\
	.code64
arrived:
	mov	$0xe9, %edx
	mov	$'>', %al
	out	%al, %dx
	movabs	${a:#x}, %rax
	movabs	${b:#x}, %r15
	imul	%r15, %rax
	mov	%rax, %r14
	mov	$16, %r13d
1:	rol	$4, %r14
	mov	%r14d, %eax
	and	$15, %eax
	cmp	$10, %eax
	jb	2f
	add	$'a' - '0' - 10, %eax
2:	add	$'0', %eax
	out	%al, %dx
	dec	%r13d
	jnz	1b
	mov	$0xc0000080, %ecx
	rdmsr
	shr	$10, %eax
	and	$1, %eax
	add	$'0', %eax
	mov	$0xe9, %edx
	out	%al, %dx
	hlt
"""


def factors(rnd):
    return rnd.getrandbits(62) | 1 << 62, rnd.getrandbits(62) | 1 << 61


def given(rnd):
    one, other = factors(rnd)
    return {"arrive.inc": ARRIVE.format(a=one, b=other)}


def judge(rnd, run):
    one, other = factors(rnd)
    product = f"{one * other & (1 << 64) - 1:016x}".encode()
    return [
        ("no triple fault", run.status != 71,
         "From the first instruction to the last no fault may come: there is "
         "nobody yet to handle one. The guest crashed "
         f"{'behind' if b'>' in run.out else 'before'} the first output of "
         f"arrived. Read: {CRASHES}."),
        ("it arrives", run.out[:1] == b">",
         "The far jump must lead to arrived, in a code segment; nothing was "
         f"printed there. Read: {ENTERING}, the steps in their order."),
        ("64-bit code", run.out[1:17] == product,
         "The segment that arrived is entered in must be one of 64-bit code: the "
         f"product must be {product.decode()}, and the output was "
         f"{run.out[1:17]!r}. Read: SDM 3A, \"Segment Descriptors\", L and D."),
        ("long mode is active", run.out[17:] == b"1" and run.status == 0,
         "EFER.LMA must be 1 in the end, and the guest halt; the output ends "
         f"{run.out[17:30]!r}, the status was {run.status}. Read: {ENTERING}."),
    ]
