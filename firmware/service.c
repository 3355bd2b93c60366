#include "firmware/service.h"

#include "firmware/boards/board.h"
#include "firmware/cortex_m4/core.h"
#include "firmware/detector.h"
#include "firmware/frame.h"
#include "firmware/image.h"
#include "firmware/protocol.h"
#include "network.h"

_Static_assert(NETWORK_OUTPUT_BYTES == NETWORK_CLASSES, "the service wants one int8 score per class");
_Static_assert(NETWORK_INPUT_BYTES <= UINT16_MAX, "a window has to fit into one frame");

static struct {
    _Alignas(16) int8_t arena[NETWORK_ARENA_BYTES];
    _Alignas(4) int8_t input[NETWORK_INPUT_BYTES];
    int8_t output[NETWORK_OUTPUT_BYTES];
    network_t network;
} memory;

int service_start(void)
{
    core_cycles_start();
    if (NETWORK_HAS_DETECTOR) {
        detector_reset();
    }
    return network_init(&memory.network, memory.arena, sizeof memory.arena);
}

static void send_error(uint8_t error, uint8_t request_type)
{
    const uint8_t payload[] = {error, request_type};
    struct frame_sender sender;

    frame_begin(&sender, PROTOCOL_TYPE_ERROR, sizeof payload);
    frame_put(&sender, payload, sizeof payload);
    frame_end(&sender);
}

static int identify(const struct frame_header *request)
{
    const struct __attribute__((packed)) {
        uint16_t input_bytes, output_bytes, classes;
        float input_scale;
        int32_t input_zero_point;
        float output_scale;
        int32_t output_zero_point;
        uint32_t arena_bytes, image_bytes, clock_hz;
        uint8_t name_bytes;
    } fixed = {
        .input_bytes = NETWORK_INPUT_BYTES,
        .output_bytes = NETWORK_OUTPUT_BYTES,
        .classes = NETWORK_CLASSES,
        .input_scale = NETWORK_INPUT_SCALE,
        .input_zero_point = NETWORK_INPUT_ZERO_POINT,
        .output_scale = NETWORK_OUTPUT_SCALE,
        .output_zero_point = NETWORK_OUTPUT_ZERO_POINT,
        .arena_bytes = NETWORK_ARENA_BYTES,
        .image_bytes = (uint32_t)(_image_end - (const char *)_vectors),
        .clock_hz = board_clock_hz(),
        .name_bytes = sizeof NETWORK_NAME - 1,
    };
    struct frame_sender sender;

    if (request->payload_bytes != 0) {
        return PROTOCOL_ERROR_LENGTH;
    }
    frame_begin(&sender, PROTOCOL_TYPE_IDENTIFY | PROTOCOL_TYPE_REPLY,
                sizeof fixed + sizeof NETWORK_NAME - 1 + sizeof _image_seal);
    frame_put(&sender, &fixed, sizeof fixed);
    frame_put(&sender, NETWORK_NAME, sizeof NETWORK_NAME - 1);
    frame_put(&sender, &_image_seal, sizeof _image_seal);
    frame_end(&sender);
    return 0;
}

static int class_name(const struct frame_header *request)
{
    const uint8_t index = (uint8_t)memory.input[0];
    struct frame_sender sender;

    if (request->payload_bytes != 1) {
        return PROTOCOL_ERROR_LENGTH;
    }
    if (index >= NETWORK_CLASSES) {
        return PROTOCOL_ERROR_INDEX;
    }
    const char *const name = network_class_names[index];
    size_t name_bytes = 0;
    while (name[name_bytes] != '\0') {
        name_bytes++;
    }
    frame_begin(&sender, PROTOCOL_TYPE_CLASS_NAME | PROTOCOL_TYPE_REPLY, name_bytes);
    frame_put(&sender, name, name_bytes);
    frame_end(&sender);
    return 0;
}

/* The lowest index among equal scores, as NumPy's argmax. */
static uint16_t best_class(void)
{
    uint16_t best = 0;

    for (uint16_t i = 1; i < NETWORK_CLASSES; i++) {
        if (memory.output[i] > memory.output[best]) {
            best = i;
        }
    }
    return best;
}

/* 0 or a negative error. A window is a sequence of its own: nothing of the windows before counts. */
static int classify(void)
{
    const int status = network_reset(&memory.network);

    return status == 0 ? network_run(&memory.network, memory.input, memory.output) : status;
}

static int run(const struct frame_header *request)
{
    struct frame_sender sender;

    if (request->payload_bytes != NETWORK_INPUT_BYTES) {
        return PROTOCOL_ERROR_LENGTH;
    }
    const uint32_t start = core_cycles();
    const int status = classify();
    const uint32_t cycles = core_cycles() - start;
    if (status != 0) {
        return PROTOCOL_ERROR_NETWORK;
    }
    const uint16_t class_index = best_class();
    frame_begin(&sender, PROTOCOL_TYPE_RUN | PROTOCOL_TYPE_REPLY,
                sizeof cycles + sizeof class_index + sizeof memory.output);
    frame_put(&sender, &cycles, sizeof cycles);
    frame_put(&sender, &class_index, sizeof class_index);
    frame_put(&sender, memory.output, sizeof memory.output);
    frame_end(&sender);
    return 0;
}

static void put_event(void *sender, const struct detector_event *event)
{
    frame_put(sender, event, sizeof *event);
}

/* Without a payload: begins anew. */
static int stream(const struct frame_header *request)
{
    const struct detector_event *ended;
    struct frame_sender sender;
    struct __attribute__((packed)) {
        uint32_t clock, cycles;
        uint8_t lost;
    } fixed;

    if (request->payload_bytes == 0) {
        detector_reset();
    } else if (request->payload_bytes != DETECTOR_HOP_BYTES) {
        return PROTOCOL_ERROR_LENGTH;
    }
    const uint32_t start = core_cycles();
    if (request->payload_bytes != 0) {
        detector_take((const uint8_t *)memory.input);
        for (unsigned phase = 0; phase < DETECTOR_PHASES && detector_has_window(); phase++) {
            detector_window(phase, memory.input);
            if (classify() != 0) {
                return PROTOCOL_ERROR_NETWORK;
            }
            detector_see(phase, best_class());
        }
    }
    fixed.cycles = core_cycles() - start;
    fixed.clock = detector_clock();
    fixed.lost = detector_lost();
    const size_t ended_bytes = detector_ended(&ended) * sizeof *ended;
    frame_begin(&sender, PROTOCOL_TYPE_STREAM | PROTOCOL_TYPE_REPLY,
                sizeof fixed + ended_bytes + detector_lasting(NULL, NULL) * sizeof *ended);
    frame_put(&sender, &fixed, sizeof fixed);
    frame_put(&sender, ended, ended_bytes);
    detector_lasting(put_event, &sender);
    frame_end(&sender);
    return 0;
}

void service_answer(void)
{
    struct frame_header request;
    int error = frame_receive(&request, (uint8_t *)memory.input, sizeof memory.input);

    if (error == 0) {
        switch (request.type) {
        case PROTOCOL_TYPE_IDENTIFY:
            error = identify(&request);
            break;
        case PROTOCOL_TYPE_CLASS_NAME:
            error = class_name(&request);
            break;
        case PROTOCOL_TYPE_RUN:
            error = run(&request);
            break;
        case PROTOCOL_TYPE_STREAM:
            error = NETWORK_HAS_DETECTOR ? stream(&request) : PROTOCOL_ERROR_TYPE;
            break;
        default:
            error = PROTOCOL_ERROR_TYPE;
        }
    }
    if (error != 0) {
        send_error((uint8_t)error, request.type);
    }
}

void service_report_fault(uint8_t code, uint32_t pc, uint32_t lr, uint32_t cfsr)
{
    struct frame_sender sender;

    frame_begin(&sender, PROTOCOL_TYPE_FAULT, sizeof code + sizeof pc + sizeof lr + sizeof cfsr);
    frame_put(&sender, &code, sizeof code);
    frame_put(&sender, &pc, sizeof pc);
    frame_put(&sender, &lr, sizeof lr);
    frame_put(&sender, &cfsr, sizeof cfsr);
    frame_end(&sender);
}
