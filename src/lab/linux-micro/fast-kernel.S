# Entered in 32-bit protected mode at 0x100000 with %esi = boot_params (Linux boot protocol, "32-bit boot protocol").
# Turns on long mode with the identity map that fast-kernel.ts placed at 0x101000 and jumps to the kernel's 64-bit entry,
# whose address lies at offset 0x40.
	.code32
	.org 0
	cli
	cld
	movl	%cr4, %eax
	orl	$0x20, %eax
	movl	%eax, %cr4
	movl	$0x101000, %eax
	movl	%eax, %cr3
	movl	$0xc0000080, %ecx
	rdmsr
	btsl	$8, %eax
	wrmsr
	lgdt	0x100050
	movl	%cr0, %eax
	orl	$0x80000001, %eax
	movl	%eax, %cr0
	ljmp	$0x10, $0x100080

	.org 0x40
	.long	0, 0

	.org 0x50
	.word	31
	.long	0x100060
	.word	0

	.org 0x60
	.quad	0
	.quad	0
	.quad	0x00af9a000000ffff
	.quad	0x00cf92000000ffff

	.code64
	.org 0x80
	movl	$0x18, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs
	movl	%esi, %esi
	movl	0x100040, %eax
	jmp	*%rax
