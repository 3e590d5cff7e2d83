// SPDX-License-Identifier: BSL-1.0
#pragma once
// What contexts are made of: nodes that keep what they come from alive, by count, and lists of who has to be told of an end.
//
// A node knows its parent and keeps it; a parent knows who depends on it and does not keep it, but for functions that are to
// run. So a node goes with its last handle. It leaves its parent's list before it goes; who finds it there when its count is
// zero already leaves it alone.
//
// Invariants
//   1. Who is in a list is whole: a node leaves (going()) before its destructor begins.
//   2. Who was taken out of a list to be told has a reference that lasts until then; its link belongs to who tells.
//
// Edges (release -> acquire)
//   [last]  every other reference's end -> the last one's   whatever they did is over before the node goes
// Relaxed: a reference is made from one that is there, or under the lock of the list in which the node is, which it would
// have to take before it goes.
#include <cstdint>
#include <memory>
#include <utility>

#include <sluice/platform.hpp>

namespace sluice::detail {

template <class Platform>
class cancel_scope;

template <class Platform>
class context_node {
 public:
  // With one reference, the maker's. `scope`: whose end is this one's end, if any.
  context_node(context_node* parent, cancel_scope<Platform>* scope) noexcept : parent_(parent), scope_(scope) {
    if (parent_ != nullptr) parent_->add();
  }
  context_node(const context_node&) = delete;
  context_node& operator=(const context_node&) = delete;

  void add() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
  // False: it is going.
  bool try_add() noexcept {
    std::uint32_t n = references_.load(std::memory_order_relaxed);
    while (n != 0)
      if (references_.compare_exchange_weak(n, n + 1, std::memory_order_relaxed, std::memory_order_relaxed))
        return true;
    return false;
  }
  // Gives a reference back; parents go without recursion, for a chain may be long.
  static void drop(context_node* n) noexcept {
    while (n != nullptr && n->is_last()) {
      n->going();
      context_node* const parent = std::exchange(n->parent_, nullptr);
      n->destroy();
      n = parent;
    }
  }

  context_node* parent() const noexcept { return parent_; }
  cancel_scope<Platform>* scope() const noexcept { return scope_; }
  // The value of that key that was given to this very node, if any.
  virtual const void* own_value(const void*) const noexcept { return nullptr; }

 protected:
  virtual ~context_node() { drop(parent_); }
  template <class Node>
  static void destroy_as(Node* n) noexcept {
    typename Platform::template allocator<Node> a;
    std::destroy_at(n);
    std::allocator_traits<decltype(a)>::deallocate(a, n, 1);
  }

 private:
  virtual void going() noexcept {}
  virtual void destroy() noexcept = 0;

  bool is_last() noexcept {
    if (references_.fetch_sub(1, std::memory_order_release) != 1) return false;  // [last] -> the load
    static_cast<void>(references_.load(std::memory_order_acquire));  // [last] <- the others' fetch_sub
    return true;
  }

  typename Platform::template atomic<std::uint32_t> references_{1};
  context_node* parent_;
  cancel_scope<Platform>* const scope_;
};

// A reference, or none.
template <class Node>
class context_ref {
 public:
  context_ref() noexcept = default;
  // Takes over a reference.
  explicit context_ref(Node* n) noexcept : node_(n) {}
  context_ref(const context_ref& other) noexcept : node_(other.node_) {
    if (node_ != nullptr) node_->add();
  }
  context_ref(context_ref&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  context_ref& operator=(context_ref other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~context_ref() { Node::drop(node_); }

  Node* get() const noexcept { return node_; }
  Node* operator->() const noexcept { return node_; }
  Node& operator*() const noexcept { return *node_; }
  explicit operator bool() const noexcept { return node_ != nullptr; }
  Node* release() noexcept { return std::exchange(node_, nullptr); }

 private:
  Node* node_ = nullptr;
};

// A new node, which its destroy() gives back.
template <class Node, class Platform, class... Args>
context_ref<Node> make_context_node(Args&&... args) {
  typename Platform::template allocator<Node> a;
  using traits = std::allocator_traits<decltype(a)>;
  Node* const n = traits::allocate(a, 1);
  try {
    return context_ref<Node>(std::construct_at(n, std::forward<Args>(args)...));
  } catch (...) {
    traits::deallocate(a, n, 1);
    throw;
  }
}

// A value for those below.
template <class Platform, class T>
class value_node final : public context_node<Platform> {
 public:
  template <class U>
  value_node(context_node<Platform>* parent, cancel_scope<Platform>* scope, const void* key, U&& v)
      : context_node<Platform>(parent, scope), key_(key), value_(std::forward<U>(v)) {}
  const void* own_value(const void* key) const noexcept override {
    return key == key_ ? std::addressof(value_) : nullptr;
  }

 private:
  void destroy() noexcept override { this->destroy_as(this); }
  const void* const key_;
  const T value_;
};

// The values of its parent, and no end.
template <class Platform>
class uncanceled_node final : public context_node<Platform> {
 public:
  explicit uncanceled_node(context_node<Platform>* parent) noexcept : context_node<Platform>(parent, nullptr) {}

 private:
  void destroy() noexcept override { this->destroy_as(this); }
};

}  // namespace sluice::detail
