/* Operators that work value by value, for cycles_perftest.py; see layers.c. */
#include "arm_nnfunctions.h"
#include "edgeplug_kernels.h"
#include "edgeplug_nn.h"

#define COUNT 16384 /* the largest sum of ic01 of MLPerf Tiny; the others are 8192 and 4096 */

static int8_t first[COUNT], second[COUNT];
static int8_t *const result = first; /* in place, which takes as long */
static const int8_t table[256] = {3, 1, 4};

int look_up_16384(void)
{
    edgeplug_lookup_s8(first, COUNT, table, result);
    return 0;
}

int clamp_16384(void)
{
    edgeplug_clamp_s8(first, COUNT, -3, 100, result);
    return 0;
}

#define SUM(name, count)                                                                         \
    int name(void)                                                                               \
    {                                                                                            \
        static const edgeplug_weighted_sum layer = {150000000, 170000000, 12345, count, -128, 127}; \
        edgeplug_weighted_sum_s8(&layer, first, second, result);                                 \
        return 0;                                                                                \
    }

SUM(add_16384, 16384)
SUM(add_8192, 8192)
SUM(add_4096, 4096)

int add_rounded_thrice_4096(void)
{
    return arm_elementwise_add_s8(first, second, 3, 1073741824, 0, 5, 1500000000, -1, 20, result, -7, 1600000000, -18, -128,
                                  127, 4096);
}

int multiply_4096(void)
{
    return arm_elementwise_mul_s8(first, second, 3, 5, result, -7, 1600000000, -7, -128, 127, 4096);
}

int maximum_4096(void)
{
    static const cmsis_nn_dims dims = {1, 8, 8, 64};
    static const cmsis_nn_context none;
    return arm_maximum_s8(&none, first, &dims, second, &dims, result, &dims);
}

int prelu_4096(void)
{
    static const edgeplug_prelu prelu = {3, 5, -7, 1600000000, 0, 1500000000, -7};
    edgeplug_prelu_s8(first, second, &prelu, 4096, result);
    return 0;
}
