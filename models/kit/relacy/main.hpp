// SPDX-License-Identifier: BSL-1.0
#pragma once
// All that a program of clients under Relacy needs, in one unit.
#include <kit/relacy/command_line.hpp>
#include <kit/relacy/run.hpp>
