#include "edgeplug_kernels.h"

#include "cmsis/kernels/internal/requantize.h"

/* Four sums a turn. Bytes are masked into the upper halves of lanes, so that SMLAW adds factor * byte / 2^8, and SSAT shifts
 * and saturates at once. Compilers gather the four bytes of the result, which takes longer than storing each.
 * Not inline: it takes every register.
 */
static __attribute__((noinline)) void sum_fours(const edgeplug_weighted_sum *layer, const int8_t *input_1,
                                                const int8_t *input_2, int32_t fours, int8_t *output)
{
    __asm__ volatile(
        ".balign 4\n"
        "1:\n\t"
        "ldr r4, [%0], #4\n\t"
        "ldr r5, [%1], #4\n\t"
        "and r6, %[mask], r4, lsl #8\n\t"
        "and r4, %[mask], r4\n\t"
        "and r8, %[mask], r5, lsl #8\n\t"
        "and r5, %[mask], r5\n\t"
        "smlawb r9, %[factor_1], r6, %[bias]\n\t"
        "smlawt r6, %[factor_1], r6, %[bias]\n\t"
        "smlawb r10, %[factor_1], r4, %[bias]\n\t"
        "smlawt r4, %[factor_1], r4, %[bias]\n\t"
        "smlawb r9, %[factor_2], r8, r9\n\t"
        "smlawb r10, %[factor_2], r5, r10\n\t"
        "smlawt r6, %[factor_2], r8, r6\n\t"
        "smlawt r4, %[factor_2], r5, r4\n\t"
        "ssat r9, #8, r9, asr #20\n\t"
        "ssat r10, #8, r10, asr #20\n\t"
        "ssat r6, #8, r6, asr #20\n\t"
        "ssat r4, #8, r4, asr #20\n\t"
        "subs %2, #1\n\t"
        "strb r10, [%3, #1]\n\t"
        "strb r6, [%3, #2]\n\t"
        "strb r4, [%3, #3]\n\t"
        "strb r9, [%3], #4\n\t"
        "bne 1b\n\t"
        : "+r"(input_1), "+r"(input_2), "+r"(fours), "+r"(output)
        : [factor_1] "r"(layer->factor_1), [factor_2] "r"(layer->factor_2), [bias] "r"(layer->bias), [mask] "r"(0xFF00FF00u)
        : "r4", "r5", "r6", "r8", "r9", "r10", "cc", "memory");
}

void edgeplug_weighted_sum_s8(const edgeplug_weighted_sum *layer, const int8_t *input_1, const int8_t *input_2, int8_t *output)
{
    const int32_t count = layer->count;
    if (count >= 4) {
        sum_fours(layer, input_1, input_2, count / 4, output);
    }
    for (int32_t i = count / 4 * 4; i < count; i++) {
        const int32_t first = (int32_t)(((int64_t)input_1[i] * layer->factor_1) >> 8);
        const int32_t second = (int32_t)(((int64_t)input_2[i] * layer->factor_2) >> 8);
        output[i] = (int8_t)saturate_s8((first + second + layer->bias) >> 20);
    }
    clamp_all_s8(output, count, layer->low, layer->high);
}
