/*
 * Link-time tables: how a leaf announces itself.
 *
 * A row is a pointer that the object file drops into a linker section; the
 * linker lays the rows of all objects side by side and names both ends.
 * Leaving an object out of the link is all it takes to leave its row out.
 * The ends are weak, because a table nobody added to has no section at all.
 * The order of the rows is the linker's and means nothing.
 */
#ifndef MKVM_TABLE_H
#define MKVM_TABLE_H

/* Adds the object @row, a struct @type, to the table @table. */
#define TABLE_ROW(table, type, row)                       \
	static const struct type *const table##_row_##row \
		__attribute__((used, section("table_" #table))) = &(row)

/* Makes the ends of @table, whose rows are struct @type, known here. */
#define TABLE_DECLARE(table, type)                              \
	extern const struct type *const __start_table_##table[] \
		__attribute__((weak));                          \
	extern const struct type *const __stop_table_##table[]  \
		__attribute__((weak))

/* Walks @table with @p, a `const struct type *const *`. */
#define TABLE_FOREACH(table, p) \
	for ((p) = __start_table_##table; (p) < __stop_table_##table; (p)++)

#endif
