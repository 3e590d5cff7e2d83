// SPDX-License-Identifier: BSL-1.0
#pragma once
// explore: visits every execution of a client, up to equivalence, under C++20's memory model or another.
//
//   auto report = sluice::explore::check<my_client>({.model = sluice::explore::model::rc20});
//
// my_client is a client as kit/client.hpp describes it, a template over the engine.
#include <kit/explore/check.hpp>
