/*
 * Frames on the board's UART, as firmware/PROTOCOL.md defines them: sync, version, type, length, payload, CRC.
 * Knows no request; waits are bounded by the board (board_uart_read, board_uart_write).
 */
#ifndef FIRMWARE_FRAME_H
#define FIRMWARE_FRAME_H

#include <stddef.h>
#include <stdint.h>

struct frame_header {
    uint8_t version;
    uint8_t type;
    uint16_t payload_bytes;
};

/*
 * Waits without end for a sync byte, then receives the rest of a frame. The payload goes to payload[0..capacity);
 * what is longer is received to its end, to keep in step with the sender, and not stored.
 * Returns 0, or PROTOCOL_ERROR_TRUNCATED, _CRC, _VERSION or _OVERSIZE, in this precedence; the header is set except
 * when truncated within it, then it is all zero.
 */
int frame_receive(struct frame_header *header, uint8_t *payload, size_t capacity);

/* Sending: begin with the total of payload bytes, put them in any portions, end. One frame at a time. */
struct frame_sender {
    uint16_t crc;
};
void frame_begin(struct frame_sender *sender, uint8_t type, size_t payload_bytes);
void frame_put(struct frame_sender *sender, const void *bytes, size_t byte_count);
void frame_end(const struct frame_sender *sender);

#endif
