/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vtd_opts - the unit's properties as option rows; names and defaults are QEMU's, less the "x-".
 */
#include "models/vtd/vtd_unit.h"
#include "sim/port.h"

#define ROW_BOOL(member, name, def, help) OPT_BOOL(struct vtd_config, member, name, def, help)

const struct opt vtd_opts[VTD_N_OPTS] = {
	OPT_ENUM(struct vtd_config, qemu, "qemu", VTD_VERSION_DEFAULT, vtd_version_words,
		 "version of QEMU whose behaviour is modelled"),
	OPT_ENUM(struct vtd_config, aw_bits, "aw-bits", "auto", vtd_words_width,
		 "address width of the guest's tables; auto: the version's default"),
	ROW_BOOL(caching_mode, "caching-mode", "off",
		 "the guest must invalidate when it maps, too"),
	ROW_BOOL(device_iotlb, "device-iotlb", "off", "devices may have TLBs (ATS)"),
	ROW_BOOL(pt, "pt", "on", "pass-through can be asked for"),
	ROW_BOOL(intremap, "intremap", "on", "interrupt remapping can be asked for"),
	ROW_BOOL(eim, "eim", "off", "extended interrupt mode"),
	ROW_BOOL(snoop_control, "snoop-control", "off",
		 "snoop bits in tables; notifiers are refused then"),
	ROW_BOOL(dma_drain, "dma-drain", "on", "the unit says that it drains"),
	ROW_BOOL(dma_translation, "dma-translation", "on", "translation can be switched on"),
	ROW_BOOL(scalable_mode, "scalable-mode", "off", "scalable mode, second stage only"),
	ROW_BOOL(pasid_mode, "pasid-mode", "off", "the unit says that it has PASIDs"),
	OPT_U64(struct vtd_config, pasid_bits, "pasid-bits", "0", 0, 20, "bits",
		"the unit says that it has PASIDs that wide (11.1)"),
	ROW_BOOL(flts, "flts", "off", "the unit says that it has a first stage and no second one"),
	ROW_BOOL(svm, "svm", "off", "the unit says that it has page requests (11.1)"),
	ROW_BOOL(stale_tm, "stale-tm", "off", "bit 62 is allowed in leaves with device-iotlb"),
#define B(symbol, key, words_, v52, v62, v72, v80, v82, v91, v100, v102, v111, help_) \
	OPT_ENUM(struct vtd_config, behaviour[symbol], "behaviour." key, "auto",      \
		 vtd_words_##words_, help_),
#include "models/vtd/vtd_behaviour.def"
#undef B
	OPT_END,
};
