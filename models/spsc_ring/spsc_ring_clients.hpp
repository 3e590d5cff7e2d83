// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of spsc_ring. Each client: one property, bounds in its shape.
#include <clients/mpmc_clients.hpp>

#include <sluice/spsc_ring.hpp>

namespace sluice::models {

template <class Engine>
struct spsc_ring_subject {
  using platform = typename Engine::platform;
  template <class T>
  using base = spsc_ring<T, typename platform::template allocator<T>, platform>;
  template <class T>
  struct ring : base<T> {
    ring(std::size_t capacity, std::uint64_t lap) : base<T>(capacity, detail::first_lap{lap}) {}
  };
};

// Each side's answers, exact with respect to what happened before.
template <class Engine, template <class> class Ring>
struct answers_are_exact {
  using platform = typename Engine::platform;
  static constexpr const char* property = "full and empty are exact with respect to what happened before the call";
  static constexpr unsigned threads = 2;

  Ring<kit::token> ring{1, 0};
  typename platform::template atomic<int> pushes{0};
  typename platform::template atomic<int> pops{0};

  void thread(unsigned index) {
    for (int i = 0; i != 2; ++i) {
      if (index == 0) {
        const int popped = pops.load(std::memory_order_acquire);
        kit::token t(i);
        if (ring.try_push(std::move(t)) != conqueue_status::success) {
          Engine::require(popped < i && t.id() == i, "full only while an element may be inside, which stays ours");
          return;
        }
        pushes.fetch_add(1, std::memory_order_release);
      } else {
        const int pushed = pushes.load(std::memory_order_acquire);
        if (!ring.try_pop()) {
          Engine::require(pushed <= i, "empty only while no pushed element waits");
          return;
        }
        pops.fetch_add(1, std::memory_order_release);
      }
    }
  }
  void finish() {}
};

template <class Engine>
struct spsc_ring_clients {
  template <class T>
  using ring = typename spsc_ring_subject<Engine>::template ring<T>;

  struct flow_capacity_1 : kit::elements_flow<Engine, ring, {1, 1, 4, 1, kit::near_the_top}> {
    static constexpr const char* name = "flow_capacity_1";
  };
  struct flow_capacity_2 : kit::elements_flow<Engine, ring, {1, 1, 6, 2, 0}> {
    static constexpr const char* name = "flow_capacity_2";
  };
  struct flow_capacity_3 : kit::elements_flow<Engine, ring, {1, 1, 8, 3, kit::near_the_top}> {
    static constexpr const char* name = "flow_capacity_3";
    static constexpr bool by_states = true;
  };
  struct bulk_flow : kit::bulk_flow<Engine, ring> {
    static constexpr const char* name = "bulk_flow";
  };
  struct answers_are_exact : models::answers_are_exact<Engine, ring> {
    static constexpr const char* name = "answers_are_exact";
  };
};

}  // namespace sluice::models
