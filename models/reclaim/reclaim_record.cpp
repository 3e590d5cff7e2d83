// SPDX-License-Identifier: BSL-1.0
// The paths through reclaim that its proof is about. A batch is one object.
#include <optional>
#include <stdexcept>

#include <kit/record/platform.hpp>
#include <sluice/reclaim.hpp>

namespace {

using platform = sluice::record::platform;
using domain = sluice::basic_reclaim_domain<platform>;
using reclaimer = sluice::basic_reclaimer<platform>;
using sluice::record::recorder;

struct node : sluice::basic_reclaim_obj<platform> {
  using sluice::basic_reclaim_obj<platform>::basic_reclaim_obj;
};
using link = platform::atomic<node*>;

void require(bool holds, const char* what) {
  if (!holds) throw std::logic_error(what);
}

void comes_and_goes() {
  recorder& rec = recorder::the();
  domain all(1);
  std::optional<reclaimer> first, second;
  rec.path("claim.new", [&] { first.emplace(all); });
  rec.path("end.clean", [&] { first.reset(); });
  rec.path("claim.again", [&] { first.emplace(all); });
  std::optional<reclaimer> faster;
  rec.path("claim.overtaken", [&] { second.emplace(all); },
           {{"claim", "compare_exchange_weak", [&] { faster.emplace(all); }}});
}

void births() {
  recorder& rec = recorder::the();
  domain all(2);
  reclaimer r(all);
  rec.path("birth", [&] { delete new node(r); });
  rec.path("birth.tick", [&] { delete new node(r); });
}

void sections() {
  recorder& rec = recorder::the();
  domain all(1);
  reclaimer r(all), peer(all);
  const link root(nullptr);
  const auto look = [&] { r.protect(root, std::memory_order_acquire); };
  rec.path("lock", [&] { r.lock(); });
  rec.path("protect", look);
  rec.path("protect.moved_on", look, {{"protect", "load", [&] { peer.collect(); }}});
  rec.path("unlock", [&] { r.unlock(); });
  rec.path("lock.leaf", [&] { require(r.try_lock_leaf(), "no section is open"); });
  rec.path("unlock.leaf", [&] { r.unlock_leaf(); });
  r.lock();
  r.retire(new node(r));
  require(r.garbage() == 1, "it is not kept until the section ends");
  rec.path("unlock.collects", [&] { r.unlock(); });
  require(r.garbage() == 0, "nobody is inside");
}

void garbage() {
  recorder& rec = recorder::the();
  domain all(1);
  reclaimer reader(all);
  std::optional<reclaimer> writer;
  writer.emplace(all);
  const link root(new node(*writer));
  reader.lock();
  node* const old = reader.protect(root, std::memory_order_acquire);
  rec.path("retire.kept", [&] { writer->retire(old); });
  require(writer->garbage() == 1, "somebody holds it");
  rec.path("end.leaves", [&] { writer.reset(); });
  reader.unlock();
  rec.path("adopts", [&] { reader.collect(); });
  require(reader.garbage() == 0, "nobody holds it any more");
}

}  // namespace

int main() {
  comes_and_goes();
  births();
  sections();
  garbage();
}
