#include "arm_nnfunctions.h"

#include "cmsis/kernels/internal/byte_sums.h"
#include "cmsis/kernels/internal/fixed_point_s16.h"
#include "cmsis/kernels/internal/requantize.h"

#define GATE_BITS 12 /* gates are Q3.12 before their functions */

static int32_t activate(int32_t x, arm_nn_activation_type type)
{
    return type == ARM_TANH ? tanh_q15(x, 15 - GATE_BITS) : logistic_q15(x);
}

/* One gate of `count` cells, 1 or 2, from `cell` on, in Q0.15. */
static __attribute__((noinline)) void compute_gate(const cmsis_nn_lstm_params *params, const cmsis_nn_lstm_gate *gate,
                                                   const int8_t *input, const int8_t *hidden, int32_t cell, int32_t count,
                                                   int32_t values[2])
{
    const int32_t inputs = params->input_size, cells = params->hidden_size, next = count - 1;
    const int8_t *weights = (const int8_t *)gate->input_weights + cell * inputs;
    const int8_t *recurrent = (const int8_t *)gate->hidden_weights + cell * cells;
    const int32_t *bias = (const int32_t *)gate->input_effective_bias + cell;
    const int32_t *recurrent_bias = (const int32_t *)gate->hidden_effective_bias + cell;
    int32_t sums[2] = {bias[0], bias[next]}, recurrent_sums[2] = {recurrent_bias[0], recurrent_bias[next]};
    edgeplug_multiply_bytes(input, 0, weights, weights + next * inputs, inputs, sums);
    edgeplug_multiply_bytes(hidden, 0, recurrent, recurrent + next * cells, cells, recurrent_sums);
    for (int32_t i = 0; i < count; i++) {
        const int32_t from_input = requantize_any(sums[i], gate->input_multiplier, gate->input_shift);
        const int32_t from_hidden = requantize_any(recurrent_sums[i], gate->hidden_multiplier, gate->hidden_shift);
        values[i] = activate(saturate_q15(add_wrapped(saturate_q15(from_input), from_hidden)), gate->activation_type);
    }
}

/* One step of `count` cells, 1 or 2: updates their state and writes their output. */
static void step_cells(const cmsis_nn_lstm_params *params, const int8_t *input, const int8_t *hidden, int32_t cell,
                       int32_t count, int16_t *state, int8_t *output)
{
    const int32_t power = params->cell_scale_power;
    int32_t admit[2], forget[2], value[2], emit[2];
    compute_gate(params, &params->forget_gate, input, hidden, cell, count, forget);
    compute_gate(params, &params->input_gate, input, hidden, cell, count, admit);
    compute_gate(params, &params->cell_gate, input, hidden, cell, count, value);
    compute_gate(params, &params->output_gate, input, hidden, cell, count, emit);
    for (int32_t i = 0; i < count; i++) {
        const int32_t kept = divide_by_power_q15(forget[i] * state[cell + i], 15);
        const int32_t next = saturate_q15(kept + divide_by_power_q15(admit[i] * value[i], 30 + power));
        const int32_t clipped = next > params->cell_clip ? params->cell_clip : next;
        state[cell + i] = (int16_t)(clipped < -params->cell_clip ? -params->cell_clip : clipped);
        const int32_t scaled = requantize_any(emit[i] * tanh_q15(state[cell + i], 15 + power), params->output_multiplier,
                                              params->output_shift);
        output[cell + i] = clamp_s8(add_wrapped(scaled, params->output_offset), INT8_MIN, INT8_MAX);
    }
}

arm_cmsis_nn_status arm_lstm_unidirectional_s8(const int8_t *input, int8_t *output, const cmsis_nn_lstm_params *params,
                                               cmsis_nn_lstm_context *buffers)
{
    const int32_t cells = params->hidden_size;
    const int8_t *hidden = buffers->hidden_state;
    if (hidden == NULL || buffers->cell_state == NULL || params->batch_size != 1) {
        return ARM_CMSIS_NN_ARG_ERROR;
    }
    for (int32_t step = 0; step < params->time_steps; step++, input += params->input_size, output += cells) {
        for (int32_t cell = 0, count; cell < cells; cell += count) {
            count = cell + 1 < cells ? 2 : 1;
            step_cells(params, input, hidden, cell, count, buffers->cell_state, output);
        }
        hidden = output;
    }
    memmove(buffers->hidden_state, hidden, (size_t)cells);
    return ARM_CMSIS_NN_SUCCESS;
}
