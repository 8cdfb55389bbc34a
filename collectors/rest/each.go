package rest

import (
	"context"
	"iter"
	"sync"
)

// Each fetches something for every key, several at a time, and takes the results one by one in the order of the keys: take
// is called by the calling goroutine, so it may use the session. The first error ends it; what is under way is waited for.
func Each[K, V any](ctx context.Context, parallel int, keys iter.Seq[K], fetch func(ctx context.Context, k K) (V, error), take func(k K, v V) error) error {
	type job struct {
		key   K
		value V
		err   error
		done  chan struct{}
	}
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	parallel = max(parallel, 1)
	queue := make([]*job, 0, parallel)
	finish := func() error {
		j := queue[0]
		queue = append(queue[:0], queue[1:]...)
		<-j.done
		if j.err != nil {
			return j.err
		}
		return take(j.key, j.value)
	}
	for k := range keys {
		j := &job{key: k, done: make(chan struct{})}
		wg.Add(1)
		go func() {
			defer wg.Done()
			defer close(j.done)
			if j.err = ctx.Err(); j.err == nil {
				j.value, j.err = fetch(ctx, j.key)
			}
		}()
		if queue = append(queue, j); len(queue) == parallel {
			if err := finish(); err != nil {
				return err
			}
		}
	}
	for len(queue) > 0 {
		if err := finish(); err != nil {
			return err
		}
	}
	return ctx.Err()
}
