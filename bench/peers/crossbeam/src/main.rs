// SPDX-License-Identifier: BSL-1.0

//! crossbeam-channel under the workloads of bench/. Reads a line with a workload and its numbers, answers
//! "ok SECONDS [p50 p99 p999 in ns]" or what went wrong; see ../../process.hpp.

use crossbeam_channel::{bounded, select, unbounded, Receiver, Select, Sender};
use std::io::{self, BufRead, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::Instant;

const SHARE: u64 = 256; // elements that a producer or consumer takes on at a time

/// Runs job(0) .. job(n-1), each on a thread of its own, and says how long: from the first that began to the last that ended;
/// nobody begins before all are there.
fn together(n: usize, job: impl Fn(usize) + Sync) -> f64 {
    let start = Barrier::new(n);
    let times = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for who in 0..n {
            let (start, times, job) = (&start, &times, &job);
            scope.spawn(move || {
                start.wait();
                let begin = Instant::now();
                job(who);
                let end = Instant::now();
                times.lock().unwrap().push((begin, end));
            });
        }
    });
    let times = times.into_inner().unwrap();
    let first = times.iter().map(|t| t.0).min().unwrap();
    let last = times.iter().map(|t| t.1).max().unwrap();
    (last - first).as_secs_f64()
}

/// What one receiver notes: the sum, and whether each sender's elements came in its order (a lane of them at a time).
struct Arrivals {
    sum: u64,
    ordered: bool,
    lanes: usize,
    last: Vec<u64>,
}

impl Arrivals {
    fn new(senders: usize, lanes: usize) -> Self {
        Arrivals { sum: 0, ordered: true, lanes, last: vec![0; senders * lanes] }
    }
    fn saw(&mut self, number: u64) {
        self.sum = self.sum.wrapping_add(number);
        let at = (number >> 40) as usize * self.lanes + ((number - 1) as usize & (self.lanes - 1));
        self.ordered = self.ordered && number > self.last[at];
        self.last[at] = number;
    }
}

fn numbered(sender: usize, i: u64) -> u64 {
    (sender as u64) << 40 | (i + 1)
}

#[repr(C)]
struct Timespec {
    seconds: i64,
    nanoseconds: i64,
}
extern "C" {
    fn clock_gettime(clock: i32, at: *mut Timespec) -> i32;
}
/// CPU seconds of this thread.
fn spent() -> f64 {
    const CLOCK_THREAD_CPUTIME_ID: i32 = 3;
    let mut at = Timespec { seconds: 0, nanoseconds: 0 };
    unsafe { clock_gettime(CLOCK_THREAD_CPUTIME_ID, &mut at) };
    at.seconds as f64 + at.nanoseconds as f64 * 1e-9
}

fn verdict(pushed: u64, popped: u64, ordered: bool, seconds: f64) -> String {
    if pushed != popped {
        "what was popped is not what was pushed".into()
    } else if !ordered {
        "one producer's elements were popped in another order than pushed".into()
    } else {
        format!("ok {seconds:.9}")
    }
}

/// Each producer makes itself a `put(i, number)`, each consumer a `get()`.
fn throughput<P: FnMut(u64, u64), G: FnMut() -> u64>(
    producers: usize, consumers: usize, lanes: usize, elements: u64,
    putter: impl Fn() -> P + Sync, getter: impl Fn() -> G + Sync,
) -> String {
    let (to_push, to_pop) = (AtomicU64::new(0), AtomicU64::new(0));
    let (pushed, popped) = (AtomicU64::new(0), AtomicU64::new(0));
    let ordered = AtomicBool::new(true);
    let seconds = together(producers + consumers, |who| {
        if who < producers {
            let (mut sum, mut put) = (0u64, putter());
            loop {
                let at = to_push.fetch_add(SHARE, Relaxed);
                if at >= elements {
                    break;
                }
                for i in at..at + SHARE {
                    let number = numbered(who, i);
                    sum = sum.wrapping_add(number);
                    put(i, number);
                }
            }
            pushed.fetch_add(sum, SeqCst);
        } else {
            let (mut seen, mut get) = (Arrivals::new(producers, lanes), getter());
            while to_pop.fetch_add(SHARE, Relaxed) < elements {
                for _ in 0..SHARE {
                    seen.saw(get());
                }
            }
            popped.fetch_add(seen.sum, SeqCst);
            if !seen.ordered {
                ordered.store(false, SeqCst);
            }
        }
    });
    verdict(pushed.into_inner(), popped.into_inner(), ordered.into_inner(), seconds)
}

fn throughput_of(c: (Sender<u64>, Receiver<u64>), producers: usize, consumers: usize, elements: u64) -> String {
    let (tx, rx) = (&c.0, &c.1);
    throughput(producers, consumers, 1, elements, || move |_, number| tx.send(number).unwrap(), || move || rx.recv().unwrap())
}

fn chan_throughput(n: &[usize]) -> String {
    // producers consumers capacity elements
    throughput_of(bounded(n[2]), n[0], n[1], n[3] as u64)
}

fn chan_unbounded(n: &[usize]) -> String {
    // producers consumers elements
    throughput_of(unbounded(), n[0], n[1], n[2] as u64)
}

fn chan_pair(n: &[usize]) -> String {
    // capacity times
    let (tx, rx) = bounded::<u64>(n[0]);
    let (mut pushed, mut popped) = (0u64, 0u64);
    let begin = spent();
    for i in 0..n[1] as u64 {
        tx.send(i).unwrap();
        pushed += i;
        popped += rx.recv().unwrap();
    }
    verdict(pushed, popped, true, spent() - begin)
}

fn percentiles(mut ns: Vec<u64>) -> String {
    ns.sort_unstable();
    let at = |share: f64| ns[(share * (ns.len() - 1) as f64) as usize];
    format!(" {} {} {}", at(0.5), at(0.99), at(0.999))
}

/// `there` and `back`: put(i, v) and get() of each direction.
fn round_trip(
    trips: u64, there: (impl Fn(u64, u64) + Sync, impl Fn() -> u64 + Sync),
    back: (impl Fn(u64, u64) + Sync, impl Fn() -> u64 + Sync),
) -> String {
    let (in_step, times) = (AtomicBool::new(true), Mutex::new(Vec::new()));
    let seconds = together(2, |who| {
        let mut ns = Vec::with_capacity(trips as usize);
        for i in 0..trips {
            if who == 0 {
                let begin = Instant::now();
                there.0(i, 2 * i);
                if back.1() != 2 * i + 1 {
                    in_step.store(false, SeqCst);
                }
                ns.push(begin.elapsed().as_nanos() as u64);
            } else {
                back.0(i, there.1() + 1);
            }
        }
        if who == 0 {
            *times.lock().unwrap() = ns;
        }
    });
    if !in_step.into_inner() {
        return "what came back is not the successor of what went out".into();
    }
    format!("ok {seconds:.9}") + &percentiles(times.into_inner().unwrap())
}

fn chan_round_trip(n: &[usize]) -> String {
    // capacity trips
    let (there, back) = (bounded::<u64>(n[0]), bounded::<u64>(n[0]));
    round_trip(
        n[1] as u64,
        (|_, v| there.0.send(v).unwrap(), || there.1.recv().unwrap()),
        (|_, v| back.0.send(v).unwrap(), || back.1.recv().unwrap()),
    )
}

type Channels = Vec<(Sender<u64>, Receiver<u64>)>;

fn channels(n: usize, capacity: usize) -> Channels {
    (0..n).map(|_| bounded(capacity)).collect()
}

/// A select! over 2 or 8 receivers; over any other number the dynamic form, made anew as its receivers must be in it.
fn select_over(c: &Channels) -> u64 {
    match c.len() {
        2 => select! {
            recv(c[0].1) -> v => v.unwrap(),
            recv(c[1].1) -> v => v.unwrap(),
        },
        8 => select! {
            recv(c[0].1) -> v => v.unwrap(),
            recv(c[1].1) -> v => v.unwrap(),
            recv(c[2].1) -> v => v.unwrap(),
            recv(c[3].1) -> v => v.unwrap(),
            recv(c[4].1) -> v => v.unwrap(),
            recv(c[5].1) -> v => v.unwrap(),
            recv(c[6].1) -> v => v.unwrap(),
            recv(c[7].1) -> v => v.unwrap(),
        },
        _ => panic!("2 or 8"),
    }
}

/// The dynamic form, kept: as fast as crossbeam's select over many channels can be.
fn kept_select(c: &Channels) -> Select<'_> {
    let mut all = Select::new();
    for (_, rx) in c {
        all.recv(rx);
    }
    all
}

fn select_kept(all: &mut Select<'_>, c: &Channels) -> u64 {
    let fired = all.select();
    let at = fired.index();
    fired.recv(&c[at].1).unwrap()
}

fn select_pair(n: &[usize]) -> String {
    // channels times
    let c = channels(n[0], 64);
    let mut all = kept_select(&c);
    let (mut pushed, mut popped) = (0u64, 0u64);
    let begin = spent();
    for i in 0..n[1] as u64 {
        c[i as usize % n[0]].0.send(i).unwrap();
        pushed += i;
        popped += if n[0] <= 8 { select_over(&c) } else { select_kept(&mut all, &c) };
    }
    verdict(pushed, popped, true, spent() - begin)
}

fn select_throughput(n: &[usize]) -> String {
    // producers consumers channels elements
    let c = &channels(n[2], 64);
    let put = || move |i: u64, number| c[i as usize % c.len()].0.send(number).unwrap();
    if c.len() <= 8 {
        throughput(n[0], n[1], n[2], n[3] as u64, put, || move || select_over(c))
    } else {
        throughput(n[0], n[1], n[2], n[3] as u64, put, || {
            let mut all = kept_select(c);
            move || select_kept(&mut all, c)
        })
    }
}

fn select_round_trip(n: &[usize]) -> String {
    // channels trips
    let (there, back) = (channels(n[0], 0), channels(n[0], 0));
    let at = |i: u64| i as usize % n[0];
    round_trip(
        n[1] as u64,
        (|i, v| there[at(i)].0.send(v).unwrap(), || select_over(&there)),
        (|i, v| back[at(i)].0.send(v).unwrap(), || select_over(&back)),
    )
}

/// Threads that each push into a channel of their own and select it out again beside `done`, which nobody closes: one `done`
/// for all, or one each.
fn select_done(n: &[usize]) -> String {
    // threads shared(0 or 1) waiting(0 or 1) times
    let (threads, shared, waiting, times) = (n[0], n[1] == 1, n[2] == 1, n[3] as u64);
    let work = channels(threads, usize::from(!waiting));
    let done = channels(threads, 0);
    let correct = AtomicBool::new(true);
    let get = |who: usize, want: u64| {
        let got = select! {
            recv(work[who].1) -> v => v.unwrap(),
            recv(done[if shared { 0 } else { who }].1) -> _ => u64::MAX,
        };
        if got != want {
            correct.store(false, SeqCst);
        }
    };
    let seconds = together(threads, |who| {
        for i in 0..times {
            if !waiting {
                work[who].0.send(i).unwrap();
                get(who, i);
            } else if who < threads / 2 {
                work[who].0.send(i).unwrap();
            } else {
                get(who - threads / 2, i);
            }
        }
    });
    if correct.into_inner() {
        format!("ok {seconds:.9}")
    } else {
        "what was selected is not what was pushed".into()
    }
}

fn main() {
    for line in io::stdin().lock().lines() {
        let line = line.unwrap();
        let mut words = line.split_whitespace();
        let workload = words.next().unwrap_or("");
        let numbers: Vec<usize> = words.map(|word| word.parse().unwrap_or(0)).collect();
        let answer = match workload {
            "pair" => chan_pair(&numbers),
            "throughput" => chan_throughput(&numbers),
            "unbounded" => chan_unbounded(&numbers),
            "round_trip" => chan_round_trip(&numbers),
            "select_pair" => select_pair(&numbers),
            "select" => select_throughput(&numbers),
            "select_round_trip" => select_round_trip(&numbers),
            "select_done" => select_done(&numbers),
            _ => format!("unknown workload {workload}"),
        };
        println!("{answer}");
        io::stdout().flush().unwrap();
    }
}
