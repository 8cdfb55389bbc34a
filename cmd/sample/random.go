package sample

// rng is a small deterministic generator (SplitMix64). Only whole numbers are drawn, so that every machine makes the
// same bytes: floating point may be fused, and so rounded otherwise, on some processors.
type rng struct{ state uint64 }

// newRNG seeds a stream of its own for each part of the sample: more of one part does not change the others.
func newRNG(part string) *rng {
	h := uint64(14695981039346656037) // FNV-1a
	for i := 0; i < len(part); i++ {
		h = (h ^ uint64(part[i])) * 1099511628211
	}
	return &rng{state: h}
}

func (r *rng) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	z := r.state
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

// below draws from 0 to n-1; n below 1 gives 0.
func (r *rng) below(n int64) int64 {
	if n < 1 {
		return 0
	}
	return int64(r.next() % uint64(n))
}

// between draws from a to b, both included.
func (r *rng) between(a, b int64) int64 { return a + r.below(b-a+1) }

// chance is true in n of 1000 cases.
func (r *rng) chance(perMille int) bool { return r.below(1000) < int64(perMille) }

// weighted draws an index in proportion to the weights.
func (r *rng) weighted(weights []int) int {
	total := int64(0)
	for _, w := range weights {
		total += int64(w)
	}
	x := r.below(total)
	for i, w := range weights {
		if x -= int64(w); x < 0 {
			return i
		}
	}
	return len(weights) - 1
}

// quantile draws from the distribution whose equally spaced quantiles are given, with straight lines between them.
func (r *rng) quantile(points []int64) int64 {
	x := r.below(int64(len(points)-1) * 1000)
	i, f := x/1000, x%1000
	return points[i] + (points[i+1]-points[i])*f/1000
}

func pick[T any](r *rng, list []T) T { return list[r.below(int64(len(list)))] }
