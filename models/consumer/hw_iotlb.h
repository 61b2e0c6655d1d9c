/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hw_iotlb - the IOTLB of the host's IOMMU: 4 ways, first in first out within a set.
 *
 * It knows only whether a page was used lately, for the time an access takes; what is mapped is the
 * consumer's business.
 */
#ifndef MODELS_CONSUMER_HW_IOTLB_H
#define MODELS_CONSUMER_HW_IOTLB_H

#include <stdbool.h>
#include <stddef.h>

#include "models/addr.h"

struct hw_iotlb;

/* n_entries is rounded up to 4 x a power of two; 0: every look-up misses. */
struct hw_iotlb *hw_iotlb_new(size_t n_entries);
void hw_iotlb_free(struct hw_iotlb *t); /* NULL is allowed */

/* Was the page of 2^page_bits bytes that contains `at` there? It is afterwards. */
bool hw_iotlb_use(struct hw_iotlb *t, iova_t at, unsigned page_bits);

/* Drop the pages that share a byte with [first, last]. */
void hw_iotlb_flush(struct hw_iotlb *t, iova_t first, iova_t last);

#endif
