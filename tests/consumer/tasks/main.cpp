// A hello from a task to another one, by the installed package.
#include <sluice/chan.hpp>
#include <sluice/task.hpp>

#include <iostream>
#include <type_traits>

static_assert(std::is_same_v<decltype(sluice::default_scheduler().run([] { return 'x'; })), char>);

int main() {
  const int sum = sluice::default_scheduler().run([] {
    const auto numbers = sluice::make_chan<int>(0);
    sluice::go([numbers]() mutable {
      for (int i = 1; i <= 1000; ++i) numbers.push(i);
      numbers.close();
    });
    int total = 0;
    for (const int n : numbers) total += n;
    return total;
  });
  std::cout << (sum == 500'500 ? "tasks consumer: ok\n" : "tasks consumer: lost or duplicated elements\n");
  return sum == 500'500 ? 0 : 1;
}
