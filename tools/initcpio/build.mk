# initcpio, the tool that writes and checks an initramfs: a host program.

INITCPIO_OBJS := $(patsubst %.c,$(B)/%.o,$(wildcard tools/initcpio/*.c))
INITCPIO_LIST := $(call remember,$(B)/host/objects,objects: $(INITCPIO_OBJS))
INITCPIO_SAN  := $(patsubst $(B)/%,$(B)/san/%,$(INITCPIO_OBJS))

$(B)/host/initcpio: $(INITCPIO_OBJS) $(INITCPIO_LIST)
	$(say) LD initcpio
	$(Q)mkdir -p $(@D)
	$(Q)$(HOST_CC) $(CFLAGS) -o $@ $(INITCPIO_OBJS) $(LDFLAGS) -larchive -lz

$(B)/san/host/initcpio: $(INITCPIO_SAN) $(INITCPIO_LIST)
	$(say) LD-SAN initcpio
	$(Q)mkdir -p $(@D)
	$(Q)$(HOST_CC) $(CFLAGS) $(SAN_FLAGS) -o $@ $(INITCPIO_SAN) $(LDFLAGS) \
		-larchive -lz

include $(call deps-of,$(INITCPIO_OBJS) $(INITCPIO_SAN))
