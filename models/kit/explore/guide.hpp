// SPDX-License-Identifier: BSL-1.0
#pragma once
// One execution as a token, and the way back: what each event of each thread decided. A token says, thread by thread,
//
//   r2.5  reads from event 5 of lane 2       r-   reads the initial value      (s after it: and fails spuriously)
//   w3    a write, the third of its location in coherence order
//   c1    a choice                           f    a fence                      b   goes no further
//
// with `,` between decisions and `/` between threads; the last lane is that of the client's constructor and finish().
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <kit/explore/graph.hpp>
#include <kit/explore/text.hpp>

namespace sluice::explore {

class guide {
 public:
  struct decision {
    char what = 'f';
    bool spurious = false;
    ref from = nothing;       // nothing: the initial write
    std::uint64_t value = 0;  // of a choice; rank of a write
  };

  static std::string token_of(const graph& g) { return token_of(g, clock::everything()); }
  // Of the events that `kept` knows.
  static std::string token_of(const graph& g, const clock& kept) {
    std::string token;
    for (unsigned t = 1; t < lanes; ++t) {
      if (t > 1) token += "/";
      for (unsigned i = 0; i < g.size(t) && static_cast<clock::count>(i) < kept.seen[t]; ++i) {
        if (i > 0) token += ",";
        token += text_of(g, {static_cast<std::uint16_t>(t), static_cast<std::uint16_t>(i)});
      }
    }
    return token;
  }

  guide() = default;
  // Throws std::invalid_argument, which says what is wrong, if that is no execution's of so many threads, whatever they do.
  guide(std::string_view token, unsigned threads) {
    unsigned lane = 1;
    each_part(token, '/', [&](std::string_view decisions) {
      if (lane == lanes) throw std::invalid_argument("it has more than " + std::to_string(lanes - 1) + " lanes");
      if (!decisions.empty())
        each_part(decisions, ',', [&](std::string_view text) { lanes_[lane].push_back(parsed(text, lane)); });
      ++lane;
    });
    check_lanes(threads);
    check_order();
  }

  unsigned size(unsigned lane) const { return static_cast<unsigned>(lanes_[lane].size()); }
  bool covers(ref e) const { return e.index < lanes_[e.thread].size(); }
  const decision& of(ref e) const { return lanes_[e.thread][e.index]; }
  ref write_for(ref read, unsigned loc) const {
    const ref from = of(read).from;
    return from == nothing ? initial_write(loc) : from;
  }
  // After which of the writes that are there does w stand?
  ref place_for(const graph& g, ref w) const {
    ref before = g.co_last(g.at(w).loc);
    while (!is_initial(before) && covers(before) && of(before).value > of(w).value) before = g.at(before).co_prev;
    return before;
  }
  // Why the client that asks for `r` there does not do what the token says. Empty: it may.
  std::string contradiction(ref e, const request& r) const {
    const decision& d = of(e);
    if (d.what != letter_of(r.what)) return here(e) + meaning(d.what) + ", but the client " + asked(r);
    if (d.spurious && r.how != op::cas_weak)
      return here(e) + "a weak compare-exchange that fails for no reason, but the client " + asked(r);
    return {};
  }
  // "decision 2 of lane 1 is ", to be gone on with.
  static std::string here(ref e) {
    return detail::text("decision ", e.index) + " of lane " + std::to_string(e.thread) + " is ";
  }

 private:
  static std::string text_of(const graph& g, ref name) {
    const event& e = g.at(name);
    switch (e.what) {
      case kind::read: {
        const std::string from =
            is_initial(e.rf) ? "-" : std::to_string(e.rf.thread) + "." + std::to_string(e.rf.index);
        return detail::text("r", from) + (e.spurious ? "s" : "");
      }
      case kind::write: {
        unsigned rank = 0;
        for (ref w = name; !is_initial(w); w = g.at(w).co_prev) ++rank;
        return detail::text("w", rank);
      }
      case kind::choice: return detail::text("c", e.value);
      case kind::fence: return "f";
      case kind::block: break;
    }
    return "b";
  }

  static char letter_of(kind k) {
    constexpr char letters[] = {'r', 'w', 'f', 'c', 'b'};
    return letters[static_cast<unsigned>(k)];
  }
  static std::string meaning(char what) {
    constexpr std::string_view letters = "rwfcb";
    constexpr const char* meanings[] = {"a read", "a write", "a fence", "a choice", "an end"};
    return meanings[letters.find(what)];
  }
  static std::string asked(const request& r) {
    std::string file = r.where.file_name();
    file.erase(0, file.find_last_of('/') + 1);
    constexpr const char* does[] = {"reads", "writes", "has a fence", "chooses", "ends"};
    return does[static_cast<unsigned>(r.what)] + detail::text(" at ", file) + ":" + std::to_string(r.where.line());
  }

  template <class F>
  static void each_part(std::string_view text, char separator, const F& f) {
    for (;;) {
      const std::size_t end = text.find(separator);
      f(text.substr(0, end));
      if (end == std::string_view::npos) return;
      text.remove_prefix(end + 1);
    }
  }

  decision parsed(std::string_view text, unsigned lane) const {
    const auto wrong = [&](const char* why) {
      return std::invalid_argument(detail::text("decision ", size(lane)) + " of lane " + std::to_string(lane) + ", '" +
                                   std::string(text) + "', " + why);
    };
    decision d;
    std::string_view rest = text;
    if (rest.empty() || std::string_view("rwcfb").find(rest[0]) == std::string_view::npos)
      throw wrong("begins with none of r, w, c, f and b");
    d.what = rest[0];
    rest.remove_prefix(1);
    if (d.what == 'r') {
      if (rest.ends_with('s')) d.spurious = true, rest.remove_suffix(1);
      if (rest == "-") return d;
      const std::size_t dot = rest.find('.');
      std::uint16_t thread = 0, index = 0;
      if (dot == std::string_view::npos || !is_number(rest.substr(0, dot), thread) ||
          !is_number(rest.substr(dot + 1), index))
        throw wrong("is neither r- nor rLANE.EVENT");
      d.from = {thread, index};
    } else if (d.what == 'w' || d.what == 'c') {
      if (!is_number(rest, d.value)) throw wrong("wants a number after its letter, and nothing else");
      if (d.what == 'w' && d.value == 0) throw wrong("is a write before the first one");
    } else if (!rest.empty()) {
      throw wrong("is more than its letter");
    }
    return d;
  }
  template <class N>
  static bool is_number(std::string_view text, N& n) {
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    const auto [at, error] = std::from_chars(begin, end, n);
    return !text.empty() && at == end && error == std::errc();
  }

  void check_lanes(unsigned threads) const {
    for (unsigned t = 1; t < lanes; ++t)
      for (unsigned i = 0; i != size(t); ++i) {
        const ref e{static_cast<std::uint16_t>(t), static_cast<std::uint16_t>(i)};
        const decision& d = of(e);
        if (t > threads && t != main_lane)
          throw std::invalid_argument(detail::text("lane ", t) +
                                      " is of a thread that the client has not got; it has " + std::to_string(threads));
        if (t == main_lane && d.what != 'c' && d.what != 'b')
          throw std::invalid_argument(here(e) + meaning(d.what) + ", but constructor and finish() only choose");
        if (d.what == 'b' && i + 1 != size(t)) throw std::invalid_argument(here(e) + "an end, and others follow");
        if (d.from == nothing) continue;
        if (is_initial(d.from) || d.from.thread >= lanes || !covers(d.from) || of(d.from).what != 'w')
          throw std::invalid_argument(here(e) + "a read of event " + std::to_string(d.from.index) + " of lane " +
                                      std::to_string(d.from.thread) + ", where the token has no write");
      }
  }
  // Each event can come after what is before it and what it reads.
  void check_order() const {
    std::array<std::uint16_t, lanes> done{};
    const auto is_next = [&](unsigned t) {
      if (done[t] == size(t)) return false;
      const ref from = lanes_[t][done[t]].from;
      return from == nothing || from.index < done[from.thread];
    };
    for (bool goes_on = true; goes_on;) {
      goes_on = false;
      for (unsigned t = 1; t < lanes; ++t)
        while (is_next(t)) ++done[t], goes_on = true;
    }
    for (unsigned t = 1; t < lanes; ++t)
      if (done[t] != size(t))
        throw std::invalid_argument(here({static_cast<std::uint16_t>(t), done[t]}) +
                                    "a read of what comes only after it");
  }

  std::array<std::vector<decision>, lanes> lanes_;
};

}  // namespace sluice::explore
