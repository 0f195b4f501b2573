#!/bin/bash
# Is the server in this container ready? By bash's own sockets: the image needs no curl for one question.
set -euo pipefail
exec 3<>"/dev/tcp/127.0.0.1/${C2C_PORT:-8080}"
printf 'GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
read -r -t 4 _ status _ <&3
[ "$status" = 200 ]
