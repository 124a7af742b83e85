/*
 * The second looks of boot/kind.c's table. Each is called for a file whose magic
 * bytes fit, or that has none, and says whether the rest is as it would be.
 */
#ifndef MKVM_BOOT_KIND_LOOK_H
#define MKVM_BOOT_KIND_LOOK_H

#include <stdbool.h>

#include "loader.h"

bool look_gzip(const struct image *image);
bool look_lzma(const struct image *image);
bool look_squashfs(const struct image *image);
bool look_ext(const struct image *image);
bool look_jpeg(const struct image *image);
bool look_deb(const struct image *image);

/* MZ: of EFI, of Windows, or of DOS (Microsoft: "PE Format"). */
bool look_uki(const struct image *image);
bool look_efi(const struct image *image);
bool look_pe(const struct image *image);
bool look_mz(const struct image *image);

/* Firmware of a PC: for a device, and all of it. */
bool look_rom(const struct image *image);
bool look_bios(const struct image *image);

/* Printable characters in UTF-8, UTF-16, or a code page. */
bool look_text(const struct image *image);

/* A DOS program without a header. */
bool look_com(const struct image *image);

/* 55 AA at 510: whole sectors, the first with a partition table, or without. */
bool look_partitions(const struct image *image);
bool look_sectors(const struct image *image);

/* The same in a file that is too long for a program, and no whole sectors. */
bool look_odd_sectors(const struct image *image);

#endif
