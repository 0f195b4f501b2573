#!/usr/bin/env python3
"""c2c generate --json | check_memory.py BASELINE_BYTES: holds the peak to 1.3 weights + caches + baseline + 100 MiB."""
import json
import sys

MIB = 1 << 20
memory = json.load(sys.stdin)["memory"]
baseline = int(sys.argv[1])
bound = 1.3 * memory["weight_bytes"] + memory["cache_bytes"] + baseline + 100 * MIB
for name, value in [*memory.items(), ("baseline_bytes", baseline), ("bound_bytes", bound)]:
    if isinstance(value, (int, float)):
        print(f"{name:16} {value / MIB:8.1f} MiB")
sys.exit(0 if memory["peak_bytes"] <= bound else 1)
