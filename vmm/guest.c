/*
 * What a guest is to be: the user's options against what its kind of image
 * needs and what this host has.
 */
#include "guest.h"

#include <errno.h>
#include <string.h>

#include "boot/select.h"
#include "cli.h"
#include "core/kvm.h"
#include "core/plan.h"
#include "core/probes.h"
#include "core/services.h"
#include "core/symbols.h"
#include "core/vm.h"
#include "irqchip.h"
#include "device.h"
#include "feature.h"
#include "files.h"
#include "boot_args.h"
#include "loader.h"
#include "platform.h"
#include "terminal/term.h"
#include "util/log.h"
#include "util/size.h"
#include "service/snapshot/restore.h"
#include "view.h"
#include "viewers.h"
#include "words.h"

TABLE_DECLARE(device, device_type);

#define VIRTIO_CONSOLE "virtio-console"

/* Linux's session goes where the last word of that kind says; unless there are
 * words for its first program, which end those for the kernel. */
#define ON_HVC0 " console=hvc0"

#define MIB (1ULL << 20)
#define MEM_STEP \
	(64 * MIB) /* what is more than the default is a round number */

static int bad_fit(const struct image *image, const char *why)
{
	log_error("%s: %s", image->path, why);
	return -EINVAL;
}

/* Whether a --module is meant for guest number @id, and for no other perhaps. */
static bool wants_modules(const struct options *opt, unsigned int id)
{
	for (unsigned int i = 0; i < opt->nr_modules; i++)
		if (opt->nr_images == 1 || opt->modules[i].guest == id + 1)
			return true;
	return false;
}

/* What is for an image that is loaded. */
static int check_restored(const struct options *opt)
{
	const char *option = opt->initrd	? "--initrd" :
			     opt->cmdline	? "--cmdline" :
			     opt->nr_modules	? "--module" :
			     opt->loader_option ? "--loader" :
						  NULL;

	if (opt->load_at != LOAD_AT_USUAL)
		option = "--load-at";
	if (!option)
		return 0;
	log_error("%s: nothing is loaded beside --restore; leave it away",
		  option);
	return -EINVAL;
}

/* Whether guest number @id is to begin in firmware. */
static bool begins_in_firmware(const struct options *opt, unsigned int id)
{
	for (unsigned int i = 0; i < opt->nr_plugged; i++) {
		const struct plugged *plugged = &opt->plugged[i];

		if (plugged->plug->begins &&
		    (!plugged->guest || plugged->guest == id + 1))
			return true;
	}
	return false;
}

/* Whether this kind of guest takes a machine of that kind. */
static int check_machine(const struct options *opt, const struct loader *loader,
			 const struct image *image, unsigned int id)
{
	if (opt->nr_cpus > 1 && !(loader->needs & NEEDS_SMP))
		return bad_fit(image, "this kind of guest has one vCPU; leave "
				      "--smp away");
	if (opt->irqchip && !(loader->needs & NEEDS_IRQCHIP))
		return bad_fit(image, "this kind of guest takes no --irqchip");
	if (begins_in_firmware(opt, id) && !(loader->needs & NEEDS_FIRMWARE))
		return bad_fit(image, "this kind of guest begins without "
				      "--firmware, which starts disks, CDs and "
				      "bzImages");
	return 0;
}

/* Whether what the user asked for suits this kind of guest. */
static int check_options(const struct options *opt, const struct loader *loader,
			 const struct image *image, unsigned int id)
{
	if (opt->mem_size && opt->mem_size < loader->mem_min) {
		log_error("--mem: %s needs more; try --mem %lluM", image->path,
			  ((unsigned long long)loader->mem_min + MIB - 1) /
				  MIB);
		return -EINVAL;
	}
	if (restore_is_on() && check_restored(opt))
		return -EINVAL;
	if (wants_modules(opt, id) && !(loader->needs & NEEDS_MODULES))
		return bad_fit(image, "this kind of guest takes no --module");
	if (opt->nr_images > 1)
		return 0; /* meant for another one, perhaps */
	if (opt->initrd && !(loader->needs & NEEDS_INITRD))
		return bad_fit(image, "this kind of guest takes no --initrd");
	if (opt->cmdline && !(loader->needs & NEEDS_CMDLINE))
		return bad_fit(image, "this kind of guest takes no --cmdline");
	if (opt->load_at != LOAD_AT_USUAL && !(loader->needs & NEEDS_LOAD_AT))
		return bad_fit(image, "this kind of guest takes no --load-at");
	return check_machine(opt, loader, image, id);
}

/* Where the user does not say which. */
static const char *usual_irqchip(const struct kvm *kvm)
{
	return services_want_ports(kvm) ?
		       irqchip_with_ports(kvm, CONFIG_DEFAULT_IRQCHIP) :
		       CONFIG_DEFAULT_IRQCHIP;
}

static int choose_irqchip(const struct options *opt, const struct kvm *kvm,
			  struct vm_config *config)
{
	const char *name = opt->irqchip ? opt->irqchip : usual_irqchip(kvm);
	int err = irqchip_find(kvm, name, &config->irqchip);

	if (err)
		return opt->irqchip ? -EINVAL : err;
	if (!config->irqchip)
		log_info("%s: no interrupt controllers: it stops where it "
			 "waits for an interrupt",
			 config->name);
	if (config->irqchip && config->irqchip->has_apic)
		return 0;
	if (!opt->nr_cpus)
		config->nr_vcpus = 1; /* not as configured, but as it can be */
	if (config->nr_vcpus == 1)
		return 0;
	log_error("--smp: more than one vCPU takes local APICs, and the "
		  "interrupt controllers `%s` have none; leave --smp away",
		  name);
	return -EINVAL;
}

/* Without --mem, more than the default for a kernel and an initrd that fill it. */
static int choose_mem(const struct loader *loader, const struct files *files,
		      struct vm_config *config)
{
	uint64_t wanted =
		loader->mem_wanted ?
			loader->mem_wanted(&files->image, files->initrd.size) :
			0;

	config->mem_size = loader->mem_default;
	if (!config->mem_size &&
	    size_parse(CONFIG_DEFAULT_MEM, &config->mem_size))
		return bad_fit(&files->image, "DEFAULT_MEM of the "
					      "configuration is no size; give "
					      "--mem");
	if (wanted > config->mem_size)
		config->mem_size = (wanted + MEM_STEP - 1) & ~(MEM_STEP - 1);
	return 0;
}

/* Memory and vCPUs; 0 or -EINVAL. */
static int fit_machine(const struct options *opt, const struct kvm *kvm,
		       const struct loader *loader, const struct files *files,
		       struct vm_config *config)
{
	config->mem_size = opt->mem_size;
	if (!config->mem_size && choose_mem(loader, files, config))
		return -EINVAL;
	if (config->nr_vcpus > kvm->max_cpus) {
		log_error("--smp: this host's KVM gives a guest at most %u "
			  "vCPUs",
			  kvm->max_cpus);
		return -EINVAL;
	}
	return 0;
}

static bool has_device(const struct options *opt, const struct plan *plan,
		       const char *name)
{
	const struct device_type *const *row;

	if (plan_has(plan, name))
		return true;
	TABLE_FOREACH(device, row) {
		if (!strcmp((*row)->name, name))
			return !feature_is_out(opt->without, name);
	}
	return false;
}

/* The device that --keys names. */
static const char *keys_device(const char *word)
{
	if (!strcmp(word, "console"))
		return VIRTIO_CONSOLE;
	return strcmp(word, "serial") != 0 ? "i8042" : word;
}

/* Who gets what is typed; 0 or -EINVAL. */
static int choose_keys(const struct options *opt, const struct loader *loader,
		       struct vm_config *config)
{
	const char *name = loader->keys;

	if (opt->keys)
		name = keys_device(opt->keys);
	if (!name || has_device(opt, config->plan, name)) {
		config->keys = name;
		return 0;
	}
	if (!opt->keys)
		return 0; /* another device may do as well */
	log_error("--keys %s: there is no device `%s`; `kvm-vmm --list` shows "
		  "what was built in",
		  opt->keys, name);
	return -EINVAL;
}

/* Of the options that plug something in, those that are @early or not. */
static int plug_in(const struct options *opt, unsigned int id, bool early,
		   struct plan *plan)
{
	int err = 0;

	for (unsigned int i = 0; i < opt->nr_plugged && !err; i++) {
		const struct plugged *plugged = &opt->plugged[i];

		if (plugged->guest && plugged->guest != id + 1)
			continue;
		if (plugged->plug->early != early)
			continue;
		err = plugged->said ?
			      restore_plug(plugged->plug, plan, plugged->arg) :
			      plugged->plug->plug(plan, plugged->arg);
	}
	return err;
}

/* The devices that the options ask for, for this guest; 0 or -errno. */
static int make_plan(const struct options *opt, const struct loader *loader,
		     const struct image *image, struct vm_config *config)
{
	const struct plan_guest guest = { loader, image, opt->without,
					  config->copy };
	struct plan *plan;
	int err;

	if (!opt->nr_plugged && !loader->plug)
		return 0;
	plan = plan_new(&guest);
	if (!plan)
		return -ENOMEM;
	config->plan = plan;
	err = plug_in(opt, config->id, true, plan);
	if (!err && loader->plug)
		err = loader->plug(plan, image);
	if (!err)
		err = plug_in(opt, config->id, false, plan);
	config->symbols = plan->symbols;
	return err ? err : plan_settle(plan);
}

void guest_unconfigure(struct vm_config *config)
{
	words_free(config);
	plan_free(config->plan);
	config->plan = NULL;
}

static int configure(const struct options *opt, const struct kvm *kvm,
		     const struct loader *loader, const struct files *files,
		     struct vm_config *config)
{
	int err = fit_machine(opt, kvm, loader, files, config);

	if (!err)
		err = make_plan(opt, loader, &files->image, config);
	if (!err)
		err = choose_keys(opt, loader, config);
	if (err || !(loader->needs & NEEDS_IRQCHIP))
		return err;
	return choose_irqchip(opt, kvm, config);
}

int guest_configure(const struct options *opt, const struct kvm *kvm,
		    const struct loader *loader, const struct files *files,
		    struct vm_config *config)
{
	unsigned int cpus = opt->nr_cpus ? opt->nr_cpus : CONFIG_DEFAULT_CPUS;
	int err = check_options(opt, loader, &files->image, config->id);

	if (err)
		return err;
	config->loader = loader;
	config->copy = restore_copy();
	config->nr_guests = opt->nr_images;
	config->nr_vcpus = loader->needs & NEEDS_SMP ? cpus : 1;
	config->hlt_ends = loader->needs & NEEDS_HLT_ENDS;
	config->max_exits = opt->max_exits ? opt->max_exits : UINT64_MAX;
	config->max_output = opt->max_output ? opt->max_output : UINT64_MAX;
	config->without = opt->without;
	config->keys_chosen = opt->keys;
	config->screen_keys = !opt->keys;
	config->quiet_keys = loader->needs & NEEDS_BIOS;
	config->by_serial = loader->needs & NEEDS_SERIAL;
	err = configure(opt, kvm, loader, files, config);
	if (!err)
		err = words_make(opt, config);
	if (err)
		guest_unconfigure(config);
	return err;
}

static const char *usual_cmdline(const struct vm *vm)
{
	static const char words[] = CONFIG_DEFAULT_CMDLINE;

	return plan_has(vm->config.plan, VIRTIO_CONSOLE) &&
			       !strstr(words, "--") ?
		       CONFIG_DEFAULT_CMDLINE ON_HVC0 :
		       words;
}

/* What has to be there before the guest goes on, beside what it remembers. */
static int restore(struct vm *vm)
{
	const struct platform platform = platform_of(vm);
	int err;

	vm_attach_symbols(vm);
	platform_wire(vm, &platform);
	err = restore_vm(vm);
	if (err || !(vm->config.loader->needs & NEEDS_SMP))
		return err;
	if (vm->files)
		return platform_tell_again(vm, &platform);
	platform_write_again(vm, &platform, &vm->mem);
	return 0;
}

/* A kind that begins by itself may have another that firmware begins. */
static const struct loader *loader_for(const struct options *opt,
				       const struct image *image,
				       unsigned int id)
{
	const struct loader *loader =
		loader_select(image, opt->loader_option, opt->without);
	const struct loader *other = NULL;

	if (loader && loader->with_firmware && begins_in_firmware(opt, id) &&
	    !feature_is_out(opt->without, loader->with_firmware))
		other = loader_find(loader->with_firmware);
	return other ? other : loader;
}

const struct loader *guest_loader(const struct options *opt,
				  const struct image *image, unsigned int id)
{
	const struct loader *loader;

	if (!restore_is_on())
		return loader_for(opt, image, id);
	loader = loader_find(restore_loader());
	if (!loader)
		log_error("%s: it was loaded by `%s`, which this kvm-vmm has "
			  "not; restore it with the one that saved it",
			  image->path, restore_loader());
	return loader;
}

int guest_load(const struct options *opt, const struct loader *loader,
	       const struct files *files, struct vm *vm, struct cpu_state *cpu)
{
	const struct irqchip *chip = vm->config.irqchip;
	const struct platform platform = platform_of(vm);
	struct boot_args args = {
		.cmdline = opt->cmdline,
		.plan_words = plan_words(vm->config.plan),
		.usual_cmdline = usual_cmdline(vm),
		.nr_cpus = vm->config.nr_vcpus,
		.chips_in_kernel = chip && chip->has_apic && !chip->models,
		.initrd = files->initrd.data ? &files->initrd : NULL,
		.modules = files->modules,
		.nr_modules = files->nr_modules,
		.windows = platform.windows,
		.nr_windows = platform.nr_windows,
		.load_at = opt->load_at,
		.has_text = platform_has(&platform, PLATFORM_VGA),
		.watched = platform_has(&platform, PLATFORM_VGA) &&
			   (probes_look() || view_is_wanted(opt->display) ||
			    viewers_are_wanted()),
		.framebuffer = platform_has(&platform, PLATFORM_VGA) ?
				       plan_framebuffer(vm->config.plan) :
				       NULL,
		.without = opt->without,
	};
	int err;

	if (loader->needs & NEEDS_FIRMWARE) {
		err = platform_tell(vm, &platform);
		if (err)
			return err;
		args.files = vm->files;
	}
	if (restore_is_on())
		return restore(vm);
	if (loader->needs & NEEDS_SMP)
		args.rsdp = platform_rsdp(vm, &platform);
	/* Several guests share the screen, and none has all of it. */
	if (opt->nr_images == 1)
		term_size(&args.columns, &args.lines);
	log_info("%s: %s: %s", vm->config.name, loader->name, loader->what);
	vm_attach_symbols(vm);
	platform_wire(vm, &platform);
	if (loader->needs & NEEDS_BIOS && chip)
		chip->as_bios(vm);
	/* Only for who may look: it lies in low RAM, where others have data. A
	 * loader finds it there, and keeps its image clear of it. */
	if (loader->needs & NEEDS_SMP && !vm->files)
		platform_write(vm, &platform);
	err = loader->load(&files->image, &args, &vm->mem, cpu);
	if (!err)
		err = files_check(files);
	return err;
}
