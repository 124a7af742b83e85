/* Names for a guest's addresses: see core/symbols.h. */
#include "core/symbols.h"

#include <fcntl.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/vm.h"
#include "util/symbols.h"
#include "util/text.h"
#include "x86/bits.h"

#define NAME_SHOWN 80 /* characters; those of C++ and Rust have no end */

struct vm_symbols {
	int fd;		 /* opened while files still may be */
	struct stat was; /* the file, when the guest was made */
	pthread_mutex_t lock;
	bool tried; /* guarded by lock, as is: */
	struct symbols *symbols;
};

/* Nothing that has to be waited for, or that reading changes. */
static int open_regular(const char *path)
{
	struct stat st;

	if (!path || stat(path, &st) || !S_ISREG(st.st_mode))
		return -1;
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

/* No memory, no file: no names, and nothing else amiss. */
void vm_attach_symbols(struct vm *vm)
{
	const struct vm_config *config = &vm->config;
	struct vm_symbols *symbols = calloc(1, sizeof(*symbols));

	if (!symbols)
		return;
	symbols->fd =
		open_regular(config->symbols ? config->symbols : config->image);
	if (symbols->fd < 0 || fstat(symbols->fd, &symbols->was)) {
		if (symbols->fd >= 0)
			close(symbols->fd);
		free(symbols);
		return;
	}
	pthread_mutex_init(&symbols->lock, NULL);
	vm->symbols = symbols;
}

void vm_detach_symbols(struct vm *vm)
{
	if (!vm->symbols)
		return;
	symbols_close(vm->symbols->symbols);
	close(vm->symbols->fd);
	pthread_mutex_destroy(&vm->symbols->lock);
	free(vm->symbols);
	vm->symbols = NULL;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* One that was built anew meanwhile has other addresses. */
static struct symbols *read_same(const struct vm_symbols *symbols)
{
	struct stat st;

	if (fstat(symbols->fd, &st) || !is_same(&st, &symbols->was))
		return NULL;
	return symbols_read(symbols->fd);
}

const struct symbols *vm_symbols(const struct vm *vm)
{
	struct vm_symbols *symbols = vm ? vm->symbols : NULL;

	if (!symbols)
		return NULL;
	pthread_mutex_lock(&symbols->lock);
	if (!symbols->tried)
		symbols->symbols = read_same(symbols);
	symbols->tried = true;
	pthread_mutex_unlock(&symbols->lock);
	return symbols->symbols;
}

bool vm_find_symbol(const struct vm *vm, uint64_t addr, const char **name,
		    uint64_t *off)
{
	return symbols_find(vm_symbols(vm), addr, name, off);
}

bool vm_find_loaded_symbol(const struct vm *vm, uint64_t gpa, const char **name,
			   uint64_t *off)
{
	return symbols_find_loaded(vm_symbols(vm), gpa, name, off);
}

bool vm_symbol_value(const struct vm *vm, const char *name, uint64_t *addr)
{
	return symbols_value(vm_symbols(vm), name, addr);
}

static bool add_linked(struct text *text, const struct symbols *symbols,
		       uint64_t addr)
{
	const char *name;
	uint64_t off;

	if (!symbols_find(symbols, addr, &name, &off))
		return false;
	text_add(text, " <%.*s", NAME_SHOWN, name);
	text_add(text, off ? "+0x%llx>" : ">", (unsigned long long)off);
	return true;
}

static void add_loaded(struct text *text, const struct symbols *symbols,
		       uint64_t addr)
{
	const char *name;
	uint64_t off;

	if (!symbols_find_loaded(symbols, addr, &name, &off))
		return;
	text_add(text, " <%.*s+0x%llx, as loaded>", NAME_SHOWN, name,
		 (unsigned long long)off);
}

void vm_add_symbol(struct text *text, const struct vm *vm, uint64_t addr)
{
	const struct symbols *symbols = vm_symbols(vm);

	if (!add_linked(text, symbols, addr))
		add_loaded(text, symbols, addr);
}

void vm_add_code_symbol(struct text *text, const struct vm *vm,
			const struct kvm_regs *regs,
			const struct kvm_sregs *sregs)
{
	const bool is_64bit = sregs->efer & EFER_LMA && sregs->cs.l;
	const uint64_t addr = is_64bit ? regs->rip :
					 (uint32_t)(sregs->cs.base + regs->rip);

	if (sregs->cr0 & CR0_PE && sregs->ss.dpl == 3)
		add_linked(text, vm_symbols(vm), addr);
	else
		vm_add_symbol(text, vm, addr);
}
