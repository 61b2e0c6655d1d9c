/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * setup - the "#@" lines of a script and `--set`, into the board's configuration.
 */
#ifndef QTEST_SETUP_H
#define QTEST_SETUP_H

#include "qtest/board.h"

/* "iommu K=V,K=V", "edu 04.0 04.1", "vhost 01:00.0 [ats] [driver]", "vfio 00:05.0"; others are for people.
 * -EINVAL with *e. */
int setup_directive(struct board_config *c, char *text, struct err *e);
/* "iommu.KEY=VALUE". */
int setup_set(struct board_config *c, const char *assignment, struct err *e);

#endif
