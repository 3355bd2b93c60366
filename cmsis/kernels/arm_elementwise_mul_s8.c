#include "arm_nnfunctions.h"

#include "cmsis/kernels/internal/requantize.h"

#if defined(__ARM_FEATURE_DSP)

/* What a group of four needs; the bias contains the output's offset and what rounds. */
typedef struct {
    uint32_t offsets_1, offsets_2; /* in both lanes */
    int32_t multiplier, right_shift, bias;
} edgeplug_product;

/* Requantizes and stores one product of lanes; the operand in `x` is doubled, for the high word. */
#define EDGEPLUG_PRODUCT(multiply, x, y, place)     \
    multiply " lr, " x ", " y "\n\t"                \
    "smmulr lr, lr, %[multiplier]\n\t"              \
    "add lr, lr, lr, asr #31\n\t"                   \
    "add lr, lr, %[bias]\n\t"                       \
    "asr lr, lr, %[right]\n\t"                      \
    "ssat lr, #8, lr\n\t"                           \
    "strb lr, " place "\n\t"

/* Not inline: it takes every register. */
static __attribute__((noinline)) void multiply_fours(const int8_t *input_1, const int8_t *input_2,
                                                     const edgeplug_product *product, int32_t fours, int8_t *output)
{
    __asm__ volatile(
        ".balign 4\n"
        "1:\n\t"
        "ldr r4, [%0], #4\n\t"
        "ldr r5, [%1], #4\n\t"
        "sxtab16 r6, %[offsets_1], r4\n\t"
        "sxtab16 r4, %[offsets_1], r4, ror #8\n\t"
        "sxtab16 r8, %[offsets_2], r5\n\t"
        "sxtab16 r5, %[offsets_2], r5, ror #8\n\t"
        "sadd16 r6, r6, r6\n\t"
        "sadd16 r4, r4, r4\n\t"
        EDGEPLUG_PRODUCT("smultt", "r4", "r5", "[%3, #3]")
        EDGEPLUG_PRODUCT("smultt", "r6", "r8", "[%3, #2]")
        EDGEPLUG_PRODUCT("smulbb", "r4", "r5", "[%3, #1]")
        EDGEPLUG_PRODUCT("smulbb", "r6", "r8", "[%3], #4")
        "subs %2, #1\n\t"
        "bne 1b\n\t"
        : "+r"(input_1), "+r"(input_2), "+r"(fours), "+r"(output)
        : [offsets_1] "r"(product->offsets_1), [offsets_2] "r"(product->offsets_2), [multiplier] "r"(product->multiplier),
          [right] "r"(product->right_shift), [bias] "r"(product->bias)
        : "r4", "r5", "r6", "r8", "lr", "cc", "memory");
}

/* Returns how many pairs it did: all but the last three at most, none where the shift does not suit. */
static int32_t multiply_most(const int8_t *input_1, const int8_t *input_2, int32_t offset_1, int32_t offset_2, int8_t *output,
                             int32_t out_offset, int32_t multiplier, int32_t shift, int32_t count)
{
    if (count < 4 || !shift_suits_assembly(shift)) {
        return 0;
    }
    const edgeplug_product product = {(uint16_t)offset_1 * 0x10001u, (uint16_t)offset_2 * 0x10001u, multiplier, -shift,
                                      shift_left(2 * out_offset + 1, -shift - 1)};
    multiply_fours(input_1, input_2, &product, count / 4, output);
    return count / 4 * 4;
}

#else

static int32_t multiply_most(const int8_t *input_1, const int8_t *input_2, int32_t offset_1, int32_t offset_2, int8_t *output,
                             int32_t out_offset, int32_t multiplier, int32_t shift, int32_t count)
{
    (void)input_1, (void)input_2, (void)offset_1, (void)offset_2, (void)output, (void)out_offset, (void)multiplier;
    (void)shift, (void)count;
    return 0;
}

#endif

arm_cmsis_nn_status arm_elementwise_mul_s8(const int8_t *input_1_vect, const int8_t *input_2_vect,
                                           const int32_t input_1_offset, const int32_t input_2_offset, int8_t *output,
                                           const int32_t out_offset, const int32_t out_mult, const int32_t out_shift,
                                           const int32_t out_activation_min, const int32_t out_activation_max,
                                           const int32_t block_size)
{
    int32_t i = multiply_most(input_1_vect, input_2_vect, input_1_offset, input_2_offset, output, out_offset, out_mult, out_shift,
                              block_size);
    clamp_all_s8(output, i, out_activation_min, out_activation_max);
    for (; i < block_size; i++) {
        const int32_t product = (input_1_vect[i] + input_1_offset) * (input_2_vect[i] + input_2_offset);
        output[i] = clamp_s8(requantize_twice(product, out_mult, out_shift) + out_offset, out_activation_min, out_activation_max);
    }
    return ARM_CMSIS_NN_SUCCESS;
}
