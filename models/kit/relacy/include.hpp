// SPDX-License-Identifier: BSL-1.0
#pragma once
// The one file that includes Relacy (Vyukov's race detector): its component headers, never <relacy/relacy.hpp>, which
// redefines new, delete, malloc, free, assert, errno and memory_order_*. One translation unit per program includes it.
#include <cxxabi.h>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

#include <relacy/base.hpp>
// base.hpp comes first: the others rely on its names.
#include <relacy/context.hpp>
#include <relacy/context_base_impl.hpp>
// and on the context's.
#include <relacy/atomic.hpp>
#include <relacy/atomic_fence.hpp>
#include <relacy/backoff.hpp>
#include <relacy/dyn_thread.hpp>
#include <relacy/test_suite.hpp>
#include <relacy/thread_local.hpp>
#include <relacy/var.hpp>
// Unused here, but the context is incomplete without them.
#include <relacy/stdlib/condition_variable.hpp>
#include <relacy/stdlib/event.hpp>
#include <relacy/stdlib/mutex.hpp>
#include <relacy/stdlib/semaphore.hpp>
#undef TlsAlloc
#undef TlsFree
#undef TlsGetValue
#undef TlsSetValue

// Relacy tracks allocations by replacing the C++98 operators. Without the sized and aligned forms its blocks would
// reach ::free. An aligned block remembers, before its start, the block that it lies in.
inline void* sluice_relacy_new_aligned(std::size_t n, std::size_t align) {
  char* const raw = static_cast<char*>(::operator new(n + align + sizeof(void*)));
  const std::uintptr_t first = reinterpret_cast<std::uintptr_t>(raw) + sizeof(void*);
  char* const aligned = raw + ((first + align - 1) / align * align - reinterpret_cast<std::uintptr_t>(raw));
  std::memcpy(aligned - sizeof(void*), &raw, sizeof raw);
  return aligned;
}
inline void sluice_relacy_delete_aligned(void* p) noexcept {
  if (p == nullptr) return;
  char* raw = nullptr;
  std::memcpy(&raw, static_cast<char*>(p) - sizeof(void*), sizeof raw);
  ::operator delete(raw);
}
// Not inlined: where g++ 12 sees Relacy's free but no longer its malloc, it takes the two for a mismatched pair.
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { ::operator delete(p); }
[[gnu::noinline]] void operator delete[](void* p, std::size_t) noexcept { ::operator delete[](p); }
// Relacy's are inline. Emitted, they are also the C++ library's own, which frees what it took from this operator new.
[[gnu::used]] inline void (*const sluice_relacy_delete)(void*) = &::operator delete;
[[gnu::used]] inline void (*const sluice_relacy_delete_array)(void*) = &::operator delete[];
void* operator new(std::size_t n, std::align_val_t a) { return sluice_relacy_new_aligned(n, std::size_t(a)); }
void operator delete(void* p, std::align_val_t) noexcept { sluice_relacy_delete_aligned(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { sluice_relacy_delete_aligned(p); }
