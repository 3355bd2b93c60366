#include "firmware/frame.h"

#include "firmware/boards/board.h"
#include "firmware/protocol.h"

/*
 * One byte into the CRC-16/CCITT-FALSE (polynomial x^16 + x^12 + x^5 + 1), without a table. Eight shifts of the top
 * byte t = (crc >> 8) ^ byte feed back t * (x^12 + x^5 + 1); the part of t * x^12 that leaves 16 bits, t >> 4, feeds
 * back once more, and is folded into t beforehand.
 */
static uint16_t crc_update(uint16_t crc, uint8_t byte)
{
    uint32_t top = (crc >> 8) ^ byte;

    top ^= top >> 4;
    return (uint16_t)((uint32_t)crc << 8 ^ top << 12 ^ top << 5 ^ top);
}

/* Receives into bytes[0..capacity), counts on beyond. False: truncated. */
static bool receive(uint8_t *bytes, size_t capacity, size_t byte_count, uint16_t *crc)
{
    for (size_t i = 0; i < byte_count; i++) {
        uint8_t byte;
        if (!board_uart_read(&byte)) {
            return false;
        }
        if (i < capacity) {
            bytes[i] = byte;
        }
        *crc = crc_update(*crc, byte);
    }
    return true;
}

int frame_receive(struct frame_header *header, uint8_t *payload, size_t capacity)
{
    uint8_t byte = 0;
    uint8_t head[PROTOCOL_HEADER_BYTES];
    uint16_t crc = PROTOCOL_CRC_INITIAL;

    *header = (struct frame_header){0};
    while (!board_uart_read(&byte) || byte != PROTOCOL_SYNC) {
    }
    if (!receive(head, sizeof head, sizeof head, &crc)) {
        return PROTOCOL_ERROR_TRUNCATED;
    }
    header->version = head[0];
    header->type = head[1];
    header->payload_bytes = (uint16_t)(head[2] | head[3] << 8);
    /* The CRC is sent high byte first: over it, too, a right frame leaves the remainder 0. */
    if (!receive(payload, capacity, header->payload_bytes, &crc) || !receive(NULL, 0, sizeof crc, &crc)) {
        return PROTOCOL_ERROR_TRUNCATED;
    }
    if (crc != 0) {
        return PROTOCOL_ERROR_CRC;
    }
    if (header->version != PROTOCOL_VERSION) {
        return PROTOCOL_ERROR_VERSION;
    }
    return header->payload_bytes > capacity ? PROTOCOL_ERROR_OVERSIZE : 0;
}

void frame_put(struct frame_sender *sender, const void *bytes, size_t byte_count)
{
    const uint8_t *next = bytes;

    for (size_t i = 0; i < byte_count; i++) {
        sender->crc = crc_update(sender->crc, next[i]);
    }
    /* A transmitter that is stuck shows as silence to the host; there is nobody else to tell. */
    (void)board_uart_write(bytes, byte_count);
}

void frame_begin(struct frame_sender *sender, uint8_t type, size_t payload_bytes)
{
    const uint8_t sync = PROTOCOL_SYNC;
    const uint8_t head[PROTOCOL_HEADER_BYTES] = {PROTOCOL_VERSION, type, (uint8_t)payload_bytes,
                                                 (uint8_t)(payload_bytes >> 8)};

    (void)board_uart_write(&sync, sizeof sync);
    sender->crc = PROTOCOL_CRC_INITIAL;
    frame_put(sender, head, sizeof head);
}

void frame_end(const struct frame_sender *sender)
{
    const uint8_t crc[] = {(uint8_t)(sender->crc >> 8), (uint8_t)sender->crc};

    (void)board_uart_write(crc, sizeof crc);
}
