// SPDX-License-Identifier: BSL-1.0
#pragma once
// after_func: Go's context.AfterFunc. Runs a function once a context has ended.
//
//   auto stop = after_func(ctx, [&] { connection.abort(); });  …  if (stop()) …  // it will not run
//
// Guarantee. The function is run once, at once if the context has ended; or it is stopped; or the context goes without having
// ended, and it is dropped. stop() says which of the first two. It does not wait for a function that runs. Linearization point
// of both: under the context's lock (detail/cancel_scope.hpp). O(1), one allocation, and what starting it costs.
#include <utility>

#include <sluice/context.hpp>
#include <sluice/detail/cancel_scope.hpp>
#include <sluice/detail/context_node.hpp>
#include <sluice/platform.hpp>

namespace sluice {
namespace detail {

// What runs once a scope has ended. Two references: the list's and the handle's.
template <class Platform, class F, class Start>
class function_node final : public context_node<Platform>, private dependent<Platform> {
 public:
  function_node(F f, Start start)
      : context_node<Platform>(nullptr, nullptr), f_(std::move(f)), start_(std::move(start)) {}
  // The scope it belongs to, if it has any. Runs at once where that has ended.
  void attach(cancel_scope<Platform>* to) {
    if (to == nullptr) return;
    this->add();
    if (!to->add_dependent(*this)) run();
  }
  static bool detach(context_node<Platform>& n, cancel_scope<Platform>& from) {
    auto& self = static_cast<function_node&>(n);
    if (!from.remove_dependent(self)) return false;
    self.forget();
    return true;
  }

 private:
  bool keep() noexcept override { return true; }  // the list's
  void tell(const context_end&, to_be_told<Platform>&) override { run(); }
  void forget() noexcept override { context_node<Platform>::drop(this); }
  void destroy() noexcept override { this->destroy_as(this); }
  // Nobody could take what `start_` throws, for it may be the clock that is here.
  void run() noexcept {
    const context_ref<function_node> kept(this);
    start_([kept] { kept->f_(); });
  }

  F f_;
  Start start_;
};

}  // namespace detail

// Keeps a function that after_func was given from running: stop(). True: it will not run; false: it was started, or
// stopped before. Dropping this stops nothing.
template <class Platform>
class basic_stop_func {
 public:
  bool operator()() {
    const auto f = std::exchange(function_, {});
    return f && (of_ == nullptr || detach_(*f, *of_));
  }

 private:
  using node = detail::context_node<Platform>;
  using scope = detail::cancel_scope<Platform>;
  using detach = bool (*)(node&, scope&);
  template <class P, class F, class Start>
  friend basic_stop_func<P> after_func(const basic_context<P>&, F, Start);
  basic_stop_func(basic_context<Platform> ctx, scope* of, detail::context_ref<node> f, detach d) noexcept
      : keeps_(std::move(ctx)), of_(of), function_(std::move(f)), detach_(d) {}
  basic_context<Platform> keeps_;
  scope* of_;
  detail::context_ref<node> function_;
  detach detach_;
};

// Runs f() once `c` has ended, wherever `start`, given a callable, runs it; what that throws ends the program. f lives until
// it has run, was stopped or its context is gone: one that holds its own context keeps it until that ends. Throws
// std::invalid_argument if `c` is none.
template <class P, class F, class Start>
basic_stop_func<P> after_func(const basic_context<P>& c, F f, Start start) {
  using function = detail::function_node<P, F, Start>;
  using node = detail::context_node<P>;
  node* const of = detail::context_access::parent(c, "after_func");
  detail::cancel_scope<P>* const s = of == nullptr ? nullptr : of->scope();
  auto n = detail::make_context_node<function, P>(std::move(f), std::move(start));
  n->attach(s);
  return basic_stop_func<P>(c, s, detail::context_ref<node>(n.release()), &function::detach);
}
// The same on a thread of its own, where a task ends `c` as a task of its own, or, if none can be started, on who ends `c`.
template <class P, class F>
basic_stop_func<P> after_func(const basic_context<P>& c, F f) {
  return after_func(c, std::move(f), [](auto run) {
    try {
      P::start(run);
    } catch (...) {  // no thread, no stack for a task, no memory
      run();
    }
  });
}

}  // namespace sluice
