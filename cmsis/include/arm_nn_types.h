/* Types of the int8 API that CMSIS-NN made public: same names, members and meaning, our text.
 *
 * A real value is scale * (q - zero_point). An offset added to an input is minus its zero point, one added to an output is
 * its zero point. Multipliers: value / 2^31 * 2^shift with value 0 or in [2^30, 2^31) and shift in [-31, 30].
 */
#ifndef ARM_NN_TYPES_H
#define ARM_NN_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a kernel returns. */
typedef enum {
    ARM_CMSIS_NN_SUCCESS = 0,
    ARM_CMSIS_NN_ARG_ERROR = -1,     /* arguments contradict each other or leave their range */
    ARM_CMSIS_NN_NO_IMPL_ERROR = -2, /* meaningful, but not implemented */
    ARM_CMSIS_NN_FAILURE = -3,
} arm_cmsis_nn_status;

/* Width and height: of strides, padding (left and top) and dilation. */
typedef struct {
    int32_t w;
    int32_t h;
} cmsis_nn_tile;

/* Scratch of the caller's: `size` bytes at `buf`, 4-aligned; its contents mean nothing before and after a call. */
typedef struct {
    void *buf;
    int32_t size;
} cmsis_nn_context;

/* Extents of a tensor, outermost first. */
typedef struct {
    int32_t n;
    int32_t h;
    int32_t w;
    int32_t c;
} cmsis_nn_dims;

/* Bias of a layer with int16 activations: int64 values, or int32 ones. */
typedef struct {
    const void *data;
    bool is_int32_bias;
} cmsis_nn_bias_data;

/* One multiplier and shift per output channel. */
typedef struct {
    int32_t *multiplier;
    int32_t *shift;
} cmsis_nn_per_channel_quant_params;

/* One multiplier and shift. */
typedef struct {
    int32_t multiplier;
    int32_t shift;
} cmsis_nn_per_tensor_quant_params;

/* Inclusive range of the output, within that of its type. */
typedef struct {
    int32_t min;
    int32_t max;
} cmsis_nn_activation;

typedef struct {
    int32_t input_offset;  /* [-127, 128] */
    int32_t output_offset; /* [-128, 127] */
    cmsis_nn_tile stride;
    cmsis_nn_tile padding;
    cmsis_nn_tile dilation;
    cmsis_nn_activation activation;
} cmsis_nn_conv_params;

typedef struct {
    int32_t input_offset;  /* [-127, 128] */
    int32_t output_offset; /* [-128, 127] */
    int32_t ch_mult;       /* output channels per input channel */
    cmsis_nn_tile stride;
    cmsis_nn_tile padding;
    cmsis_nn_tile dilation;
    cmsis_nn_activation activation;
} cmsis_nn_dw_conv_params;

typedef struct {
    int32_t input_offset;  /* [-127, 128] */
    int32_t output_offset; /* [-128, 127] */
    cmsis_nn_tile stride;
    cmsis_nn_tile padding;         /* left and top, of the convolution that leads from the output back to the input */
    cmsis_nn_tile padding_offsets; /* by how much right and bottom exceed them: 0 or 1 */
    cmsis_nn_tile dilation;
    cmsis_nn_activation activation;
} cmsis_nn_transpose_conv_params;

typedef struct {
    cmsis_nn_tile stride;
    cmsis_nn_tile padding;
    cmsis_nn_activation activation;
} cmsis_nn_pool_params;

typedef struct {
    int32_t input_offset;  /* [-127, 128] */
    int32_t filter_offset; /* 0: weights are symmetric; see cmsis_nn_bmm_params */
    int32_t output_offset; /* [-128, 127] */
    cmsis_nn_activation activation;
} cmsis_nn_fc_params;

typedef enum {
    ARM_SIGMOID = 0,
    ARM_TANH = 1,
} arm_nn_activation_type;

/* One gate: biases have the zero points' share in them already, and `bias` is not read. */
typedef struct {
    int32_t input_multiplier;
    int32_t input_shift;
    const void *input_weights;        /* int8 [cells, inputs] */
    const void *input_effective_bias; /* int32 [cells] */
    int32_t hidden_multiplier;
    int32_t hidden_shift;
    const void *hidden_weights;        /* int8 [cells, cells] */
    const void *hidden_effective_bias; /* int32 [cells] */
    const void *bias;
    arm_nn_activation_type activation_type;
} cmsis_nn_lstm_gate;

typedef struct {
    int32_t time_major; /* 1: steps before batch */
    int32_t batch_size;
    int32_t time_steps;
    int32_t input_size;
    int32_t hidden_size; /* cells */
    int32_t input_offset;
    int32_t forget_to_cell_multiplier; /* 2^-15 */
    int32_t forget_to_cell_shift;
    int32_t input_to_cell_multiplier; /* 2^(-30 - cell_scale_power) */
    int32_t input_to_cell_shift;
    int32_t cell_clip;        /* bound of the cell state on both sides; 32768 is none */
    int32_t cell_scale_power; /* logarithm of the cell state's scale, [-15, -9] */
    int32_t output_multiplier;
    int32_t output_shift;
    int32_t output_offset; /* [-128, 127] */
    cmsis_nn_lstm_gate forget_gate;
    cmsis_nn_lstm_gate input_gate;
    cmsis_nn_lstm_gate cell_gate;
    cmsis_nn_lstm_gate output_gate;
} cmsis_nn_lstm_params;

typedef struct {
    void *temp1; /* scratch, not read here */
    void *temp2;
    void *cell_state;   /* int16 [cells] */
    void *hidden_state; /* int8 [cells] */
} cmsis_nn_lstm_context;

/* Here, unlike elsewhere, both offsets are the zero points themselves. */
typedef struct {
    int32_t rank;
    int32_t input_offset;  /* [-128, 127] */
    int32_t output_offset; /* [-128, 127] */
    cmsis_nn_activation input_activation; /* of the state */
    cmsis_nn_activation output_activation;
} cmsis_nn_svdf_params;

/* Offsets of a matrix product: `input_offset` is the left matrix's, `filter_offset` the right one's, both in [-127, 128]. */
typedef struct {
    bool adj_x; /* the left matrix lies transposed */
    bool adj_y; /* the right matrix lies transposed */
    cmsis_nn_fc_params fc_params;
} cmsis_nn_bmm_params;

#endif
