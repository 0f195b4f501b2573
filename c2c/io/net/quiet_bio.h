// OpenSSL's way to a socket without SIGPIPE: its own writes with write(), and a service that hangs up would end the
// process.
#pragma once
#include <openssl/types.h>

namespace c2c {

// Over a non-blocking socket, which stays the caller's. Belongs to whom it is given.
BIO* make_quiet_bio(int socket);

}  // namespace c2c
