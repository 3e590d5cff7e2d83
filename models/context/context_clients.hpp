// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of context. Each client: one property, bounds in its shape. Deadlines and stop tokens end a context by the same
// step as a cancel; timer_heap has a model of its own.
#include <optional>
#include <utility>

#include <sluice/after_func.hpp>
#include <sluice/context.hpp>

namespace sluice::models {

template <class Engine>
struct context_clients {
  using platform = typename Engine::platform;
  using number = typename platform::template var<int>;
  using ctx = basic_context<platform>;
  using canceled = canceled_by<platform>;

  struct cancel_against_attach {
    static constexpr const char* name = "cancel_against_attach";
    static constexpr const char* property =
        "who comes to a parent that is being cancelled is cancelled, and sees what came before";
    static constexpr unsigned threads = 2;

    canceled parent = with_cancel(background<platform>());
    std::optional<canceled> child{};
    number before{0};

    void thread(unsigned index) {
      if (index == 0) {
        before.store(1);
        return parent.cancel();
      }
      child.emplace(with_cancel(parent.ctx));
      if (child->ctx.err()) Engine::require(before.load() == 1, "what came before the end is seen");
    }
    void finish() { Engine::require(child->ctx.err() == context_errc::canceled, "the child has ended"); }
  };

  struct cancel_against_drop {
    static constexpr const char* name = "cancel_against_drop";
    static constexpr const char* property =
        "a child that goes while its parent ends is left alone, and its sibling is not";
    static constexpr unsigned threads = 2;

    canceled parent = with_cancel(background<platform>());
    canceled stays = with_cancel(parent.ctx);
    std::optional<canceled> goes{with_cancel(parent.ctx)};

    void thread(unsigned index) {
      if (index == 0) return parent.cancel();
      goes.reset();
    }
    void finish() { Engine::require(stays.ctx.err() == context_errc::canceled, "the sibling has ended"); }
  };

  // Both end the child, for reasons of their own.
  struct one_reason {
    static constexpr const char* name = "one_reason";
    static constexpr const char* property = "a context ends once, for one reason, and never ends its parent";
    static constexpr unsigned threads = 2;

    canceled_by<platform, true> parent = with_cancel_cause(background<platform>());
    canceled_by<platform, true> child = with_cancel_cause(parent.ctx);
    std::optional<canceled> below{with_cancel(child.ctx)};

    void thread(unsigned index) {
      if (index == 0) return parent.cancel(std::make_error_code(std::errc::io_error));
      child.cancel(std::make_error_code(std::errc::bad_address));
      const failure why = child.ctx.cause();
      Engine::require(why.code() == std::errc::io_error || why.code() == std::errc::bad_address, "it has a reason");
      Engine::require(child.ctx.cause() == why, "and keeps it");
    }
    void finish() {
      Engine::require(parent.ctx.cause().code() == std::errc::io_error, "the parent ends for its own");
      Engine::require(below->ctx.cause() == child.ctx.cause(), "who is below ends for the same reason");
    }
  };

  struct done_and_err {
    static constexpr const char* name = "done_and_err";
    static constexpr const char* property = "err() is set if and only if done() is closed";
    static constexpr unsigned threads = 2;

    canceled made = with_cancel(background<platform>());
    receiver<void, platform> done = made.ctx.done();

    void thread(unsigned index) {
      if (index == 0) return made.cancel();
      if (Engine::choose(2) == 0) {
        if (made.ctx.err()) Engine::require(done.is_closed(), "done is closed");
      } else if (done.is_closed()) {
        Engine::require(static_cast<bool>(made.ctx.err()), "err is set");
      }
    }
    void finish() { Engine::require(done.is_closed(), "done is closed at last"); }
  };

  struct cause_is_seen {
    static constexpr const char* name = "cause_is_seen";
    static constexpr const char* property = "who finds a cause sees what was done before it was given";
    static constexpr unsigned threads = 2;

    canceled_by<platform, true> made = with_cancel_cause(background<platform>());
    number before{0};

    void thread(unsigned index) {
      if (index == 0) {
        before.store(1);
        return made.cancel(std::make_error_code(std::errc::io_error));
      }
      if (made.ctx.cause()) Engine::require(before.load() == 1, "what came before is seen");
    }
    void finish() {}
  };

  struct stop_against_run {
    static constexpr const char* name = "stop_against_run";
    static constexpr const char* property = "a function is run or stopped, and stop says which";
    static constexpr unsigned threads = 2;

    canceled made = with_cancel(background<platform>());
    number runs{0};
    std::optional<basic_stop_func<platform>> stop{
        after_func(made.ctx, [this] { runs.store(runs.load() + 1); }, [](auto run) { run(); })};
    bool stopped = false;

    void thread(unsigned index) {
      if (index == 0) return made.cancel();
      stopped = (*stop)();
    }
    void finish() { Engine::require(runs.load() == (stopped ? 0 : 1), "it ran unless it was stopped"); }
  };

  // The child is one on whose end nothing would follow, until it is asked for `done`.
  struct done_against_parent {
    static constexpr const char* name = "done_against_parent";
    static constexpr const char* property = "a child that is asked for done() while its parent ends closes it";
    static constexpr unsigned threads = 2;

    canceled parent = with_cancel(background<platform>());
    canceled child = with_cancel(parent.ctx);
    std::optional<receiver<void, platform>> done{};

    void thread(unsigned index) {
      if (index == 0) return parent.cancel();
      done.emplace(child.ctx.done());
      if (child.ctx.err()) Engine::require(done->is_closed(), "done is closed once err is set");
    }
    void finish() { Engine::require(done->is_closed() && child.ctx.err(), "the child has ended"); }
  };

  struct attach_below {
    static constexpr const char* name = "attach_below";
    static constexpr const char* property = "who comes to a child while its parent ends is cancelled with it";
    static constexpr unsigned threads = 2;

    canceled parent = with_cancel(background<platform>());
    canceled child = with_cancel(parent.ctx);
    std::optional<canceled> below{};

    void thread(unsigned index) {
      if (index == 0) return parent.cancel();
      below.emplace(with_cancel(child.ctx));
    }
    void finish() { Engine::require(below->ctx.err() == context_errc::canceled, "who is below has ended"); }
  };

  struct cancel_against_inner_drop {
    static constexpr const char* name = "cancel_against_inner_drop";
    static constexpr const char* property =
        "of a child and its own that go while its parent ends nothing is touched again";
    static constexpr unsigned threads = 2;

    canceled parent = with_cancel(background<platform>());
    std::optional<canceled> goes{with_cancel(parent.ctx)};
    std::optional<canceled> below{with_cancel(goes->ctx)};

    void thread(unsigned index) {
      if (index == 0) return parent.cancel();
      goes.reset();
      below.reset();
    }
    void finish() { Engine::require(parent.ctx.err() == context_errc::canceled, "the parent has ended"); }
  };

  // Two who hold a context, one of whom is the last.
  struct last_one {
    static constexpr const char* name = "last_one";
    static constexpr const char* property = "a context goes once, after everything that was done to it";
    static constexpr unsigned threads = 2;

    canceled parent = with_cancel(background<platform>());
    std::optional<ctx> held[2]{};

    last_one() {
      held[0] = with_cancel(parent.ctx).ctx;
      held[1] = held[0];
    }
    void thread(unsigned index) {
      if (index == 0) static_cast<void>(held[0]->done());
      held[index].reset();
    }
    void finish() {}
  };
};

}  // namespace sluice::models
