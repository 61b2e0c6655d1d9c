# SPDX-License-Identifier: GPL-3.0-or-later
"""events - trace lines in an order that does not hang on QEMU's pointers, and their comparison by kind.

QEMU visits its devices in the order of a pointer hash. A visit is zero or more `not present' lines closed by one
`switch address space' line; runs of visits are sorted by that closing line. The groups of a device-selective
context invalidation are sorted likewise.
"""

NOT_PRESENT = ('vtd_re_not_present ', 'vtd_ce_not_present ')
SWITCH = 'vtd_switch_address_space '
CC_DEVICE = 'vtd_inv_desc_cc_device '
CC_ENDS = (CC_DEVICE, 'vtd_inv_qi_', 'vtd_inv_desc ')

# What must be equal, as ordered lists by kind.
KINDS = {
    'invalidation': ('vtd_inv_',),
    'page': ('vtd_iotlb_page_', 'vtd_iotlb_reset'),
    'context': ('vtd_iotlb_cc_', 'vtd_context_cache_reset', 'vtd_re_not_present', 'vtd_ce_not_present',
                'vtd_switch_address_space', 'vtd_translate_pt', 'vtd_pt_enable_fast_path'),
    'fault': ('vtd_dmar_fault', 'vtd_frr_new', 'vtd_fault_disabled', 'vtd_fsts_', 'vtd_irq_generate'),
    'register': ('vtd_reg_', 'vtd_dmar_enable', 'vtd_ir_enable', 'vtd_warn_invalid_qi_tail'),
    'message': ('vtd_ir_irte_get', 'vtd_ir_remap', 'vtd_warn_ir_'),
    'translation': ('vtd_dmar_translate',),
}


def visit_end(evs, i):
    """Index behind the visit that starts at i, or i if there is none."""
    k = i
    while k < len(evs) and evs[k].startswith(NOT_PRESENT):
        k += 1
    return k + 1 if k < len(evs) and evs[k].startswith(SWITCH) else i


def normal(evs):
    out, i = [], 0
    while i < len(evs):
        groups = []
        if evs[i].startswith(CC_DEVICE):
            while i < len(evs) and evs[i].startswith(CC_DEVICE):
                k = i + 1
                while k < len(evs) and not evs[k].startswith(CC_ENDS):
                    k += 1
                groups.append(evs[i:k])
                i = k
            groups.sort()
        else:
            k = visit_end(evs, i)
            while k > i:
                groups.append(evs[i:k])
                i, k = k, visit_end(evs, k)
            groups.sort(key=lambda g: g[-1])
            if not groups:
                groups, i = [[evs[i]]], i + 1
        for g in groups:
            out += g
    return out


def kind_of(line):
    for kind, starts in KINDS.items():
        if line.startswith(starts):
            return kind
    return None


def by_kind(seen):
    lists = {kind: [] for kind in KINDS}
    for n, line in seen:
        kind = kind_of(line)
        if kind:
            lists[kind].append((n, line))
    return lists


def first_difference(want, got):
    """(kind, index, wanted, got) of the earliest command at which a kind's lists part, or None."""
    a, b = by_kind(want), by_kind(got)
    found = []
    for kind in KINDS:
        x, y = a[kind], b[kind]
        for i in range(max(len(x), len(y))):
            if x[i:i + 1] != y[i:i + 1]:
                at = [s[i][0] for s in (x, y) if i < len(s)]
                found.append((min(at), kind, i, x[i] if i < len(x) else None, y[i] if i < len(y) else None))
                break
    if not found:
        return None
    return min(found, key=lambda f: f[0])
