// SPDX-License-Identifier: GPL-2.0-or-later
int middle(void);
int probe(void);
int probe(void) { return middle(); }
