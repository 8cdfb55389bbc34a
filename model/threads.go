package model

import (
	"context"
	"fmt"
	"runtime"
)

// sharedRows is from how many rows of one table on further threads pay. DuckDB deals a table to its threads in groups
// of 122,880 rows. Below a few groups there is little to deal out, and the threads spend their time waiting for each
// other, actively: the sample organization took a fifth more processor time on two threads, and no less on the clock.
const sharedRows = 4 * 122_880

// UseThreads gives the database as many threads as its largest table, temporary ones included, is worth: one while it
// is small, else one a processor. Results do not depend on it. Call it again after loading many rows.
func (d *DB) UseThreads(ctx context.Context) error {
	rows, err := One[int64](ctx, d, "SELECT coalesce(max(estimated_size), 0) FROM duckdb_tables()")
	if err != nil {
		return err
	}
	want := 1
	if rows >= sharedRows {
		want = max(1, runtime.GOMAXPROCS(0))
	}
	if want == d.threads {
		return nil
	}
	if err := d.Exec(ctx, fmt.Sprintf("SET threads=%d", want)); err != nil {
		return err
	}
	d.threads = want
	return nil
}
