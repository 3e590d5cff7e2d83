// SPDX-License-Identifier: BSL-1.0

// Go's channels, select, goroutines, WaitGroup, Mutex and sync.Map under the workloads of bench/. Reads a line with a workload and its numbers,
// answers "ok SECONDS [p50 p99 p999 in ns]" or what went wrong; see ../process.hpp.
package main

import (
	"bufio"
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const share = 256 // elements that a producer or consumer takes on at a time

// Runs job(0) .. job(n-1), each in a goroutine of its own, and says how long: from the first that began to the last that ended;
// nobody begins before all are there.
func together(n int, job func(who int)) float64 {
	var ready, done sync.WaitGroup
	begin, end := make([]time.Time, n), make([]time.Time, n)
	start := make(chan struct{})
	ready.Add(n)
	done.Add(n)
	for i := 0; i < n; i++ {
		go func(who int) {
			ready.Done()
			<-start
			begin[who] = time.Now()
			job(who)
			end[who] = time.Now()
			done.Done()
		}(i)
	}
	ready.Wait()
	close(start)
	done.Wait()
	first, last := begin[0], end[0]
	for i := 1; i < n; i++ {
		if begin[i].Before(first) {
			first = begin[i]
		}
		if end[i].After(last) {
			last = end[i]
		}
	}
	return last.Sub(first).Seconds()
}

// What one receiver notes: the sum, and whether each sender's elements came in its order (a lane of them at a time).
type arrivals struct {
	sum     uint64
	ordered bool
	lanes   uint64
	last    []uint64
}

func newArrivals(senders, lanes int) *arrivals {
	return &arrivals{ordered: true, lanes: uint64(lanes), last: make([]uint64, senders*lanes)}
}
func (a *arrivals) saw(number uint64) {
	a.sum += number
	at := (number>>40)*a.lanes + (number-1)&(a.lanes-1)
	a.ordered = a.ordered && number > a.last[at]
	a.last[at] = number
}
func numbered(sender int, i uint64) uint64 { return uint64(sender)<<40 | (i + 1) }

func spent() float64 { // CPU seconds of this process
	var use syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &use)
	return float64(use.Utime.Nano()+use.Stime.Nano()) / 1e9
}

func verdict(pushed, popped uint64, ordered bool, seconds float64) string {
	if pushed != popped {
		return "what was popped is not what was pushed"
	}
	if !ordered {
		return "one producer's elements were popped in another order than pushed"
	}
	return fmt.Sprintf("ok %.9f", seconds)
}

// Producers call put(who, i), consumers get(who) -> number.
func throughput(producers, consumers, lanes int, elements uint64, put func(i, number uint64), get func() uint64) string {
	var toPush, toPop, pushed, popped uint64
	disorder := int32(0)
	seconds := together(producers+consumers, func(who int) {
		sum := uint64(0)
		if who < producers {
			for at := atomic.AddUint64(&toPush, share) - share; at < elements; at = atomic.AddUint64(&toPush, share) - share {
				for i := at; i < at+share; i++ {
					number := numbered(who, i)
					sum += number
					put(i, number)
				}
			}
			atomic.AddUint64(&pushed, sum)
			return
		}
		seen := newArrivals(producers, lanes)
		for atomic.AddUint64(&toPop, share)-share < elements {
			for i := 0; i < share; i++ {
				seen.saw(get())
			}
		}
		atomic.AddUint64(&popped, seen.sum)
		if !seen.ordered {
			atomic.StoreInt32(&disorder, 1)
		}
	})
	return verdict(pushed, popped, disorder == 0, seconds)
}

func chanThroughput(n []int) string { // producers consumers capacity elements
	c := make(chan uint64, n[2])
	return throughput(n[0], n[1], 1, uint64(n[3]), func(_, number uint64) { c <- number }, func() uint64 { return <-c })
}

func chanPair(n []int) string { // capacity times
	c := make(chan uint64, n[0])
	pushed, popped := uint64(0), uint64(0)
	begin := spent()
	for i := uint64(0); i != uint64(n[1]); i++ {
		c <- i
		pushed += i
		popped += <-c
	}
	return verdict(pushed, popped, true, spent()-begin)
}

func percentiles(ns []float64) string {
	sort.Float64s(ns)
	at := func(share float64) float64 { return ns[int(share*float64(len(ns)-1))] }
	return fmt.Sprintf(" %.0f %.0f %.0f", at(0.5), at(0.99), at(0.999))
}

func roundTrip(trips int, put0 func(i, v uint64), get0 func() uint64, put1 func(i, v uint64), get1 func() uint64) string {
	ns := make([]float64, trips)
	inStep := true
	seconds := together(2, func(who int) {
		for i := uint64(0); i != uint64(trips); i++ {
			if who == 0 {
				begin := time.Now()
				put0(i, 2*i)
				inStep = get1() == 2*i+1 && inStep
				ns[i] = float64(time.Since(begin).Nanoseconds())
			} else {
				put1(i, get0()+1)
			}
		}
	})
	if !inStep {
		return "what came back is not the successor of what went out"
	}
	return fmt.Sprintf("ok %.9f", seconds) + percentiles(ns)
}

func chanRoundTrip(n []int) string { // capacity trips
	there, back := make(chan uint64, n[0]), make(chan uint64, n[0])
	return roundTrip(n[1], func(_, v uint64) { there <- v }, func() uint64 { return <-there },
		func(_, v uint64) { back <- v }, func() uint64 { return <-back })
}

func channels(n, capacity int) []chan uint64 {
	all := make([]chan uint64, n)
	for i := range all {
		all[i] = make(chan uint64, capacity)
	}
	return all
}

// A select statement over all of 2 or 8 channels.
func selectOver(c []chan uint64) func() uint64 {
	if len(c) == 2 {
		a, b := c[0], c[1]
		return func() uint64 {
			select {
			case v := <-a:
				return v
			case v := <-b:
				return v
			}
		}
	}
	c0, c1, c2, c3, c4, c5, c6, c7 := c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]
	return func() uint64 {
		select {
		case v := <-c0:
			return v
		case v := <-c1:
			return v
		case v := <-c2:
			return v
		case v := <-c3:
			return v
		case v := <-c4:
			return v
		case v := <-c5:
			return v
		case v := <-c6:
			return v
		case v := <-c7:
			return v
		}
	}
}

func selectPair(n []int) string { // channels times
	c := channels(n[0], 64)
	get, all := selectOver(c), uint64(n[0])
	pushed, popped := uint64(0), uint64(0)
	begin := spent()
	for i := uint64(0); i != uint64(n[1]); i++ {
		c[i%all] <- i
		pushed += i
		popped += get()
	}
	return verdict(pushed, popped, true, spent()-begin)
}

func selectThroughput(n []int) string { // producers consumers channels elements
	c := channels(n[2], 64)
	all := uint64(n[2])
	return throughput(n[0], n[1], n[2], uint64(n[3]), func(i, number uint64) { c[i%all] <- number }, selectOver(c))
}

func selectRoundTrip(n []int) string { // channels trips
	there, back, all := channels(n[0], 0), channels(n[0], 0), uint64(n[0])
	return roundTrip(n[1], func(i, v uint64) { there[i%all] <- v }, selectOver(there),
		func(i, v uint64) { back[i%all] <- v }, selectOver(back))
}

var workloads = map[string]func([]int) string{
	"pair": chanPair, "throughput": chanThroughput, "round_trip": chanRoundTrip, "select_pair": selectPair,
	"select": selectThroughput, "select_round_trip": selectRoundTrip, "select_done": selectDone,
	"task_spawn": taskSpawn, "task_round_trip": taskRoundTrip, "task_ring": taskRing, "task_sieve": taskSieve, "task_fib": taskFib,
	"timer_arm_stop": timerArmStop, "timer_reset": timerReset, "context_cancel_tree": contextCancelTree,
	"add_done": addDone, "countdown": countDown, "contended": contended, "map": mapWork,
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		numbers := []int{}
		for _, word := range words[1:] {
			number, _ := strconv.Atoi(word)
			numbers = append(numbers, number)
		}
		if run := workloads[words[0]]; run != nil {
			fmt.Println(run(numbers))
		} else {
			fmt.Println("unknown workload " + words[0])
		}
	}
}
