// SPDX-License-Identifier: BSL-1.0
#pragma once
// A list of sleepers, in the order in which they came. Each sleeps on a word of its own, on its own stack, so that exactly
// those wake up who are meant, and a sleeper that gives up leaves no trace.
//
// The list is guarded by its owner's mutex. A node is taken out under the mutex and signalled after it: the signal is the
// last that the waker does to the node, which is gone as soon as its thread has seen it.
//
// Invariant: a node that is not linked any more is or will be signalled, unless its own thread took it out.
//
// Edges (release -> acquire)
//   [signal]  signal -> sleep   the waker is through with the node; what it did before is seen by who is woken
#include <cstdint>

#include <sluice/platform.hpp>

namespace sluice::detail {

template <class Platform>
class sleeper_list {
 public:
  class node {
   public:
    node() = default;
    node(const node&) = delete;
    node& operator=(const node&) = delete;

    // Sleeps until signalled (true), or until `deadline` or a stop (false). After false the node may be linked or not.
    bool sleep(typename Platform::time_point deadline, const typename Platform::stop_token& stop) {
      while (signalled_.load(std::memory_order_acquire) == 0) {  // [signal] <- signal
        if (Platform::wait(signalled_, 0, deadline, stop) != wait_result::woken) return false;
      }
      return true;
    }
    // Sleeps until signalled, which somebody is about to do.
    void sleep() { static_cast<void>(sleep(Platform::no_deadline, {})); }

   private:
    friend class sleeper_list;
    template <class T>
    using var = typename Platform::template var<T>;
    // Under the list's mutex; `next_` belongs to the waker once the node is taken out.
    var<node*> next_{nullptr};
    var<node*> previous_{nullptr};
    var<bool> linked_{false};
    typename Platform::template atomic<std::uint32_t> signalled_{0};
  };

  bool empty() const { return first_.load() == nullptr; }
  node* first() const { return first_.load(); }

  void append(node& n) {
    node* const last = last_.load();
    n.previous_.store(last);
    n.linked_.store(true);
    if (last == nullptr)
      first_.store(&n);
    else
      last->next_.store(&n);
    last_.store(&n);
  }
  // Takes `n` out; false if that was done already.
  bool remove(node& n) {
    if (!n.linked_.load()) return false;
    node* const next = n.next_.load();
    node* const previous = n.previous_.load();
    if (previous == nullptr)
      first_.store(next);
    else
      previous->next_.store(next);
    if (next == nullptr)
      last_.store(previous);
    else
      next->previous_.store(previous);
    n.next_.store(nullptr);
    n.linked_.store(false);
    return true;
  }

  // What was taken out under the mutex and is signalled after it, in order.
  class batch {
   public:
    void add(node& n) {
      if (first_ == nullptr)
        first_ = &n;
      else
        last_->next_.store(&n);
      last_ = &n;
    }
    void signal() {
      for (node* n = first_; n != nullptr;) {
        node* const next = n->next_.load();  // before the signal, after which the node may be gone
        const auto sleeper = Platform::key_of(n->signalled_);
        n->signalled_.store(1, std::memory_order_release);  // [signal] -> sleep
        Platform::wake_by_key(sleeper);
        n = next;
      }
      first_ = nullptr;
    }

   private:
    node* first_ = nullptr;
    node* last_ = nullptr;
  };

 private:
  typename Platform::template var<node*> first_{nullptr};
  typename Platform::template var<node*> last_{nullptr};
};

}  // namespace sluice::detail
