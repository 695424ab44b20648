// SPDX-License-Identifier: GPL-2.0-or-later
int leaf(void);
int middle(void);
int middle(void) { return leaf(); }
