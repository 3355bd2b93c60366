#include "edgeplug_nn.h"

#include "cmsis/kernels/internal/requantize.h"

/* One product of two matrices. `values` holds a row of the left one as int16, offset added: in its order where the right one is
 * as it is, and where that is transposed in groups of four, 0 and 2, 1 and 3, so that SXTB16 need not regroup the right one.
 * Zeros fill the last group (or pair). `total` is the sum of the row times the right matrix's offset, with which sums begin.
 */
typedef struct {
    int16_t *values;
    int32_t total;
    int32_t depth, columns;
    int32_t multiplier, shift, output_offset;
    cmsis_nn_activation activation;
} product;

/* Takes the next row of the left matrix, whose values are `step` bytes apart. */
static void take_row(product *at, const int8_t *row, int32_t step, int32_t offset, int32_t right_offset, bool grouped)
{
    int32_t total = 0;
    for (int32_t i = 0; i < ((at->depth + 3) & ~3); i++) {
        const int32_t value = i < at->depth ? row[i * step] + offset : 0;
        /* In a group places 1 and 2 change. */
        const int32_t place = grouped && ((i ^ i >> 1) & 1) != 0 ? i ^ 3 : i;
        at->values[place] = (int16_t)value;
        total += value;
    }
    at->total = total * right_offset;
}

static void finish(const product *at, int8_t *output, int32_t sum)
{
    *output = clamp_s8(requantize_twice(sum, at->multiplier, at->shift) + at->output_offset, at->activation.min,
                       at->activation.max);
}

/* The products of a group of four. */
static inline int32_t multiply_group(uint32_t word, uint32_t even, uint32_t odd, int32_t sum)
{
    return multiply_lanes(widen_odd(word), odd, multiply_lanes(widen_even(word), even, sum));
}

/* The row times two rows of a transposed right matrix, which may be the same. */
static void multiply_two(const product *at, const int8_t *first, const int8_t *second, int32_t sums[2])
{
    const int32_t tail = at->depth & 3;
    const int16_t *values = at->values;
    int32_t sum0 = at->total, sum1 = at->total;
    for (const int8_t *end = first + (at->depth & ~3); first < end; first += 4, second += 4, values += 4) {
        const uint32_t even = load_2(values), odd = load_2(values + 2);
        sum0 = multiply_group(load_4(first), even, odd, sum0);
        sum1 = multiply_group(load_4(second), even, odd, sum1);
    }
    if (tail != 0) {
        const uint32_t even = load_2(values), odd = load_2(values + 2);
        sum0 = multiply_group(load_part(first, tail), even, odd, sum0);
        sum1 = multiply_group(load_part(second, tail), even, odd, sum1);
    }
    sums[0] = sum0;
    sums[1] = sum1;
}

/* The row times a transposed right matrix. */
static void multiply_rows(const product *at, const int8_t *right, int8_t *output)
{
    for (int32_t column = 0, count; column < at->columns; column += count, right += count * at->depth) {
        int32_t sums[2];
        count = column + 1 < at->columns ? 2 : 1;
        multiply_two(at, right, right + (count - 1) * at->depth, sums);
        for (int32_t i = 0; i < count; i++) {
            finish(at, output + column + i, sums[i]);
        }
    }
}

/* The row times four columns of the right matrix, two of whose rows lie `step` bytes apart. */
static void multiply_four(const product *at, const int8_t *right, int32_t step, int8_t *output)
{
    int32_t sum0 = at->total, sum1 = at->total, sum2 = at->total, sum3 = at->total;
    const int16_t *values = at->values;
    for (const int16_t *end = values + (at->depth & ~1); values < end; values += 2, right += 2 * step) {
        const uint32_t word0 = load_4(right), word1 = load_4(right + step), pair = load_2(values);
        const uint32_t even0 = widen_even(word0), even1 = widen_even(word1);
        const uint32_t odd0 = widen_odd(word0), odd1 = widen_odd(word1);
        sum0 = multiply_lanes(pair_low(even0, even1), pair, sum0);
        sum1 = multiply_lanes(pair_low(odd0, odd1), pair, sum1);
        sum2 = multiply_lanes(pair_top(even0, even1), pair, sum2);
        sum3 = multiply_lanes(pair_top(odd0, odd1), pair, sum3);
    }
    if ((at->depth & 1) != 0) {
        sum0 += *values * right[0];
        sum1 += *values * right[1];
        sum2 += *values * right[2];
        sum3 += *values * right[3];
    }
    finish(at, output, sum0);
    finish(at, output + 1, sum1);
    finish(at, output + 2, sum2);
    finish(at, output + 3, sum3);
}

/* The row times a right matrix as it is. */
static void multiply_columns(const product *at, const int8_t *right, int8_t *output)
{
    int32_t column = 0;
    for (; column + 4 <= at->columns; column += 4) {
        multiply_four(at, right + column, at->columns, output + column);
    }
    for (; column < at->columns; column++) {
        int32_t sum = at->total;
        for (int32_t i = 0; i < at->depth; i++) {
            sum += at->values[i] * right[i * at->columns + column];
        }
        finish(at, output + column, sum);
    }
}

/* Where batch (n, h) of a side lies; an extent of 1 serves all. */
static const int8_t *batch_of(const int8_t *data, const cmsis_nn_dims *dims, int32_t n, int32_t h)
{
    return data + ((dims->n > 1 ? n : 0) * dims->h + (dims->h > 1 ? h : 0)) * dims->w * dims->c;
}

arm_cmsis_nn_status edgeplug_batch_matmul_s8(const cmsis_nn_context *ctx, const cmsis_nn_bmm_params *bmm_params,
                                             const cmsis_nn_per_tensor_quant_params *quant_params,
                                             const cmsis_nn_dims *input_lhs_dims, const int8_t *input_lhs,
                                             const cmsis_nn_dims *input_rhs_dims, const int8_t *input_rhs,
                                             const cmsis_nn_dims *output_dims, int8_t *output)
{
    const bool adj_x = bmm_params->adj_x, adj_y = bmm_params->adj_y;
    const cmsis_nn_fc_params *params = &bmm_params->fc_params;
    const int32_t rows = output_dims->w, columns = output_dims->c, depth = adj_x ? input_lhs_dims->w : input_lhs_dims->c;
    if (ctx->buf == NULL || rows != (adj_x ? input_lhs_dims->c : input_lhs_dims->w) ||
        depth != (adj_y ? input_rhs_dims->c : input_rhs_dims->w) ||
        columns != (adj_y ? input_rhs_dims->w : input_rhs_dims->c)) {
        return ARM_CMSIS_NN_ARG_ERROR;
    }
    product at = {ctx->buf, 0, depth, columns, quant_params->multiplier, quant_params->shift, params->output_offset,
                  params->activation};
    for (int32_t batch = 0; batch < output_dims->n * output_dims->h; batch++) {
        const int32_t n = batch / output_dims->h, h = batch % output_dims->h;
        const int8_t *left = batch_of(input_lhs, input_lhs_dims, n, h), *right = batch_of(input_rhs, input_rhs_dims, n, h);
        for (int32_t row = 0; row < rows; row++, output += columns) {
            take_row(&at, left + row * (adj_x ? 1 : depth), adj_x ? rows : 1, params->input_offset, params->filter_offset,
                     adj_y);
            if (adj_y) {
                multiply_rows(&at, right, output);
            } else {
                multiply_columns(&at, right, output);
            }
        }
    }
    return ARM_CMSIS_NN_SUCCESS;
}
