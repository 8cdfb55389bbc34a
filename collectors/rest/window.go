package rest

import (
	"iter"
	"time"
)

// Window is a piece of time, From inclusive, To exclusive.
type Window struct{ From, To time.Time }

// Windows cuts the time between two moments into pieces, the oldest first.
func Windows(from, to time.Time, size time.Duration) iter.Seq[Window] {
	return func(yield func(Window) bool) {
		for at := from; at.Before(to); at = at.Add(size) {
			end := at.Add(size)
			if end.After(to) {
				end = to
			}
			if !yield(Window{at, end}) {
				return
			}
		}
	}
}
