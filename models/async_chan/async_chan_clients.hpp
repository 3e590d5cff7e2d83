// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of coroutines on channels. Each client: one property, bounds in its shape. A coroutine that is not resumed
// is found in the end; one that is resumed twice, or in the middle, uses a frame that is in use, or gone.
#include <async_chan/async_chan_properties.hpp>
#include <async_chan/async_chan_stop_properties.hpp>

namespace sluice::models {

template <class Engine>
struct async_chan_clients {
  struct pops_rendezvous : coroutine_pops<Engine, 0, false> {
    static constexpr const char* name = "pops_rendezvous";
  };
  struct pops_buffered : coroutine_pops<Engine, 1, false> {
    static constexpr const char* name = "pops_buffered";
  };
  struct meet_rendezvous : coroutine_pops<Engine, 0, true> {
    static constexpr const char* name = "meet_rendezvous";
  };
  struct meet_buffered : coroutine_pops<Engine, 1, true> {
    static constexpr const char* name = "meet_buffered";
  };
  struct pushes_rendezvous : coroutine_pushes<Engine, 0> {
    static constexpr const char* name = "pushes_rendezvous";
  };
  struct pushes_buffered : coroutine_pushes<Engine, 1> {
    static constexpr const char* name = "pushes_buffered";
  };
  struct frame_dies : frame_dies_at_once<Engine> {
    static constexpr const char* name = "frame_dies";
  };
  struct two_pushers : two_resume_one<Engine> {
    static constexpr const char* name = "two_pushers";
  };
  struct gone_rendezvous : gone_while_it_waits<Engine, 0> {
    static constexpr const char* name = "gone_rendezvous";
  };
  struct gone_buffered : gone_while_it_waits<Engine, 1> {
    static constexpr const char* name = "gone_buffered";
  };
  struct close_resumes_pop : close_resumes<Engine, 1, true> {
    static constexpr const char* name = "close_resumes_pop";
  };
  struct close_resumes_push : close_resumes<Engine, 1, false> {
    static constexpr const char* name = "close_resumes_push";
  };
  struct stop_resumes_pop : stop_resumes<Engine, true, false> {
    static constexpr const char* name = "stop_resumes_pop";
  };
  struct stop_resumes_push : stop_resumes<Engine, false, false> {
    static constexpr const char* name = "stop_resumes_push";
  };
  struct stop_beside_push : stop_resumes<Engine, true, true> {
    static constexpr const char* name = "stop_beside_push";
  };
  struct stop_beside_pop : stop_resumes<Engine, false, true> {
    static constexpr const char* name = "stop_beside_pop";
  };
  struct selects_meet : selects_of_both_kinds<Engine> {
    static constexpr const char* name = "selects_meet";
  };
  struct selects_meet_both_ways : selects_push_or_pop<Engine> {
    static constexpr const char* name = "selects_meet_both_ways";
  };
  struct select_stopped : select_is_stopped<Engine> {
    static constexpr const char* name = "select_stopped";
  };
  struct elsewhere : resumed_elsewhere<Engine> {
    static constexpr const char* name = "elsewhere";
  };

  // For the program of an engine: `entries<...>` of all of them.
  template <template <class...> class List>
  using all = List<pops_rendezvous, pops_buffered, meet_rendezvous, meet_buffered, pushes_rendezvous, pushes_buffered,
                   frame_dies, two_pushers, gone_rendezvous, gone_buffered, close_resumes_pop, close_resumes_push,
                   stop_resumes_pop, stop_resumes_push, stop_beside_push, stop_beside_pop, selects_meet,
                   selects_meet_both_ways, select_stopped, elsewhere>;
};

}  // namespace sluice::models
