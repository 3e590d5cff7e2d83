/* SPDX-License-Identifier: BSL-1.0 */
/* select: selects against selects on two channels without a buffer. At most one case of each fires, what a push gave a pop
 * took, who gives up has fired nothing, and nobody sleeps for ever.
 *
 * Of each select one case pushes or pops on each channel, by its number: evens push on 0 and pop on 1, odds the other way
 * round. A select locks its channels in the order of their addresses, looks for a peer in line at each, in any order, lines up
 * where there is none, and sleeps. Under a lock a list is one step; the election, the bell and the locks are steps of their own, marked
 * with their place in the source. Who stands in line is found in any order, which is more than the source does. Memory is
 * sequentially consistent. The attempts that a select makes before, one channel at a time and without lining up, are not here:
 * they are single pushes and pops.
 *
 *   -DSELECTS=n     how many, one operation each
 *   -DPLAIN         from the third on they have one case, on channel 1
 *   -DGIVE_UP       any of them may give up while it sleeps; without it SELECTS is even, and all fire
 * Bugs:
 *   -DNO_ELECTION   who finds a node in line serves it without asking
 *   -DANY_ORDER     odds lock their channels in the other order
 *   -DNO_LEAVE      who has fired leaves its other nodes in line
 *   -DRING_FIRST    the bell is rung before it is written which case was served
 */
#ifndef SELECTS
#define SELECTS 2
#endif
#define NOBODY 3
#define GAVE_UP 4
#define PUSHES(s, c) ((s + c) % 2 == 0)
#ifdef PLAIN
#define HAS(s, c) (s < 2 || c == 1)
#else
#define HAS(s, c) 1
#endif

bool locked[2];
bool linked[SELECTS*2];                       /* node of select s on channel c: 2*s + c */
byte winner[SELECTS];
bool rung[SELECTS];
bool served[SELECTS*2];                       /* the element was moved */
bool gone[SELECTS];                           /* ghosts: its frame is dead; what it fired; which were moved */
byte fired[SELECTS];
byte given[2], taken[2], finished;

#ifdef ANY_ORDER
#define FIRST(s) (s % 2)
#else
#define FIRST(s) 0
#endif

proctype Select(byte me) {
  byte c, peer, i;
  byte mine = NOBODY;
  bool won;
  atomic { !locked[FIRST(me)] -> locked[FIRST(me)] = 1 };
  atomic { !locked[1 - FIRST(me)] -> locked[1 - FIRST(me)] = 1;
    if :: c = 0 :: c = 1 fi; i = 0 };
scan:
  /* wait_list::take: the next in line on the other side, or line up */
  atomic {
    peer = NOBODY;
    if
    :: !HAS(me, c) -> goto advance
    :: HAS(me, c) && me != 0 && linked[c] && PUSHES(0, c) != PUSHES(me, c) -> peer = 0
    :: HAS(me, c) && SELECTS > 1 && me != 1 && linked[(2 + c) % (2*SELECTS)] && PUSHES(1, c) != PUSHES(me, c) -> peer = 1
    :: HAS(me, c) && SELECTS > 2 && me != 2 && linked[(4 + c) % (2*SELECTS)] && PUSHES(2, c) != PUSHES(me, c) -> peer = 2
    :: else -> linked[2*me + c] = 1; goto advance
    fi;
    linked[2*peer + c] = 0 };
#ifdef NO_ELECTION
  atomic { assert(!gone[peer]); winner[peer] = c; won = 1 };
#else
  atomic { assert(!gone[peer]);               /*@ elect compare_exchange_strong#1 relaxed/relaxed */
    won = (winner[peer] == NOBODY);
    if :: won -> winner[peer] = c :: else fi };
#endif
  if
  :: won -> goto serve
  :: else -> atomic { peer = 0; goto scan }
  fi;
advance:
  atomic { peer = 0; i++; if :: i < 2 -> c = 1 - c; goto scan :: else -> c = 0; i = 0; goto unlock fi };
serve:
  mine = c;
#ifdef RING_FIRST
  rung[peer] = 1;
  served[2*peer + c] = 1;
#else
  served[2*peer + c] = 1;
#endif
  atomic { if :: PUSHES(me, c) -> given[c]++ :: else -> taken[c]++ fi; c = 0; i = 0 };
#ifndef NO_LEAVE
  atomic { linked[2*me] = 0; linked[2*me + 1] = 0 };
#endif
unlock:
  locked[1 - FIRST(me)] = 0;
  locked[FIRST(me)] = 0;
  if
  :: mine != NOBODY ->
#ifndef RING_FIRST
       atomic { assert(!gone[peer]); rung[peer] = 1; peer = 0; goto over };      /*@ ring exchange#1 release */
#else
       goto over
#endif
  :: else
  fi;
  atomic { if
    :: rung[me] -> goto woken                                       /*@ has_rung load#1 acquire */
#ifdef GIVE_UP
    :: winner[me] == NOBODY -> winner[me] = GAVE_UP; goto leave
#endif
    fi };
woken:
  atomic { mine = winner[me];                                       /*@ winner load#1 relaxed */
    assert(mine < 2 && served[2*me + mine]);
    if :: PUSHES(me, mine) -> given[mine]++ :: else -> taken[mine]++ fi };
leave:
  c = 0;
  do
  :: c < 2 ->
       atomic { !locked[c] -> locked[c] = 1; linked[2*me + c] = 0 };
       atomic { locked[c] = 0; c++ }
  :: else -> break
  od;
over:
  atomic { c = 0; fired[me] = mine; gone[me] = 1; finished++ }
}

init {
  byte i;
  atomic {
    for (i : 0 .. SELECTS-1) { winner[i] = NOBODY; fired[i] = NOBODY }
    for (i : 0 .. SELECTS-1) { run Select(i) }
    i = 0 };
  atomic { finished == SELECTS ->
    assert(given[0] == taken[0] && given[1] == taken[1]);
    for (i : 0 .. SELECTS-1) {
      assert(!linked[2*i] && !linked[2*i + 1]);
#ifndef GIVE_UP
      assert(fired[i] < 2)
#endif
    } }
}

#ifdef ALL_RETURN
ltl all_return { <> (finished == SELECTS) }
#endif

/*@ of primitives/sluice/select.hpp primitives/sluice/detail/waiter.hpp primitives/sluice/detail/bell.hpp
    without wait: how the bell's owner falls asleep
    path fires: elect compare_exchange_strong#1, ring exchange#1
    path sleeps: wait compare_exchange_weak#1, has_rung load#1, has_rung load#1, winner load#1 */
