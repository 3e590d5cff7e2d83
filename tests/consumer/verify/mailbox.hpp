#pragma once
// A structure that is none of Sluice's: a place for one message, which is overwritten while nobody takes it.
#include <atomic>
#include <memory>
#include <sluice/platform.hpp>

template <class Platform = sluice::std_platform, std::memory_order Publish = std::memory_order::acq_rel>
class mailbox {
 public:
  mailbox() = default;
  mailbox(const mailbox&) = delete;
  mailbox& operator=(const mailbox&) = delete;
  ~mailbox() { drop(full_.load(std::memory_order::relaxed)); }

  void post(int message) {
    letter* const l = std::construct_at(allocator().allocate(1));
    l->message.store(message);
    drop(full_.exchange(l, Publish));
  }
  // The message, or 0 if there is none.
  int take() {
    letter* const l = full_.exchange(nullptr, std::memory_order::acquire);
    if (l == nullptr) return 0;
    const int message = l->message.load();
    drop(l);
    return message;
  }

 private:
  struct letter {
    typename Platform::template var<int> message;
  };
  using allocator = typename Platform::template allocator<letter>;
  static void drop(letter* l) {
    if (l == nullptr) return;
    std::destroy_at(l);
    allocator().deallocate(l, 1);
  }

  typename Platform::template atomic<letter*> full_{nullptr};  // [letter] post -> take, post
};
