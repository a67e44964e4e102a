#include "video/wire.h"

#include <errno.h>
#include <sys/socket.h>

bool hr_wire_send(int socket, const void *message, size_t size)
{
    ssize_t sent;
    do
        sent = send(socket, message, size, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)size;
}

bool hr_wire_receive(int socket, void *message, size_t size)
{
    ssize_t got;
    do
        got = recv(socket, message, size, 0);
    while (got < 0 && errno == EINTR);
    return got == (ssize_t)size;
}
