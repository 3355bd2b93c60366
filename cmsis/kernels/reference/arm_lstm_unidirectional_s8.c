#include "arm_nnfunctions.h"

#include "fixed_point_s16.h"

static int32_t saturate(int64_t x)
{
    return clamp_s16(x, INT16_MIN, INT16_MAX);
}

/* Sum of `count` products and a bias, rescaled. */
static int32_t product(const int8_t *values, const void *weights, const void *bias, int32_t count, int32_t cell,
                       int32_t multiplier, int32_t shift)
{
    int64_t sum = ((const int32_t *)bias)[cell];
    for (int32_t i = 0; i < count; i++) {
        sum += values[i] * ((const int8_t *)weights)[cell * count + i];
    }
    return requantize_any(wrap(sum), multiplier, shift);
}

/* A gate of one cell, in Q0.15. */
static int32_t gate_of(const cmsis_nn_lstm_params *params, const cmsis_nn_lstm_gate *gate, const int8_t *input,
                       const int8_t *hidden, int32_t cell)
{
    const int32_t first = product(input, gate->input_weights, gate->input_effective_bias, params->input_size, cell,
                                  gate->input_multiplier, gate->input_shift);
    const int32_t second = product(hidden, gate->hidden_weights, gate->hidden_effective_bias, params->hidden_size, cell,
                                   gate->hidden_multiplier, gate->hidden_shift);
    const int32_t sum = saturate(wrap((int64_t)saturate(first) + second));
    return gate->activation_type == ARM_TANH ? tanh_q15(sum, 3) : logistic_q15(sum);
}

/* One step of one cell: returns its output. */
static int8_t step_cell(const cmsis_nn_lstm_params *params, const int8_t *input, const int8_t *hidden, int32_t cell,
                        int16_t *state)
{
    const int32_t forget = gate_of(params, &params->forget_gate, input, hidden, cell);
    const int32_t admit = gate_of(params, &params->input_gate, input, hidden, cell);
    const int32_t value = gate_of(params, &params->cell_gate, input, hidden, cell);
    const int32_t emit = gate_of(params, &params->output_gate, input, hidden, cell);
    const int32_t next = saturate((int64_t)rounding_shift(forget * *state, 15) +
                                  rounding_shift(admit * value, 30 + params->cell_scale_power));
    *state = clamp_s16(next, -params->cell_clip, params->cell_clip);
    const int32_t shown = emit * tanh_q15(*state, 15 + params->cell_scale_power);
    const int32_t scaled = requantize_any(shown, params->output_multiplier, params->output_shift);
    return clamp_s8(wrap((int64_t)scaled + params->output_offset), INT8_MIN, INT8_MAX);
}

arm_cmsis_nn_status arm_lstm_unidirectional_s8(const int8_t *input, int8_t *output, const cmsis_nn_lstm_params *params,
                                               cmsis_nn_lstm_context *buffers)
{
    if (buffers->hidden_state == NULL || buffers->cell_state == NULL || params->batch_size != 1) {
        return ARM_CMSIS_NN_ARG_ERROR;
    }
    const int8_t *hidden = buffers->hidden_state;
    for (int32_t step = 0; step < params->time_steps; step++) {
        for (int32_t cell = 0; cell < params->hidden_size; cell++) {
            output[cell] = step_cell(params, input, hidden, cell, (int16_t *)buffers->cell_state + cell);
        }
        hidden = output;
        input += params->input_size;
        output += params->hidden_size;
    }
    for (int32_t cell = 0; cell < params->hidden_size; cell++) {
        ((int8_t *)buffers->hidden_state)[cell] = hidden[cell];
    }
    return ARM_CMSIS_NN_SUCCESS;
}
