// SPDX-License-Identifier: GPL-2.0-or-later
int leaf(void);
int leaf(void) { return 1; }
