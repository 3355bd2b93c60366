/* Sums with the two kinds of mistakes that a caller can make; for the test of the toolchain. */
#ifndef TOOLS_TOOLCHAINS_HOST_SUMS_H_
#define TOOLS_TOOLCHAINS_HOST_SUMS_H_

#include <stdint.h>

/* The sum of `count` words; undefined if it leaves the range of int32_t. */
int32_t sum_words(const int32_t *words, int32_t count);

#endif
