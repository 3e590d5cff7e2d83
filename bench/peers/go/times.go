// SPDX-License-Identifier: BSL-1.0

package main

import (
	"context"
	"time"
)

func timerArmStop(n []int) string { // timers
	all := make([]*time.Timer, 0, n[0])
	right := true
	begin := time.Now()
	for i := 0; i < n[0]; i++ {
		all = append(all, time.NewTimer(time.Hour+time.Duration(i)*time.Microsecond))
	}
	for _, t := range all {
		right = t.Stop() && right
	}
	return took(begin, right)
}

func timerReset(n []int) string { // resets
	one := time.NewTimer(time.Hour)
	right := true
	begin := time.Now()
	for i := 0; i < n[0]; i++ {
		right = one.Reset(time.Hour) && right
	}
	answer := took(begin, right)
	one.Stop()
	return answer
}

func contextCancelTree(n []int) string { // contexts children
	root, cancel := context.WithCancel(context.Background())
	all := []context.Context{root}
	for i := 1; i < n[0]; i++ {
		child, drop := context.WithCancel(all[(i-1)/n[1]])
		defer drop()
		all = append(all, child)
	}
	begin := time.Now()
	cancel()
	return took(begin, all[n[0]-1].Err() != nil)
}
