/*
 * Where a PC's parts are, as far as more than one file must agree on it: a
 * device answers there, and firmware tells the guest so. In C and, by way of the
 * preprocessor, in ASL.
 */
#ifndef MKVM_PC_H
#define MKVM_PC_H

/* ACPI's fixed registers (ACPI "Fixed Hardware Registers"), by a tradition of
 * emulated PCs: system software that reads no tables writes to 0x604. */
#define PC_PM1_EVT 0x600 /* PM1_STS, then PM1_EN */
#define PC_PM1_CNT 0x604
#define PC_PM_TMR  0x608
#define PC_GPE0	   0x60c /* GPE0_STS, then GPE0_EN, of a byte each */
#define PC_PM_LEN  14
#define PC_PM_HZ   3579545
#define PC_S5_TYP  0 /* SLP_TYP that is power off */

#define PC_GPE_GENERATION 5 /* general purpose event: another generation */

#define PC_SCI_IRQ 9 /* a level, active high */

#define PC_RST_CNT     0xcf9
#define PC_RST_CNT_VAL 0x06 /* a hard reset */

#define PC_IOAPIC_GPA 0xfec00000
#define PC_LAPIC_GPA  0xfee00000

/* PCI: configuration mechanism #1 and ECAM of bus 0, windows for BARs, and
 * where INTA# of device 0 goes (platform_intx() in include/firmware.h). */
#define PC_PCI_CONFIG	 0xcf8
#define PC_PCI_OLD_LAST	 0xcf7 /* ports below that */
#define PC_ECAM_GPA	 0xe0000000
#define PC_ECAM_LEN	 0x00100000
#define PC_PCI_MEM1	 0xc0000000
#define PC_PCI_MEM1_LEN	 0x20000000
#define PC_PCI_MEM1_LAST 0xdfffffff
#define PC_PCI_MEM2	 0xe0100000
#define PC_PCI_MEM2_LEN	 0x1cf00000
#define PC_PCI_MEM2_LAST 0xfcffffff
#define PC_PCI_ROM_LAST	 0xfebfffff /* of that, where firmware has put BARs */
#define PC_PCI_IO	 0xc000
#define PC_PCI_IO_LEN	 0x4000
#define PC_PCI_IO_LAST	 0xffff
#define PC_PCI_INTX_GSI	 16 /* 16 to 19: levels, active low */
#define PC_PCI_INTX_LINE 10 /* 10 or 11, by way of the 8259s */

/* The screen's linear framebuffer, where it is no function of PCI: once the Bochs
 * VBE interface at these ports has it enabled. */
#define PC_LFB_GPA   0xfd000000
#define PC_LFB_LEN   0x01000000
#define PC_VBE_INDEX 0x1ce
#define PC_VBE_DATA  0x1cf

/* Spare slots, the last on the bus, and the registers of what is in them
 * (pci/hotplug.c). Spare slot n has general purpose event n, from 0. */
#define PC_PCI_SPARE	      28
#define PC_PCI_SPARES	      4
#define PC_PCI_SPARE_PORT     0xae00
#define PC_PCI_SPARE_PORT_LEN 4

/* Windows of virtio over MMIO, one behind the other: below the I/O APIC. Firmware puts
 * BARs from there on down (SeaBIOS, src/fw/pciinit.c), and so where it is, windows are
 * between the I/O APIC and the local ones. */
#define PC_WINDOWS_GPA	   0xfeb00000
#define PC_WINDOW_LEN	   0x1000
#define PC_WINDOWS_LEN	   0x100000
#define PC_WINDOWS_ROM_GPA 0xfed80000
#define PC_WINDOWS_ROM_LEN 0x80000

/* The ROM below 4 GiB: bytes of a file with firmware, whole segments; KVM has pages of
 * its own from there on down (core/vm.c). */
#define PC_ROM_STEP 0x10000
#define PC_ROM_MAX  0x40000

/*
 * The end of low RAM, to 1 MiB, where firmware leaves what guests that know
 * firmware look for: the last KiB below 640 KiB, the extended BIOS data area,
 * and tables where a PC has its BIOS.
 */
#define MEM_FIRMWARE_START	0x9fc00
#define MEM_EBDA_END		0xa0000
#define MEM_RSDP		0xe0000 /* ACPI's root pointer, its tables */
#define MEM_GENERATION		0xef000 /* page of the VM generation ID, in there */
#define MEM_RSDP_END		0xf0000
#define MEM_FIRMWARE_TABLES	0xf0000
#define MEM_FIRMWARE_TABLES_END 0xf8000
#define MEM_FIRMWARE_END	0x100000

#endif
