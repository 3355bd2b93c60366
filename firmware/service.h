/*
 * The inference service: answers the requests of firmware/PROTOCOL.md about the one network that is linked in.
 * SRAM: the network's input (also the receive buffer), its arena and its output, all static.
 */
#ifndef FIRMWARE_SERVICE_H
#define FIRMWARE_SERVICE_H

#include <stdint.h>

/* Prepares the network and the cycle counter. Returns the network's own status, 0 if it is ready. */
int service_start(void);

/* Receives one request and sends one reply. Waits as long as no request comes. */
void service_answer(void);

/* Sends a fault report. code: an exception number or an enum board_status. */
void service_report_fault(uint8_t code, uint32_t pc, uint32_t lr, uint32_t cfsr);

#endif
