"""The way to long mode, and a product that only 64-bit code can make."""

KIND = "real16"
LEVEL = 5
FILES = ["long.S"]

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
         {"here": "behind" if b">" in run.out else "before"}),
        ("it arrives", run.out[:1] == b">", {}),
        ("64-bit code", run.out[1:17] == product,
         {"product": product.decode(), "have": run.out[1:17]}),
        ("long mode is active", run.out[17:] == b"1" and run.status == 0,
         {"have": run.out[17:30], "status": run.status}),
    ]
