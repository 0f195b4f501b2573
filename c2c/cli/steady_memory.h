// Long runs of changing shapes in memory that does not grow.
#pragma once

namespace c2c::cli {

// To be called before the first tensor is made. Without it, batches of ever new shapes cut glibc's heap into pieces
// that no later batch fits in, and oneDNN keeps a thousand kernels, one for each shape: 2.7 GB after 700 updates of a
// run that needs 1.2. Buffers of 4 MiB and more go back to the system instead (no slower, measured); of kernels 256
// stay.
void keep_memory_steady();

}  // namespace c2c::cli
