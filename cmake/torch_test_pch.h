// The precompiled header of the test programs that use LibTorch: a program takes one such header, so both are in it.
#pragma once
#include "torch_pch.h"

#include "test_pch.h"
