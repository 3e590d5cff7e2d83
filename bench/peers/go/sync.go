// SPDX-License-Identifier: BSL-1.0

package main

import (
	"fmt"
	"math"
	"sort"
	"sync"
	"sync/atomic"
)

// Threads that each push into a channel of their own and select it out again beside `done`, which nobody closes: one `done`
// for all, or one each.
func selectDone(n []int) string { // threads shared(0 or 1) waiting(0 or 1) times
	threads, shared, waiting, times := n[0], n[1] == 1, n[2] == 1, uint64(n[3])
	common := make(chan struct{})
	work, done := make([]chan uint64, threads), make([]chan struct{}, threads)
	for i := range work {
		capacity := 1
		if waiting {
			capacity = 0
		}
		work[i], done[i] = make(chan uint64, capacity), common
		if !shared {
			done[i] = make(chan struct{})
		}
	}
	wrong := int32(0)
	get := func(who int, want uint64) {
		select {
		case v := <-work[who]:
			if v != want {
				atomic.StoreInt32(&wrong, 1)
			}
		case <-done[who]:
			atomic.StoreInt32(&wrong, 1)
		}
	}
	seconds := together(threads, func(who int) {
		for i := uint64(0); i != times; i++ {
			if !waiting {
				work[who] <- i
				get(who, i)
			} else if who < threads/2 {
				work[who] <- i
			} else {
				get(who-threads/2, i)
			}
		}
	})
	if wrong != 0 {
		return "what was selected is not what was pushed"
	}
	return fmt.Sprintf("ok %.9f", seconds)
}

func addDone(n []int) string { // times
	var group sync.WaitGroup
	group.Add(1)
	begin := spent()
	for i := 0; i < n[0]; i++ {
		group.Add(1)
		group.Done()
	}
	return fmt.Sprintf("ok %.9f", spent()-begin)
}

func countDown(n []int) string { // threads times
	var group sync.WaitGroup
	group.Add(n[0] * n[1])
	seconds := together(n[0], func(int) {
		for i := 0; i < n[1]; i++ {
			group.Done()
		}
	})
	group.Wait()
	return fmt.Sprintf("ok %.9f", seconds)
}

func contended(n []int) string { // threads times
	var guard sync.Mutex
	sum := 0
	seconds := together(n[0], func(int) {
		for i := 0; i < n[1]; i++ {
			guard.Lock()
			sum++
			guard.Unlock()
		}
	})
	if sum != n[0]*n[1] {
		return "additions were lost"
	}
	return fmt.Sprintf("ok %.9f", seconds)
}

// As bench/sync_map_bench.cpp draws them.
type generator uint64

func (g *generator) next() uint64 {
	s := uint64(*g)
	s ^= s << 13
	s ^= s >> 7
	s ^= s << 17
	*g = generator(s)
	return s * 0x2545F4914F6CDD1D
}

var drawnKeys = map[[3]int][]uint32{}

func drawn(keys, zipf, thread, operations int) []uint32 {
	if known := drawnKeys[[3]int{keys, zipf, thread}]; known != nil {
		return known
	}
	random := generator(uint64(thread+1)*0x9E3779B97F4A7C15 + 1)
	upto, sum := []float64{}, 0.0
	for rank := 1; zipf == 1 && rank <= keys; rank++ {
		sum += math.Pow(float64(rank), -0.99)
		upto = append(upto, sum)
	}
	all := make([]uint32, operations)
	for i := range all {
		r := random.next() >> 11
		if zipf == 1 {
			all[i] = uint32(sort.SearchFloat64s(upto, float64(r)/(1<<53)*sum))
		} else {
			all[i] = uint32(r % uint64(keys))
		}
	}
	drawnKeys[[3]int{keys, zipf, thread}] = all
	return all
}

var filled = map[int]*sync.Map{}

func mapWork(n []int) string { // threads reads-in-percent keys zipf operations
	threads, reads, keys, zipf, operations := n[0], uint64(n[1]), n[2], n[3], n[4]
	m := filled[keys]
	if m == nil {
		m = &sync.Map{}
		for k := 0; k < keys; k += 2 {
			m.Store(uint64(k), uint64(k))
		}
		filled[keys] = m
	}
	lists := make([][]uint32, threads)
	for t := range lists {
		lists[t] = drawn(keys, zipf, t, operations)
	}
	begin := spent()
	seconds := together(threads, func(who int) {
		random := generator(uint64(who+78)*0x9E3779B97F4A7C15 + 1)
		sum := uint64(0)
		for _, key := range lists[who] {
			what := (random.next() >> 32) % 200
			if what < 2*reads {
				if v, ok := m.Load(uint64(key)); ok {
					sum += v.(uint64)
				}
			} else if what%2 == 0 {
				m.Store(uint64(key), what)
			} else {
				m.Delete(uint64(key))
			}
		}
		atomic.AddUint64(&sink, sum)
	})
	if threads == 1 { // as what one thread does is counted everywhere: by the CPU's time
		seconds = spent() - begin
	}
	return fmt.Sprintf("ok %.9f", seconds)
}

var sink uint64
