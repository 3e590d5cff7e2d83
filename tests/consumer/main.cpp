// An application that knows nothing of Sluice but its public header.
#include <sluice/bounded_queue.hpp>

#include <iostream>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>

static_assert(std::is_same_v<decltype(std::declval<sluice::bounded_queue<int>&>().pop()), std::optional<int>>);

int main() {
  constexpr int count = 1000;
  sluice::bounded_queue<int> queue(4);
  std::thread producer([&queue] {
    for (int i = 1; i <= count; ++i) {
      if (!queue.push(i)) return;
    }
    queue.close();
  });
  long sum = 0;
  while (const std::optional<int> value = queue.pop()) sum += *value;
  producer.join();
  const bool as_expected = sum == long{count} * (count + 1) / 2;
  std::cout << (as_expected ? "consumer: ok\n" : "consumer: lost or duplicated elements\n");
  return as_expected ? 0 : 1;
}
