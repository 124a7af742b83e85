/* No services: what stands in when none is configured. */
#include "abi/exit_status.h"
#include "core/services.h"
#include "core/vm.h"
#include "core/vcpu.h"

void services_add(const struct service *service)
{
	(void)service;
}

const char *services_option(void)
{
	return NULL;
}

int services_open(const char *const *images, unsigned int nr_images)
{
	(void)images;
	(void)nr_images;
	return 0;
}

void services_close(void)
{
}

void services_answer(void)
{
}

void services_attend(struct vcpu *vcpu)
{
	(void)vcpu;
}

int services_start(struct vm *vms, unsigned int nr_vms)
{
	(void)vms;
	(void)nr_vms;
	return 0;
}

int services_stop(void)
{
	return STATUS_OK;
}

bool services_go_first(int bell)
{
	(void)bell;
	return false;
}

bool services_talk(void)
{
	return false;
}

size_t services_keys(const uint8_t *buf, size_t len)
{
	(void)buf;
	(void)len;
	return 0;
}

/* Nobody has asked KVM for it. */
enum exit_action services_debug(struct vcpu *vcpu)
{
	vm_stop(vcpu->vm, STATUS_FAILED,
		"VM exit for a debugger, and there is none");
	return EXIT_STOP;
}

bool services_exit(struct vcpu *vcpu)
{
	(void)vcpu;
	return false;
}

bool services_want_ports(const struct kvm *kvm)
{
	(void)kvm;
	return false;
}

void services_halted(struct vcpu *vcpu)
{
	(void)vcpu;
}

bool services_keep(struct vm *vm)
{
	(void)vm;
	return false;
}

bool services_let_save(struct vm *vm)
{
	(void)vm;
	return true;
}

void services_save_over(struct vm *vm)
{
	(void)vm;
}

void services_ended(struct vm *vm)
{
	(void)vm;
}

bool services_save(struct vm *vm)
{
	(void)vm;
	return false;
}
