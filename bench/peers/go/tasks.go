// SPDX-License-Identifier: BSL-1.0

package main

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

func took(begin time.Time, right bool) string {
	if !right {
		return "the tasks did not do what they should"
	}
	return fmt.Sprintf("ok %.9f", time.Since(begin).Seconds())
}

func taskSpawn(n []int) string { // tasks batch
	begin := time.Now()
	var sum int64
	var guard sync.Mutex
	for at := 0; at < n[0]; at += n[1] {
		var all sync.WaitGroup
		all.Add(n[1])
		for i := 0; i < n[1]; i++ {
			go func() { all.Done() }()
		}
		all.Wait()
		guard.Lock()
		sum += int64(n[1])
		guard.Unlock()
	}
	return took(begin, sum == int64(n[0]))
}

func taskRoundTrip(n []int) string { // trips
	there, back := make(chan uint64), make(chan uint64)
	go func() {
		for v := range there {
			back <- v + 1
		}
	}()
	right := true
	begin := time.Now()
	for i := uint64(0); i < uint64(n[0]); i++ {
		there <- i
		right = right && <-back == i+1
	}
	close(there)
	return took(begin, right)
}

func taskRing(n []int) string { // tasks rounds
	first := make(chan int)
	last := first
	for i := 0; i < n[0]; i++ {
		from, to := last, make(chan int)
		last = to
		go func() {
			for v := range from {
				to <- v + 1
			}
			close(to)
		}()
	}
	right := true
	begin := time.Now()
	for i := 0; i < n[1]; i++ {
		first <- 0
		right = right && <-last == n[0]
	}
	answer := took(begin, right)
	close(first)
	<-last
	return answer
}

// All its goroutines have ended, or are about to, when it returns, so that none works on beside what is measured next.
func taskSieve(n []int) string { // primes last
	var over atomic.Bool
	begin := time.Now()
	numbers := make(chan int)
	go func() {
		for n := 2; !over.Load(); n++ {
			numbers <- n
		}
		close(numbers)
	}()
	from, prime := numbers, 0
	for i := 0; i < n[0]; i++ {
		prime = <-from
		to := make(chan int)
		go func(from, to chan int, prime int) {
			for n := range from {
				if n%prime != 0 {
					to <- n
				}
			}
			close(to)
		}(from, to, prime)
		from = to
	}
	answer := took(begin, prime == n[1])
	over.Store(true)
	for range from {
	}
	return answer
}

func fib(n int) int {
	if n < 2 {
		return n
	}
	var left int
	var both sync.WaitGroup
	both.Add(1)
	go func() {
		left = fib(n - 1)
		both.Done()
	}()
	right := fib(n - 2)
	both.Wait()
	return left + right
}

func taskFib(n []int) string { // argument value
	begin := time.Now()
	return took(begin, fib(n[0]) == n[1])
}
