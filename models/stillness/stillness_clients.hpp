// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of stillness, with the pool and the clocks that a scheduler has. Each client: one property, bounds in its shape.
// Who looks at the wrong moment takes a program that ends for one in which all wait; who looks too seldom waits for ever.
#include <stillness/stillness_look_clients.hpp>
#include <stillness/stillness_subject.hpp>
#include <stillness/stillness_wait_clients.hpp>

namespace sluice::models {

template <class Engine, class How = as_it_is>
struct stillness_clients : stillness_wait_clients<Engine, How>, stillness_look_clients<Engine, How> {};

}  // namespace sluice::models
