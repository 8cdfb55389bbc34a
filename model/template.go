package model

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"sync"
)

// template is a database with the newest schema and nothing in it, which later databases of the same process are copied
// from: the copy takes a fifth of the time that the migrations with their comments take. A process that opens one database
// makes none. The file has no name any more once it is open, so that nothing is left behind however the process ends.
var template struct {
	sync.Mutex
	made  int      // new databases so far
	tried bool     // whether a template was made, or could not be made
	file  *os.File // open as long as the process lives; nil = none: migrations do the work
}

// templateFor gives the template for one more new database; nil when the migrations have to do the work.
func templateFor(ctx context.Context) *os.File {
	template.Lock()
	defer template.Unlock()
	template.made++
	if template.made > 1 && !template.tried {
		template.tried = true
		template.file = makeTemplate(ctx)
	}
	return template.file
}

// makeTemplate returns nil when this system offers no file without a name.
func makeTemplate(ctx context.Context) *os.File {
	dir, err := os.MkdirTemp("", "deskproof-schema-")
	if err != nil {
		return nil
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "schema.duckdb")
	db, err := openDB(ctx, path+"?"+offline, "SET TimeZone='UTC'")
	if err != nil {
		return nil
	}
	err = replay(ctx, db, false)
	if err = errors.Join(err, db.Close()); err != nil {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	if _, err := os.Stat(nameless(f)); err != nil {
		_ = f.Close()
		return nil
	}
	return f
}

// nameless is where the process finds a file that it has open, whether or not it still has a name.
func nameless(f *os.File) string { return "/proc/self/fd/" + strconv.FormatUint(uint64(f.Fd()), 10) }

// copyTemplate fills an empty database from the template, all or nothing.
func copyTemplate(ctx context.Context, d *DB, from *os.File) error {
	name, err := One[string](ctx, d, "SELECT current_database()")
	if err != nil {
		return err
	}
	if err := d.Exec(ctx, "ATTACH "+QuoteText(nameless(from))+" AS deskproof_template (READ_ONLY)"); err != nil {
		return err
	}
	err = d.InTx(ctx, func(ctx context.Context) error {
		return d.Exec(ctx, "COPY FROM DATABASE deskproof_template TO "+QuoteIdent(name))
	})
	return errors.Join(err, d.Exec(context.WithoutCancel(ctx), "DETACH deskproof_template"))
}
