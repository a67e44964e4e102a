/* A NATS server on the loopback that says what a test wants, right or wrong: as much of the protocol as a worker needs.
 * https://docs.nats.io/reference/reference-protocols/nats-protocol */
#ifndef HR_TESTS_NATS_FAKE_NATS_H
#define HR_TESTS_NATS_FAKE_NATS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

struct fake_nats {
    /* Set before it is started. */
    long long max_payload;
    int told_of_port; /* of another server of its cluster; 0: none */
    const char *raw;  /* sent in front of the first message: "RAW INBOX SID RAW_END"; NULL: nothing */
    const char *raw_end;
    int flood;               /* messages sent for the first that is asked for; nothing is sent for the next */
    size_t flood_bytes;      /* of each */
    int hang_up_after_first; /* the connection is ended once the first message is asked for */

    int socket, port, other_socket;
    int wake[2];
    pthread_t thread;
    atomic_int connections, other_connections;
    char url[64];
};

void fake_nats_start(struct fake_nats *fake);
void fake_nats_stop(struct fake_nats *fake);

#endif
