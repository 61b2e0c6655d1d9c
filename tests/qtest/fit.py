# SPDX-License-Identifier: GPL-3.0-or-later
"""fit - scripts are made for QEMU 7.2; what another version has to be asked otherwise, or not at all."""
import re


def number(version):
    """'10.0.13' -> (10, 0)"""
    return tuple(int(x) for x in re.findall(r'\d+', version)[:2])


# property: (first version that has it, first that has not, what to ask from then on; None: the script is left out)
PROPERTIES = {
    'snoop-control': ((7, 0), None, None),
    'x-pasid-mode=on': ((7, 2), (11, 0), 'pasid-bits=20'),
    'x-scalable-mode=on': ((0, 0), (11, 0), 'scalable-mode=on'),
    'x-flts=on': ((10, 0), (11, 0), 'fsts=on'),
    'dma-drain': ((0, 0), (11, 0), None),
    'pt': ((0, 0), (11, 0), None),
}
WIDTH_DEFAULT = 'aw-bits=39'        # 48 from 10.0 on


def rule(prop):
    return PROPERTIES.get(prop) or PROPERTIES.get(prop.partition('=')[0])


def fit(lines, version):
    """The script with the properties of that version, or None if it needs one that is not there."""
    props = []
    head = next((x for x in lines if x.startswith('#@ iommu')), '#@ iommu')
    for prop in [p for p in head[len('#@ iommu'):].strip().split(',') if p]:
        found = rule(prop)
        if found:
            first, end, instead = found
            if number(version) < first:
                return None
            if end and number(version) >= end:
                if not instead:
                    return None
                prop = instead
        props.append(prop)
    if number(version) >= (10, 0) and not any(p.startswith(('aw-bits', 'svm', 'fsts', 'x-flts')) for p in props):
        props.append(WIDTH_DEFAULT)
    return ['#@ iommu ' + ','.join(props)] + [x for x in lines if not x.startswith('#@ iommu')]
