# seccomp: the program that makes the sandbox' filters of vmm/sandbox/calls.h.

SECCOMP_H := $(B)/vmm/sandbox/filters.h $(B)/vmm/sandbox/filters_san.h

# Not by the compiler, and for the C library, of whatever asks for it.
$(B)/host/seccomp $(B)/tools/seccomp/seccomp.o: HOST_CC := $(HOST_CC)
$(B)/host/seccomp $(B)/tools/seccomp/seccomp.o: EXTRA :=

$(B)/host/seccomp: $(B)/tools/seccomp/seccomp.o
	$(say) LD seccomp
	$(Q)mkdir -p $(@D)
	$(Q)$(HOST_CC) $(CFLAGS) -o $@ $< $(LDFLAGS) -lseccomp

# The table by name as well: a tree that was copied has the filters and not the program,
# which make takes for no reason to make them.
$(SECCOMP_H): $(B)/host/seccomp $(wildcard tools/seccomp/*.[ch] vmm/sandbox/*.h)
	$(say) SECCOMP $@
	$(Q)mkdir -p $(@D)
	$(Q)$< $(if $(findstring _san,$@),san) >$@.tmp
	$(Q)mv $@.tmp $@

$(addsuffix /vmm/sandbox/filter.o,$(B) $(B)/san $(B)/fuzz): $(SECCOMP_H)
cflags-vmm/sandbox/filter := -I$(B)/vmm/sandbox

include $(call deps-of,$(B)/tools/seccomp/seccomp.o)
