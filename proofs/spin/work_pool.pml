/* SPDX-License-Identifier: BSL-1.0 */
/* work_pool: workers that sleep while there is nothing, and whoever puts something in. No item lies there while a worker sleeps that
 * nobody is about to wake, and none is lost.
 *
 * Items stand in the line alone, where workers put them (push_last); what its lock guards is one step. Whoever has taken an item keeps its worker until all items are
 * taken, as tasks do that wait for each other in a loop: so as many workers have to come as there are items, and one left asleep
 * beside an item is a deadlock. Memory is sequentially consistent; fences do nothing, and each other access is a step of its own, marked
 * with its place in the source. The count in the event count's word is told apart from a sleeper's key by one bit for each worker, "it
 * has moved since I prepared". A worker that searches looks once.
 *
 *   -DWORKERS=n -DPUSHERS=n -DEACH=n   items: PUSHERS*EACH, at most one for each worker
 *   -DCLOSES                           the pool is closed at any time after the items are put in; workers go when there is nothing left
 * Bugs:
 *   -DNO_RECHECK       sleeps without another look after prepare
 *   -DSEARCH_ON        is counted as searching while it goes to sleep
 *   -DNO_LAST_NOTIFY   the last one that searched and found something wakes nobody
 *   -DNO_STICKY        whoever slept does not say that others may sleep still
 *   -DANNOUNCE_FIRST   asks who searches before the item is in
 *   -DCLOSE_WAKES_ONE  close wakes one
 */
#ifndef WORKERS
#define WORKERS 2
#endif
#ifndef PUSHERS
#define PUSHERS 1
#endif
#ifndef EACH
#define EACH 2
#endif
#define ITEMS (PUSHERS*EACH)

byte line, searching, taken, put, finished;
bool closed;
bool may_sleep;                                                   /* the event count's bit */
bool moved[WORKERS], asleep[WORKERS];

#define EVERYBODY for (k : 0 .. WORKERS-1) { asleep[k] = 0 } k = 0
#define ONE if \
    :: asleep[0] -> asleep[0] = 0 \
    :: WORKERS > 1 && asleep[1 % WORKERS] -> asleep[1 % WORKERS] = 0 \
    :: WORKERS > 2 && asleep[2 % WORKERS] -> asleep[2 % WORKERS] = 0 \
    :: else fi

/* event_count::notify_one and notify_all; what follows the last access is fused with it */
#define NOTIFY(wake, rest) \
  atomic { if :: !may_sleep -> rest :: else fi };                 /*@ take_bit load#1 seq_cst */ \
  atomic { if :: !may_sleep -> rest :: else -> may_sleep = 0; for (k : 0 .. WORKERS-1) { moved[k] = 1 } k = 0 fi }; \
                                        /*@ take_bit compare_exchange_weak#1 relaxed/relaxed */ \
  atomic { wake; rest }                                           /*@ notify_one wake_one, notify_all wake_all */

proctype Push() {
  byte n, k;
again:
#ifdef ANNOUNCE_FIRST
  atomic { if :: searching != 0 -> line++; goto over :: else fi };
  NOTIFY(ONE, goto late);
late:
  atomic { line++; goto over };
#endif
  line++;                                                         /*@ push load#1 relaxed, push store#1 relaxed */
  atomic { if :: searching != 0 -> goto over :: else fi };        /*@ announce load#1 relaxed */
  NOTIFY(ONE, goto over);
over:
  atomic { n++; put++; if :: n < EACH -> goto again :: else -> n = 0; finished++ fi }
}

proctype Worker(byte me) {
  byte k;
  bool found, saw_closed;
next:
  atomic { if :: line > 0 -> line--; goto work :: else fi };      /*@ empty load#1 acquire, pop load#1 relaxed, pop store#1 release */
  searching++;                                                    /*@ search fetch_add#1 relaxed */
  atomic { if :: line > 0 -> line--; found = 1; goto last :: else fi };       /* look_for_a_while */
rest:
  atomic { may_sleep = 1; moved[me] = 0 };                        /*@ prepare fetch_or#1 seq_cst */
#ifndef SEARCH_ON
  searching--;                                                    /*@ search fetch_sub#1 release */
#endif
  saw_closed = closed;                                            /*@ search load#1 acquire */
#ifndef NO_RECHECK
  atomic { if :: line > 0 -> line--; found = 1 :: else fi };      /* look */
#endif
  if
  :: !found && !saw_closed ->
       asleep[me] = !moved[me];                                   /*@ search fetch_add#2 relaxed, wait wait, search fetch_sub#2 relaxed */
end_asleep:                                                       /* for good, where there is nothing: init has to end all the same */
       atomic { !asleep[me] };
#ifndef NO_STICKY
       may_sleep = 1;                                             /*@ prepare fetch_or#1 seq_cst */
#endif
  :: else
  fi;
#ifdef SEARCH_ON
  searching--;
#endif
  atomic { searching++;                                           /*@ search fetch_add#3 relaxed */
    if :: found || saw_closed -> goto last :: else fi };
  atomic { if :: line > 0 -> line--; found = 1; goto last :: else -> goto rest fi };  /* look_for_a_while */
last:
#ifdef NO_LAST_NOTIFY
  atomic { searching--; goto decided };
#else
  atomic { searching--; if :: searching != 0 -> goto decided :: else fi };    /*@ search fetch_sub#3 acquire */
  NOTIFY(ONE, goto decided);
#endif
decided:
  if
  :: found -> found = 0; saw_closed = 0; goto work
  :: else -> atomic { assert(closed); finished++; goto gone }
  fi;
work:
  atomic { taken++; assert(taken <= ITEMS) };
  atomic { taken == ITEMS;                                        /* its worker is held up until the others have come */
#ifdef CLOSES
    goto next
#else
    finished++
#endif
  };
gone:
  skip
}

#ifdef CLOSES
proctype Close() {
  byte k;
  atomic { put == ITEMS };
  closed = 1;                                                     /*@ close store#1 release */
#ifdef CLOSE_WAKES_ONE
  NOTIFY(ONE, goto over);
#else
  NOTIFY(EVERYBODY, goto over);
#endif
over:
  finished++
}
#define THREADS (PUSHERS + WORKERS + 1)
#else
#define THREADS (PUSHERS + ITEMS)                                 /* the other workers sleep on */
#endif

init {
  byte i;
  atomic {
    for (i : 0 .. PUSHERS-1) { run Push() }
    for (i : 0 .. WORKERS-1) { run Worker(i) }
#ifdef CLOSES
    run Close();
#endif
    i = 0 };
  atomic { finished == THREADS -> assert(line == 0 && taken == ITEMS) }
}

#ifdef ALL_TAKEN
ltl all_taken { <> (taken == ITEMS) }
#endif

/*@ of primitives/sluice/detail/work_pool.hpp primitives/sluice/detail/work_line.hpp primitives/sluice/detail/event_count.hpp
    without anybody_else_works: whether to watch
    without wake_for_more: wakes more of those who sleep than the protocol needs
    without watch: a search that sleeps between its looks, and wakes by itself
    path push: push load#1, push store#1, announce load#1, take_bit load#1
    path push.wakes: push load#1, push store#1, announce load#1, take_bit load#1, take_bit compare_exchange_weak#1, notify_one wake_one
    path next.at_hand: empty load#1, pop load#1, pop store#1
    path next.sleeps: empty load#1, search fetch_add#1, empty load#1, prepare fetch_or#1, search fetch_sub#1, search load#1, empty load#1,
      search fetch_add#2, wait wait, search fetch_sub#2, prepare fetch_or#1, search fetch_add#3, empty load#1, pop load#1, pop store#1, search fetch_sub#3,
      take_bit load#1, take_bit compare_exchange_weak#1, notify_one wake_one
    path close: close store#1, take_bit load#1
    path close.wakes: close store#1, take_bit load#1, take_bit compare_exchange_weak#1, notify_all wake_all */
