/* One layer of each kind, for cycles_perftest.py: weights in flash, activations and scratch in SRAM.
 *
 * What a layer computes is of no interest here; kernels_functest.py compares results.
 */
#include "arm_nnfunctions.h"
#include "edgeplug_kernels.h"
#include "edgeplug_nn.h"

#define CHANNELS 128

static int8_t input[32 * 32 * 16] __attribute__((aligned(4))), output[32 * 32 * 16] __attribute__((aligned(4)));
static int32_t scratch[4096];
static const int8_t weights[640 * 128] __attribute__((aligned(4))) = {1, -2, 3, 100, -77};
static const int32_t bias[CHANNELS] = {5, -7, 100};
static const int64_t bias_s16[CHANNELS] = {5, -7, 100};
static int32_t multipliers[CHANNELS], shifts[CHANNELS];

/* Packed weights, biases and factors of any layer: zeros, since nothing takes longer or shorter for a value. */
static const uint32_t packed[640 * 128 / 4 + 2048] = {0};

static const cmsis_nn_context context = {scratch, sizeof scratch};
static const cmsis_nn_per_channel_quant_params quantization = {multipliers, shifts};

static void halt(void)
{
    for (;;) {
    }
}

/* Top of the stack and reset vector: the simulator loads them before it calls anything. */
static void (*const vectors[])(void) __attribute__((used, section(".vectors"))) = {(void (*)(void))0x20018000, halt};

/* To be called first. */
void prepare(void)
{
    for (int32_t channel = 0; channel < CHANNELS; channel++) {
        multipliers[channel] = 1500000000;
        shifts[channel] = -7;
    }
    for (uint32_t i = 0; i < sizeof input; i++) {
        input[i] = (int8_t)((i * 2654435761u) >> 24);
    }
}

#define GROUPS(depth) (((depth) + 3) / 4)

#define CONVOLUTION(name, height_, width_, depth, filter_height_, filter_width_, filters_, step, out_height, out_width, pairs_, \
                    is_copied_)                                                                                               \
    int name(void)                                                                                                            \
    {                                                                                                                         \
        static const edgeplug_convolution layer = {                                                                           \
            packed, GROUPS(filter_height_ * filter_width_ * depth), filters_, 2, height_, width_, depth, filter_height_,      \
            filter_width_, step, step, filter_height_ / 2, filter_width_ / 2, 1, out_height, out_width, -3, pairs_,        \
            is_copied_, 0, -128, 127};                                                                                           \
        edgeplug_convolve_s8(&layer, input, output, scratch);                                                                 \
        return 0;                                                                                                             \
    }

CONVOLUTION(conv_3x3_16_16, 32, 32, 16, 3, 3, 16, 1, 32, 32, 8, 1)
CONVOLUTION(conv_3x3_16_16_in_flash, 32, 32, 16, 3, 3, 16, 1, 32, 32, 8, 0)
CONVOLUTION(conv_3x3_1_8, 28, 28, 1, 3, 3, 8, 1, 28, 28, 8, 1)
CONVOLUTION(conv_1x1_64_64, 1, 125, 64, 1, 1, 64, 1, 1, 125, 8, 1)
CONVOLUTION(conv_1x1_64_64_in_flash, 1, 125, 64, 1, 1, 64, 1, 1, 125, 8, 0)
CONVOLUTION(conv_1d_7_2_8, 1, 128, 2, 1, 7, 8, 2, 1, 64, 8, 1)
CONVOLUTION(conv_1d_5_8_16, 1, 64, 8, 1, 5, 16, 1, 1, 64, 8, 1)

#define FULLY_CONNECTED(name, depth, units)                                                                        \
    int name(void)                                                                                                 \
    {                                                                                                              \
        static const edgeplug_fully_connected layer = {packed, (const int32_t *)packed, 0, -9, GROUPS(depth), units, depth, 1, \
                                                       -128, 127};                                                 \
        edgeplug_fully_connected_s8(&layer, input, output, scratch);                                               \
        return 0;                                                                                                  \
    }

FULLY_CONNECTED(fully_connected_640_128, 640, 128)
FULLY_CONNECTED(fully_connected_96_32, 96, 32)
FULLY_CONNECTED(fully_connected_64_16, 64, 16)

#define PUBLIC_CONVOLUTION(name, kernel, height, width, depth, filter_height, filter_width, filters, step, out_height, out_width, ...)  \
    int name(void)                                                                                                               \
    {                                                                                                                            \
        static const cmsis_nn_conv_params params = {                                                                             \
            3, -128, {step, step}, {filter_width / 2, filter_height / 2}, {1, 1}, {-128, 127}};                                  \
        static const cmsis_nn_dims input_dims = {1, height, width, depth}, output_dims = {1, out_height, out_width, filters},    \
                                   filter_dims = {filters, filter_height, filter_width, depth}, bias_dims = {1, 1, 1, filters};  \
        return kernel(&context, &params, &quantization, &input_dims, input, &filter_dims, weights, &bias_dims, __VA_ARGS__,      \
                      &output_dims, output);                                                                                     \
    }

PUBLIC_CONVOLUTION(public_conv_3x3_16_16, arm_convolve_s8, 32, 32, 16, 3, 3, 16, 1, 32, 32, bias, NULL)
PUBLIC_CONVOLUTION(public_conv_1x1_64_64, arm_convolve_s8, 25, 5, 64, 1, 1, 64, 1, 25, 5, bias, NULL)
PUBLIC_CONVOLUTION(public_conv_1d_7_2_8, arm_convolve_1_x_n_s8, 1, 128, 2, 1, 7, 8, 2, 1, 64, bias)

#define PUBLIC_FULLY_CONNECTED(name, depth, units)                                                                              \
    int name(void)                                                                                                       \
    {                                                                                                                    \
        static const cmsis_nn_fc_params params = {3, 0, -5, {-128, 127}};                                                \
        static const cmsis_nn_per_tensor_quant_params factor = {1500000000, -7};                                         \
        static const cmsis_nn_dims input_dims = {1, 1, 1, depth}, filter_dims = {depth, 1, 1, units},                    \
                                   bias_dims = {1, 1, 1, units};                                                         \
        return arm_fully_connected_s8(&context, &params, &factor, &input_dims, input, &filter_dims, weights, &bias_dims, \
                                      bias, &bias_dims, output);                                                         \
    }

PUBLIC_FULLY_CONNECTED(public_fully_connected_640_128, 640, 128)

#define DEPTHWISE(name, kernel, height, width, depth, multiplier, step, pad, out_height, out_width, is_general)             \
    int name(void)                                                                                                        \
    {                                                                                                                     \
        static const edgeplug_depthwise layer = {packed, height, width, depth, multiplier, step, pad, pad, out_height,     \
                                                 out_width, -3, -255, is_general, -128, 127};                             \
        kernel(&layer, input, output, scratch);                                                                           \
        return 0;                                                                                                         \
    }

DEPTHWISE(depthwise_3x3_64, edgeplug_depthwise_s8, 25, 5, 64, 1, 1, 1, 25, 5, 0)
DEPTHWISE(depthwise_3x3_64_signed, edgeplug_depthwise_s8, 25, 5, 64, 1, 1, 1, 25, 5, 1)
DEPTHWISE(depthwise_3x3_64_apart, edgeplug_depthwise_apart_s8, 25, 9, 64, 1, 2, 0, 12, 4, 0)
#define DEPTHWISE_ANY(name, height, width, depth, filter_height, filter_width, step)                                           \
    int name(void)                                                                                                           \
    {                                                                                                                        \
        static const edgeplug_depthwise_any layer = {                                                                        \
            packed, height, width, depth, 1, filter_height, filter_width, (filter_width + 1) / 2, 1, 1,                      \
            filter_height / 2 * step, filter_width / 2 * step, step, step, height, width, -3, -255, -128, 127};              \
        edgeplug_depthwise_any_s8(&layer, input, output, scratch);                                                           \
        return 0;                                                                                                            \
    }

DEPTHWISE_ANY(depthwise_5x5_16, 16, 16, 16, 5, 5, 1)
DEPTHWISE_ANY(depthwise_1x9_16, 1, 128, 16, 1, 9, 1)
DEPTHWISE_ANY(depthwise_dilated_16, 16, 16, 16, 3, 3, 2)
DEPTHWISE(depthwise_3x3_1_8, edgeplug_depthwise_multiplied_s8, 28, 28, 8, 8, 1, 1, 28, 28, 0)

int public_depthwise_3x3_64(void)
{
    static const cmsis_nn_dw_conv_params params = {3, -128, 1, {1, 1}, {1, 1}, {1, 1}, {-128, 127}};
    static const cmsis_nn_dims dims = {1, 25, 5, 64}, filter_dims = {1, 3, 3, 64}, bias_dims = {1, 1, 1, 64};
    return arm_depthwise_conv_s8(&context, &params, &quantization, &dims, input, &filter_dims, weights, &bias_dims, bias, &dims,
                                 output);
}

int transpose_conv_3x3_16_16(void)
{
    static const cmsis_nn_transpose_conv_params params = {3, -128, {2, 2}, {0, 0}, {1, 1}, {1, 1}, {-128, 127}};
    static const cmsis_nn_dims input_dims = {1, 8, 8, 16}, output_dims = {1, 16, 16, 16}, filter_dims = {16, 3, 3, 16},
                               bias_dims = {1, 1, 1, 16};
    return arm_transpose_conv_s8(&context, &context, &params, &quantization, &input_dims, input, &filter_dims, weights,
                                 &bias_dims, bias, &output_dims, output);
}

int conv_1d_7_2_8_s16(void)
{
    static const cmsis_nn_conv_params params = {0, 0, {2, 1}, {3, 0}, {1, 1}, {INT16_MIN, INT16_MAX}};
    static const cmsis_nn_dims input_dims = {1, 1, 128, 2}, output_dims = {1, 1, 64, 8}, filter_dims = {8, 1, 7, 2};
    static const cmsis_nn_bias_data biases = {bias_s16, false};
    return arm_convolve_s16(&context, &params, &quantization, &input_dims, (const int16_t *)input, &filter_dims, weights, NULL,
                            &biases, &output_dims, (int16_t *)output);
}

int conv_3x3_16_16_s16(void)
{
    static const cmsis_nn_conv_params params = {0, 0, {1, 1}, {1, 1}, {1, 1}, {INT16_MIN, INT16_MAX}};
    static const cmsis_nn_dims dims = {1, 16, 16, 16}, filter_dims = {16, 3, 3, 16};
    static const cmsis_nn_bias_data biases = {bias_s16, false};
    return arm_convolve_s16(&context, &params, &quantization, &dims, (const int16_t *)input, &filter_dims, weights, NULL, &biases,
                            &dims, (int16_t *)output);
}

int fully_connected_640_128_s16(void)
{
    static const edgeplug_factor factor = {1500000000, 12345, 38};
    edgeplug_fully_connected_s16((const int16_t *)input, 1, 640, weights, bias_s16, 128, &factor, 0, INT16_MIN, INT16_MAX,
                                 (int16_t *)output);
    return 0;
}

/* Ten steps of an LSTM of 32 cells on 16 values. */
int lstm_16_32(void)
{
    static const cmsis_nn_lstm_params params = {
        0, 1, 10, 16, 32, 0, 1 << 30, -14, 1 << 30, -18, 32768, -11, 1500000000, -20, 5,
        {1500000000, -8, weights, bias, 1500000000, -8, weights, bias, NULL, ARM_SIGMOID},
        {1500000000, -8, weights, bias, 1500000000, -8, weights, bias, NULL, ARM_SIGMOID},
        {1500000000, -8, weights, bias, 1500000000, -8, weights, bias, NULL, ARM_TANH},
        {1500000000, -8, weights, bias, 1500000000, -8, weights, bias, NULL, ARM_SIGMOID}};
    cmsis_nn_lstm_context states = {NULL, NULL, scratch, scratch + 64};
    return arm_lstm_unidirectional_s8(input, output, &params, &states);
}

/* 64 filters of rank 2 over 40 values, with a memory of 10: a layer of a keyword spotter. */
int svdf_40_64_10(void)
{
    static const cmsis_nn_svdf_params params = {2, 3, -5, {INT16_MIN, INT16_MAX}, {-128, 127}};
    static const cmsis_nn_per_tensor_quant_params factor = {1500000000, -7};
    static const cmsis_nn_dims input_dims = {1, 40, 1, 1}, feature_dims = {64, 40, 1, 1}, time_dims = {64, 10, 1, 1};
    return arm_svdf_state_s16_s8(NULL, NULL, &params, &factor, &factor, &input_dims, input, NULL, (int16_t *)scratch, &feature_dims,
                                 weights, &time_dims, (const int16_t *)weights, NULL, bias, NULL, output);
}

#define MATMUL(name, transposed, right_rows, right_columns)                                                                \
    int name(void)                                                                                                         \
    {                                                                                                                      \
        static const cmsis_nn_bmm_params params = {false, transposed, {3, -5, 7, {-128, 127}}};                            \
        static const cmsis_nn_per_tensor_quant_params factor = {1500000000, -9};                                           \
        static const cmsis_nn_dims left_dims = {1, 2, 32, 64}, right_dims = {1, 2, right_rows, right_columns},             \
                                   output_dims = {1, 2, 32, 32};                                                           \
        return edgeplug_batch_matmul_s8(&context, &params, &factor, &left_dims, input, &right_dims, input, &output_dims,   \
                                        output);                                                                           \
    }

MATMUL(matmul_32_64_32, false, 64, 32)
MATMUL(matmul_32_64_32_transposed, true, 32, 64)

#define POOL(name, kernel, height, width, depth, filter_height, filter_width, out_height, out_width)               \
    int name(void)                                                                                                 \
    {                                                                                                              \
        static const cmsis_nn_pool_params params = {{2, 2}, {0, 0}, {-128, 127}};                                  \
        static const cmsis_nn_dims input_dims = {1, height, width, depth}, filter_dims = {1, filter_height, filter_width, 1}, \
                                   output_dims = {1, out_height, out_width, depth};                                \
        return kernel(&context, &params, &input_dims, input, &filter_dims, &output_dims, output);                  \
    }

POOL(max_pool_2x2, arm_max_pool_s8, 16, 16, 16, 2, 2, 8, 8)
POOL(average_pool_2x2, arm_avgpool_s8, 16, 16, 16, 2, 2, 8, 8)
POOL(average_pool_25x5, arm_avgpool_s8, 25, 5, 64, 25, 5, 1, 1)

int mean_25x5(void)
{
    edgeplug_mean_s8(input, 1, 125, 64, 3, 1500000000, -7, -5, output);
    return 0;
}

int softmax_12(void)
{
    arm_softmax_s8(input, 1, 12, 1717986918, 20, -248, output);
    return 0;
}
