/*
 * context.c
 *	  Making and switching stacks.
 */
#include "context.h"

#include <stdint.h>

#ifdef BOLT_OWN_CONTEXT

/*
 * Saves the registers that a call keeps on the stack that it leaves, and the place of that; takes those of
 * the other one. A new stack looks as if it had been left in front of bolt__context_begin, which
 * calls one of these registers with another one as its argument.
 */
extern void bolt__context_swap(void **left, void *entered) __attribute__((visibility("hidden")));
extern void bolt__context_begin(void) __attribute__((visibility("hidden")));

#if defined(__x86_64__)
#define REGISTERS 8
enum
{
	FLOATING_POINT = 0, /* mxcsr and the x87 control word */
	ENTRY = 3,			/* r13 */
	ARGUMENT = 4,		/* r12 */
	RETURN = 7
};

__asm__(".text\n"
		".globl bolt__context_swap\n"
		".hidden bolt__context_swap\n"
		".type bolt__context_swap, @function\n"
		"bolt__context_swap:\n"
		"	pushq %rbp\n"
		"	pushq %rbx\n"
		"	pushq %r12\n"
		"	pushq %r13\n"
		"	pushq %r14\n"
		"	pushq %r15\n"
		"	subq $8, %rsp\n"
		"	stmxcsr (%rsp)\n"
		"	fnstcw 4(%rsp)\n"
		"	movq %rsp, (%rdi)\n"
		"	movq %rsi, %rsp\n"
		"	ldmxcsr (%rsp)\n"
		"	fldcw 4(%rsp)\n"
		"	addq $8, %rsp\n"
		"	popq %r15\n"
		"	popq %r14\n"
		"	popq %r13\n"
		"	popq %r12\n"
		"	popq %rbx\n"
		"	popq %rbp\n"
		"	ret\n"
		".size bolt__context_swap, . - bolt__context_swap\n"
		".globl bolt__context_begin\n"
		".hidden bolt__context_begin\n"
		".type bolt__context_begin, @function\n"
		"bolt__context_begin:\n"
		"	.cfi_startproc\n"
		"	.cfi_undefined rip\n" /* the end of a backtrace */
		"	movq %r12, %rdi\n"
		"	callq *%r13\n"
		"	ud2\n"
		"	.cfi_endproc\n"
		".size bolt__context_begin, . - bolt__context_begin\n");

static void
set_floating_point(void **registers)
{
	uint32_t words[2] = {0, 0};

	__asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(words[0]), "=m"(words[1]));
	registers[FLOATING_POINT] = (void *) ((uintptr_t) words[1] << 32 | words[0]);
}

#elif defined(__aarch64__)
#define REGISTERS 20
enum
{
	ARGUMENT = 0, /* x19 */
	ENTRY = 1,	  /* x20 */
	RETURN = 11	  /* x30 */
};

__asm__(".text\n"
		".globl bolt__context_swap\n"
		".hidden bolt__context_swap\n"
		".type bolt__context_swap, %function\n"
		"bolt__context_swap:\n"
		"	sub sp, sp, #160\n"
		"	stp x19, x20, [sp]\n"
		"	stp x21, x22, [sp, #16]\n"
		"	stp x23, x24, [sp, #32]\n"
		"	stp x25, x26, [sp, #48]\n"
		"	stp x27, x28, [sp, #64]\n"
		"	stp x29, x30, [sp, #80]\n"
		"	stp d8, d9, [sp, #96]\n"
		"	stp d10, d11, [sp, #112]\n"
		"	stp d12, d13, [sp, #128]\n"
		"	stp d14, d15, [sp, #144]\n"
		"	mov x9, sp\n"
		"	str x9, [x0]\n"
		"	mov sp, x1\n"
		"	ldp x19, x20, [sp]\n"
		"	ldp x21, x22, [sp, #16]\n"
		"	ldp x23, x24, [sp, #32]\n"
		"	ldp x25, x26, [sp, #48]\n"
		"	ldp x27, x28, [sp, #64]\n"
		"	ldp x29, x30, [sp, #80]\n"
		"	ldp d8, d9, [sp, #96]\n"
		"	ldp d10, d11, [sp, #112]\n"
		"	ldp d12, d13, [sp, #128]\n"
		"	ldp d14, d15, [sp, #144]\n"
		"	add sp, sp, #160\n"
		"	ret\n"
		".size bolt__context_swap, . - bolt__context_swap\n"
		".globl bolt__context_begin\n"
		".hidden bolt__context_begin\n"
		".type bolt__context_begin, %function\n"
		"bolt__context_begin:\n"
		"	.cfi_startproc\n"
		"	.cfi_undefined x30\n" /* the end of a backtrace */
		"	mov x0, x19\n"
		"	blr x20\n"
		"	brk #1\n"
		"	.cfi_endproc\n"
		".size bolt__context_begin, . - bolt__context_begin\n");

static void
set_floating_point(void **registers)
{
	(void) registers; /* its control register belongs to the thread */
}

#else
#error "BOLT_OWN_CONTEXT is for x86-64 and AArch64"
#endif

void
bolt__context_make(bolt__context *context, char *memory, size_t size, void (*entry)(void *), void *arg)
{
	uintptr_t top = ((uintptr_t) memory + size) & ~(uintptr_t) 15;
	void **registers = (void **) (top - REGISTERS * sizeof(void *));

	for (int i = 0; i < REGISTERS; i++)
		registers[i] = NULL;
	set_floating_point(registers);
	registers[ENTRY] = (void *) (uintptr_t) entry;
	registers[ARGUMENT] = arg;
	registers[RETURN] = (void *) (uintptr_t) bolt__context_begin;
	context->stack = registers;
}

void
bolt__context_switch(bolt__context *from, bolt__context *to)
{
	bolt__context_swap(&from->stack, to->stack);
}

#else /* ucontext */

/* makecontext hands over ints. */
static void
begin(unsigned int entry_high, unsigned int entry_low, unsigned int arg_high, unsigned int arg_low)
{
	uintptr_t entry = (uintptr_t) entry_high << 16 << 16 | (uintptr_t) entry_low;
	uintptr_t arg = (uintptr_t) arg_high << 16 << 16 | (uintptr_t) arg_low;

	((void (*)(void *)) entry)((void *) arg);
}

/* In a file of its own, since getcontext may be taken to return twice. */
void
bolt__context_make(bolt__context *context, char *memory, size_t size, void (*entry)(void *), void *arg)
{
	uintptr_t entry_address = (uintptr_t) entry;
	uintptr_t arg_address = (uintptr_t) arg;

	getcontext(context);
	context->uc_stack.ss_sp = memory;
	context->uc_stack.ss_size = size;
	context->uc_link = NULL;
	makecontext(context, (void (*)(void)) begin, 4, (unsigned int) (entry_address >> 16 >> 16),
				(unsigned int) entry_address, (unsigned int) (arg_address >> 16 >> 16),
				(unsigned int) arg_address);
}

void
bolt__context_switch(bolt__context *from, bolt__context *to)
{
	swapcontext(from, to);
}

#endif
