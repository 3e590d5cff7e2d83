// SPDX-License-Identifier: BSL-1.0
#pragma once
// Runs a client against an execution graph. Operations that are in the graph already get their result from it; the
// others extend it. Threads run lowest first, each until it ends or blocks, so that what comes next is a function of
// the graph; a thread that reads from a write not yet made in this run lets the writer go ahead to it. So every run is
// a linearisation of po u rf, and plain memory holds what it should wherever the program is free of races.
#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <random>
#include <source_location>
#include <string>
#include <unordered_set>
#include <vector>

#include <kit/explore/checkpoints.hpp>
#include <kit/explore/course.hpp>
#include <kit/explore/fiber.hpp>
#include <kit/explore/fingerprint.hpp>
#include <kit/explore/forward.hpp>
#include <kit/explore/futures.hpp>
#include <kit/explore/heap.hpp>
#include <kit/explore/object.hpp>
#include <kit/explore/ordinary_heap.hpp>
#include <kit/explore/priorities.hpp>
#include <kit/explore/program.hpp>
#include <kit/explore/report.hpp>
#include <kit/explore/search.hpp>
#include <kit/explore/standstill.hpp>
#include <kit/explore/state_space.hpp>
#include <kit/explore/text.hpp>
#include <kit/explore/time_limit.hpp>

namespace sluice::explore {

class machine {
 public:
  machine(const program& p, const options& o)
      : options_(o),
        program_(p),
        search_(o.model, o.spurious),
        forward_(o.model, o.spurious, o.walks != 0 && o.seed == 0 ? 1 : o.seed),
        limit_(o.max_seconds) {
    for (unsigned t = 1; t < lanes; ++t) threads_[t].number = t;
    if (o.symmetry && o.replay.empty()) search_.twins().declare(p.twins);
    if (!o.symmetry || !o.states) program_.twins = {};
    if (o.states && !bounds_preemptions()) learning_ = o.learns_from, foresees_ = reduces_ = true;
    forward_.be_random(learning_ != 0);
    if (o.walks != 0) priorities_.start(p.threads, o.depth, o.seed);
  }
  static machine*& active() {
    static constinit thread_local machine* the_one = nullptr;
    return the_one;
  }

  // One execution, from the graph that the search stands at.
  outcome run();
  bool backtrack() { return by_steps() ? backtrack_steps() : search_.backtrack(); }
  void follow(const guide& g) { search_.follow(g); }
  // After a failure, the events without which it cannot be; all of them where that is not known.
  clock involved() const { return involved_; }
  // The execution of `g`, instead of whatever else was to be explored.
  outcome replay(const guide& g);
  search& alternatives() { return search_; }

  // --- what the platform calls, inside a client ---
  bool direct() const { return phase_ != phase::threads; }  // only one thread: the memory is the truth
  bool inside() const { return me_ != nullptr; }
  unsigned self() const { return me_->number; }
  std::uint64_t execution() const { return heap_.execution(); }
  heap& memory() { return heap_; }
  graph& events() { return *events_; }
  const graph& events() const { return *events_; }
  const options& settings() const { return options_; }
  clock past() { return past_of(*me_); }
  std::uint16_t now_at() const { return static_cast<std::uint16_t>(me_->done); }  // index of the next event
  template <class F>
  void each_object_in(const void* from, std::size_t bytes, const F& f);
  object_record& new_record(object& o);
  object_record& record_of(const object& o) { return records_[o.creator][o.serial]; }
  std::int64_t& time() { return me_->time; }
  void had_effect() {
    me_->loops.had_effect();
    me_->watch = clock_watch::idle;
  }
  std::int64_t look_at_clock(std::source_location where);

  ref perform(const request& r);                     // the first event of the operation
  ref perform_read(const request& r);  // may wait instead, for a loop without effect
  // Of an outcome of a wait: `for_no_reason` is the one that says so, if there is one.
  std::uint64_t choose(unsigned n, op how, std::source_location where, unsigned for_no_reason = 0);
  ref sleep(unsigned queue, std::uint64_t bit, bool may_end, unsigned stop_flag, std::source_location where);
  void pause(std::source_location at = std::source_location::current());
  bool leaves_out(const std::source_location& where, op how);  // a fence
  std::uint64_t changed() const { return changed_; }

  // --- one step at a time: machine_steps.hpp ---
  bool by_steps() const { return options_.states || walks(); }
  bool bounds_preemptions() const { return options_.preemptions != options::any_number; }
  bool walks() const { return options_.walks != 0 || learning_ != 0; }
  bool is_learning() const { return learning_ != 0; }
  const state_space& states() const { return states_; }
  const priorities& walked_by() const { return priorities_; }
  std::size_t most_alternatives() const { return forward_.most_alternatives(); }
  std::uint64_t sleep_by_step(const request& enter, bool may_end, unsigned stop_flag);
  void step_is_over() { me_->in_step = false; }
  void will_be_given(std::uint64_t what) { argument_ = what; }  // what else the operation is about to be given
  void keep_value_of(const object& o);  // for its maker, who does not know yet that another thread writes to it
  void destroys(const object& o) { destroys_shared_ = destroys_shared_ || o.creator == main_lane; }
  bool must_start_over(bool was_cut_off);
  bool enters_new_state();
  bool keeps_apart() const { return kept_apart_ != 0; }
  bool keeps_too_many_apart() const { return kept_apart_ > options_.most_apart; }
  bool finds_hopeless_state();
  // Tokens of the execution that leads there, and of ever more of what its threads go round with.
  const std::vector<std::string>& rounds() const { return rounds_; }
  void let_woken_go_first();
  bool spurious_wakes_left() { return spurious_wakes_left(*me_); }
  [[noreturn]] void prune() { block(op::prune, 0); }
  [[noreturn]] void fail(violation kind, std::string what);
  // A failure that is about to be reported is also that of what `lane` did before its event `index`.
  void involve(unsigned lane, unsigned index);

  std::uint16_t location_of(std::uint16_t creator, std::uint32_t serial);
  const std::vector<std::string>& location_names() const { return names_; }

  violation failure() const { return failure_; }
  const std::string& message() const { return message_; }
  time_limit& limit() { return limit_; }
  unsigned thread_count() const { return program_.threads; }

  // --- for whom looks at it from outside (see lookout.hpp) ---
  std::uint64_t footprint() const { return execution() << 24 ^ std::uint64_t{me_->number} << 16 ^ (me_->done + 1U); }
  std::string whereabouts() const;  // of who runs: "T1 came to file:7"
  bool overflowed(const void* fault) const { return me_->stack.overflowed(fault); }
  void was_interrupted() { me_->stack.is_all_used(); }

 private:
  enum class phase : std::uint8_t { setup, threads, finish };
  using state = course::state;
  using clock_watch = course::clock_watch;
  struct thread : course {
    unsigned number = 0;
    fiber stack;
    unsigned target = 0;  // hand back to `caller` after this one
    thread* caller = nullptr;  // the scheduler if null
    loop_detector loops;
    unsigned watched = 0;  // from this event on, the graph holds no effect of it
  };
  static constexpr unsigned no_target = std::numeric_limits<unsigned>::max();

  bool spurious_wakes_left(const thread& t);
  void pause_alone(const std::source_location& at);
  std::string part() const { return phase_ == phase::finish ? "finish()" : "the set-up"; }  // where it is direct
  void start_run();
  void begin();
  void begin_anew();
  template <class Visit>
  void each_part(const Visit& visit);
  static const std::byte* top_of(const thread& t);
  static bool keeps_elsewhere(const thread& t, const ordinary_heap& outside);
  void find_who_keeps_elsewhere();
  void keep_checkpoint();
  void go_back();
  unsigned end_of_effects(unsigned lane) const;
  void schedule();
  void resume(thread& t);
  thread* next_thread();
  void leave();  // to whoever lets this thread run
  void leave_for_good();  // to the scheduler
  void demand(ref write);
  [[noreturn]] void block(op how, std::uint64_t since);
  void extend(const request& r);
  void add_stack(fingerprint& f, const thread& t, const std::byte* top);
  std::uint64_t memory_now();
  void goes_away(thread& t);
  void comes_back(thread& t);
  loop_detector::verdict look_for_loop(const request& r, bool reads_on);
  [[noreturn]] void fail_for_role(const request& r);
  friend class state_key;
  outcome schedule_steps();
  std::uint32_t next_to_move();
  std::uint32_t next_within_bound();
  bool let_all_come_to_rest();
  bool serve_and_note(thread& t);
  void note_way(const thread& t, futures::place from, unsigned already_done);
  futures::place place_of(const thread& t) const;
  futures::acts expected_of(const thread& t);
  futures::locations awaited_by(const thread& t);
  futures::locations left_by(const thread& t);
  bool is_held_up(const thread& t) const;
  void leave_out_independent();
  std::uint32_t closure_of(std::uint32_t first, const std::array<futures::locations, lanes>& writes,
                           const std::array<futures::locations, lanes>& awaits) const;
  void go_on_for_a_while();
  bool goes_on_learning();
  bool learns_no_more() const;
  void go_round();
  bool find_enabled();
  void ends_of(const thread& t, std::vector<std::uint32_t>& ends, std::uint32_t& possible);
  void start_over();
  void take_step(const request& r);
  void rest(const request& r);
  bool serve(thread& t);
  bool has_written(unsigned n) const;
  bool has_written_of_twins(unsigned n) const;
  bool serve_in_turn(thread& t);
  void run_main();
  bool backtrack_steps();
  void prepare_to_follow(const request& r);
  void check_followed(bool is_possible, const request& r);
  [[noreturn]] void fail_for_token(ref write);
  const order_change* change_at(const std::source_location& where, op how);
  void change_order(request& r);
  void check_same(const event& e, const request& r);
  bool is_to_be_repeated();
  outcome repeat();
  void check_repeated(const request& r);
  std::uint32_t decide(const std::vector<std::uint32_t>& from);
  void is_not_deterministic(const std::string& how);
  [[noreturn]] void fail_to_repeat(const request& r);
  void finish_operation();
  ref wake_for(const thread& t);
  outcome conclude();
  bool is_stuck(const thread& t);
  bool reads_newest(const thread& t, unsigned since);
  void report_deadlock();
  static void thread_body(void* self);
  static void main_body(void* self);
  clock past_of(const thread& t) {
    if (t.done == 0) return clock::at_start();
    return events().at({static_cast<std::uint16_t>(t.number), static_cast<std::uint16_t>(t.done - 1)}).hb;
  }

  options options_;
  program program_;
  search search_;
  forward forward_;
  time_limit limit_;
  graph* events_ = nullptr;
  static constexpr std::uint64_t depth_of_operations = 128;  // in words of the stack, about
  state_space states_;
  static constexpr std::int64_t time_passed =
      std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::years(10)).count();
  static bool is_late(const thread& t) { return t.time >= 25 * time_passed; }
  static constexpr unsigned least_unsurprised = 8;
  futures futures_;
  bool foresees_ = false;  // by states: does what threads may still do count?
  bool reduces_ = false;  // by states: are independent threads left out?
  unsigned learning_ = 0;  // by states: so many executions at random come first, at most
  unsigned unsurprised_ = 0;
  std::minstd_rand turns_;
  std::uint64_t completed_ = 0;  // by states: executions that came to an end
  bool repeats_ = false;  // by states: runs again what it ran before,
  graph before_;  // which is that
  checkpoints checkpoints_;
  std::uint32_t keep_elsewhere_ = 0;  // by states: a bit for each thread that keeps what is no part of one
  std::uint64_t kept_apart_ = 0;  // by states: those in which some thread does
  std::vector<std::uint32_t> enabled_;
  std::vector<std::uint32_t> ends_;
  std::uint64_t argument_ = 0;
  bool impossible_ = false;  // by steps: this path leads nowhere
  bool destroys_shared_ = false;
  bool strict_ = false;
  std::uint64_t walked_ = 0;
  std::uint32_t moved_ = 0;  // by steps: the thread whose step was last
  std::uint32_t preempted_ = 0;
  priorities priorities_;
  heap heap_;
  fiber scheduler_;
  std::array<thread, lanes> threads_;
  thread* me_ = nullptr;
  phase phase_ = phase::setup;
  standstill still_;
  void* client_ = nullptr;
  std::vector<std::byte> stack_;  // a copy of what is looked at
  std::unordered_set<std::uint64_t> loop_places_;  // where threads were seen to go round
  bool once_more_ = false;  // the same execution again, for a new one of these
  violation failure_ = violation::none;
  std::string message_;
  clock involved_;
  std::uint64_t changed_ = 0;
  std::array<std::vector<std::uint16_t>, lanes> location_numbers_;
  unsigned location_count_ = 0;
  std::vector<std::string> names_;
  std::vector<std::string> rounds_;
  std::array<std::vector<object_record>, lanes> records_;
};

}  // namespace sluice::explore

#include <kit/explore/machine_checkpoints.hpp>
#include <kit/explore/machine_independence.hpp>
#include <kit/explore/machine_loops.hpp>
#include <kit/explore/machine_operations.hpp>
#include <kit/explore/machine_repeat.hpp>
#include <kit/explore/machine_run.hpp>
#include <kit/explore/machine_steps.hpp>
#include <kit/explore/state_key.hpp>
