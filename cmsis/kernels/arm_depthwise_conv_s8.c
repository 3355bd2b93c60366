#include "arm_nnfunctions.h"

#include "cmsis/kernels/internal/requantize.h"

/* The part of a filter, in taps, that lies on the input: from `first` to before `end`. */
typedef struct {
    int32_t first, end;
} taps;

static taps taps_inside(int32_t start, int32_t size, int32_t dilation, int32_t extent)
{
    const taps range = {
        start < 0 ? (-start + dilation - 1) / dilation : 0,
        start + (size - 1) * dilation < extent ? size : (extent - start + dilation - 1) / dilation,
    };
    return range;
}

/* Sum over one window of one output channel; `input` and `filter` point at the first tap inside. */
static int32_t sum_window(const int8_t *input, const int8_t *filter, const taps *rows, const taps *columns,
                          const int32_t input_steps[2], const int32_t filter_steps[2], int32_t offset)
{
    int32_t sum = 0;
    for (int32_t row = rows->first; row < rows->end; row++) {
        const int8_t *value = input, *weight = filter;
        for (int32_t column = columns->first; column < columns->end; column++) {
            sum += (*value + offset) * *weight;
            value += input_steps[1];
            weight += filter_steps[1];
        }
        input += input_steps[0];
        filter += filter_steps[0];
    }
    return sum;
}

/* The same for four neighbouring channels. */
static inline void sum_four(int32_t sums[4], const int8_t *input, const int8_t *filter, const taps *rows, const taps *columns,
                     const int32_t input_steps[2], const int32_t filter_steps[2], uint32_t offsets)
{
    const int32_t value_step = input_steps[1], weight_step = filter_steps[1];
    int32_t sum0 = sums[0], sum1 = sums[1], sum2 = sums[2], sum3 = sums[3];
    for (int32_t row = rows->first; row < rows->end; row++) {
        const int8_t *value = input, *weight = filter;
        for (int32_t left = columns->end - columns->first; left > 0; left--) {
            const uint32_t values = load_4(value), weights = load_4(weight);
            const uint32_t even = widen_even_add(offsets, values), even_weights = widen_even(weights);
            const uint32_t odd = widen_odd_add(offsets, values), odd_weights = widen_odd(weights);
            sum0 = multiply_low(even, even_weights, sum0);
            sum1 = multiply_low(odd, odd_weights, sum1);
            sum2 = multiply_top(even, even_weights, sum2);
            sum3 = multiply_top(odd, odd_weights, sum3);
            value += value_step;
            weight += weight_step;
        }
        input += input_steps[0];
        filter += filter_steps[0];
    }
    sums[0] = sum0;
    sums[1] = sum1;
    sums[2] = sum2;
    sums[3] = sum3;
}

arm_cmsis_nn_status arm_depthwise_conv_s8(const cmsis_nn_context *ctx, const cmsis_nn_dw_conv_params *dw_conv_params,
                                          const cmsis_nn_per_channel_quant_params *quant_params,
                                          const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                          const cmsis_nn_dims *filter_dims, const int8_t *filter_data,
                                          const cmsis_nn_dims *bias_dims, const int32_t *bias_data,
                                          const cmsis_nn_dims *output_dims, int8_t *output_data)
{
    (void)ctx;
    (void)bias_dims;
    const cmsis_nn_dw_conv_params *params = dw_conv_params;
    const int32_t channels = output_dims->c, input_row = input_dims->w * input_dims->c;
    if (channels != input_dims->c * params->ch_mult || input_dims->n != 1) {
        return ARM_CMSIS_NN_ARG_ERROR;
    }
    const int32_t input_steps[2] = {params->dilation.h * input_row, params->dilation.w * input_dims->c};
    const int32_t filter_steps[2] = {filter_dims->w * channels, channels};
    const uint32_t offsets = ((uint32_t)params->input_offset & 0xFFFFu) | ((uint32_t)params->input_offset << 16);
    const bool one_each = params->ch_mult == 1;
    const int32_t *const multipliers = quant_params->multiplier, *const shifts = quant_params->shift;
    const int32_t output_offset = params->output_offset;
    for (int32_t out_y = 0; out_y < output_dims->h; out_y++) {
        const int32_t y = out_y * params->stride.h - params->padding.h;
        const taps rows = taps_inside(y, filter_dims->h, params->dilation.h, input_dims->h);
        for (int32_t out_x = 0; out_x < output_dims->w; out_x++) {
            const int32_t x = out_x * params->stride.w - params->padding.w;
            const taps columns = taps_inside(x, filter_dims->w, params->dilation.w, input_dims->w);
            const int8_t *filter = filter_data + rows.first * filter_steps[0] + columns.first * filter_steps[1];
            const int8_t *input = input_data + y * input_row + x * input_dims->c + rows.first * input_steps[0] +
                                  columns.first * input_steps[1];
            for (int32_t channel = 0, count; channel < channels; channel += count) {
                int32_t sums[4] = {0, 0, 0, 0};
                const int8_t *source = input + (one_each ? channel : channel / params->ch_mult);
                count = one_each && channel + 4 <= channels ? 4 : 1;
                if (count == 4) {
                    sum_four(sums, source, filter + channel, &rows, &columns, input_steps, filter_steps, offsets);
                } else {
                    sums[0] = sum_window(source, filter + channel, &rows, &columns, input_steps, filter_steps,
                                         params->input_offset);
                }
                for (int32_t i = 0; i < count; i++) {
                    const int32_t bias = bias_data != NULL ? bias_data[channel + i] : 0;
                    const int32_t scaled = requantize_twice(sums[i] + bias, multipliers[channel + i], shifts[channel + i]);
                    *output_data++ = (int8_t)saturate_s8(scaled + output_offset);
                }
            }
            clamp_all_s8(output_data - channels, channels, params->activation.min, params->activation.max);
        }
    }
    return ARM_CMSIS_NN_SUCCESS;
}
