/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * replay - a fuzz target on files, without libFuzzer: the corpus and old findings as a test.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REPLAY_BYTES_MAX (1u << 20)

int main(int argc, char **argv)
{
	uint8_t *data = malloc(REPLAY_BYTES_MAX);

	for (int i = 1; i < argc && data; i++) {
		FILE *f = fopen(argv[i], "rb");
		size_t n = f ? fread(data, 1, REPLAY_BYTES_MAX, f) : 0;

		if (!f) {
			perror(argv[i]);
			free(data);
			return 1;
		}
		fclose(f);
		LLVMFuzzerTestOneInput(data, n);
	}
	printf("%d files\n", argc - 1);
	free(data);
	return 0;
}
