# SPDX-License-Identifier: GPL-3.0-or-later
"""profiles - what a script dwells on: properties of the unit, weights of operations, options."""

# Weight of each operation where a profile says nothing.
OPERATIONS = {
    'map': 10, 'unmap': 4, 'relink': 3, 'break': 4, 'data': 2, 'dma': 22, 'window': 1, 'faults': 5, 'master': 1,
    'fill': 0, 'attach': 4, 'ctx_break': 3, 'mend': 2, 'gcmd': 3, 'remap': 1, 'inval': 16, 'hostile': 4,
    'event': 2, 'queue': 3, 'reg_inval': 2, 'reg_read': 3, 'reg_write': 4, 'see_all': 1, 'unknown': 1,
    'message': 0, 'pasid_desc': 0,
}


class Profile:
    """name; share of the seeds; properties always set; properties to choose from; changed weights; options."""

    def __init__(self, name, share, fixed=(), choice=(), weights=(), **options):
        self.name, self.share, self.fixed, self.choice, self.options = name, share, fixed, choice, options
        self.changed = dict(weights)
        assert not set(self.changed) - set(OPERATIONS), self.changed

    def weights(self):
        return [(op, self.changed.get(op, w)) for op, w in OPERATIONS.items() if self.changed.get(op, w)]


COMMON = ('aw-bits=48', 'caching-mode=off', 'intremap=off', 'device-iotlb=on', 'pt=off', 'snoop-control=on',
          'dma-drain=off')
SM = 'x-scalable-mode=on'
SMALL = ('aw-bits=48',)

_ALL = (
    Profile('mix', 14, choice=COMMON),
    Profile('dma', 10, choice=SMALL, weights={'dma': 40, 'map': 16, 'unmap': 8}),
    Profile('inval', 10, choice=SMALL, weights={'inval': 50, 'dma': 30, 'unmap': 12, 'map': 14}),
    Profile('qi', 10, choice=('intremap=off',), weights={'inval': 25, 'hostile': 30, 'queue': 25, 'event': 8,
                                                         'dma': 8}),
    Profile('regs', 7, choice=COMMON, weights={'reg_read': 20, 'reg_write': 50, 'see_all': 4, 'dma': 6,
                                               'reg_inval': 12, 'unknown': 5}),
    Profile('rinv', 5, choice=SMALL, weights={'reg_inval': 40, 'dma': 30, 'queue': 0, 'hostile': 0, 'inval': 0},
            queue=0),
    Profile('iotlb', 2, weights={'fill': 2, 'dma': 20, 'inval': 20, 'mend': 0, 'gcmd': 0, 'attach': 1,
                                 'ctx_break': 0, 'queue': 0, 'hostile': 0, 'reg_write': 0}, te=100),
    Profile('aw48', 4, fixed=SMALL, weights={'break': 8}),
    Profile('rsvd', 5, choice=('aw-bits=48', 'device-iotlb=on', 'snoop-control=on'),
            weights={'break': 20, 'map': 20, 'dma': 40, 'ctx_break': 10, 'mend': 6}, rsvd=45, odd=25, super=30),
    Profile('super', 4, choice=SMALL, weights={'map': 25, 'dma': 40, 'inval': 25, 'relink': 8, 'window': 4},
            super=65, rsvd=8),
    Profile('fault', 4, choice=SMALL, weights={'faults': 25, 'dma': 40, 'break': 12, 'event': 8, 'ctx_break': 8}),
    Profile('fpd', 3, choice=('aw-bits=48', 'device-iotlb=on'),
            weights={'attach': 12, 'ctx_break': 12, 'dma': 40, 'faults': 15, 'break': 10}, fpd=60),
    Profile('pt', 4, choice=('pt=off', 'device-iotlb=on'), weights={'attach': 20, 'dma': 40, 'gcmd': 8}, pt=45),
    Profile('fm', 2, weights={'attach': 15, 'inval': 40, 'dma': 40, 'ctx_break': 8}, pt=30),
    Profile('ir', 2, choice=('intremap=off',), weights={'remap': 12, 'event': 12, 'gcmd': 10, 'window': 4, 'message': 30}),
    Profile('dt', 3, fixed=('device-iotlb=on',), choice=SMALL, tt1=30),
    Profile('nocm', 1, fixed=('caching-mode=off',), choice=COMMON[2:]),
    Profile('snoop', 1, fixed=('snoop-control=on',), choice=SMALL, odd=30),
    Profile('nodrain', 1, fixed=('dma-drain=off',)),
    Profile('dw', 4, fixed=(SM,), choice=SMALL, weights={'hostile': 10, 'queue': 12, 'inval': 25, 'pasid_desc': 15}, dw=60),
    Profile('sm', 10, fixed=(SM,), choice=('aw-bits=48', 'device-iotlb=on', 'pt=off', 'caching-mode=off'),
            weights={'ctx_break': 9, 'attach': 9, 'mend': 4, 'dma': 35, 'pasid_desc': 6}, scalable=100, dw=30,
            fpd=15),
    Profile('piotlb', 2, fixed=(SM,), choice=SMALL, weights={'pasid_desc': 60, 'dma': 40, 'map': 14, 'hostile': 0,
                                                             'queue': 2, 'reg_write': 0, 'ctx_break': 1},
            scalable=100, dw=100),
    Profile('pasid', 3, fixed=(SM, 'x-pasid-mode=on'), choice=('aw-bits=48', 'intremap=off'),
            weights={'ctx_break': 9, 'attach': 9, 'mend': 4, 'dma': 35}, scalable=80, dw=30),
)
PROFILES = {p.name: p for p in _ALL}


def properties(profile, rng):
    """The -device intel-iommu properties of a script."""
    props = list(profile.fixed)
    props += [c for c in profile.choice if rng.chance(25 if profile.choice is COMMON else 40)]
    if not any(p.startswith('caching-mode') for p in props):
        props.append('caching-mode=on')
    return ','.join(sorted(props))
