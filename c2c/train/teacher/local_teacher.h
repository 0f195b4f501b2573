// A model of this machine as the teacher of generated data. Rows that are asked at once are decoded as one batch by the
// engine.
#pragma once
#include <memory>

#include "c2c/base/log.h"
#include "c2c/infer/pipelines/run_config.h"
#include "c2c/train/datagen/teacher.h"

namespace c2c {

// `config`: its receiver answers, in mode `receiver`; sampling, thinking, stop strings, storage and engine as in any
// run, sampling.seed not looked at. Loads the model. Throws kUsage and kInput as Session does.
std::unique_ptr<Teacher> make_local_teacher(RunConfig config, ProgressFn progress = {});

}  // namespace c2c
