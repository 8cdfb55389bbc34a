// Package pipeline puts the parts of deskproof in order: collect, build, check, report and what reads the results.
//
// Every command of cmd/deskproof is one call into it. It knows all packages and holds no rule of its own about
// tickets, clocks or controls.
package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"deskproof/model"
	"deskproof/model/config"
)

// Exit codes of every command.
const (
	ExitDone       = 0 // done, and nothing failed
	ExitFound      = 1 // done, and a nonconforming control or a breached bar was found
	ExitUse        = 2 // wrong use or configuration
	ExitIncomplete = 3 // a source or file could not be read completely; what was read is kept
)

// Options are what every command may be told.
type Options struct {
	Config    string           // path of deskproof.yaml
	Warehouse string           // path of the warehouse; empty = the configuration's
	AsOf      string           // moment that the work stands for; empty = the configuration's, else now
	Command   string           // the command line, for the message that a second writer gets
	Version   string           // version of deskproof
	Now       func() time.Time // the clock
	Progress  io.Writer        // where progress is shown; nil = nowhere
}

// Project is an opened configuration.
type Project struct {
	Options
	Cfg       *config.Config
	Path      string    // of the warehouse
	Moment    time.Time // as-of, UTC, whole seconds
	MomentSet bool      // the moment was given, on the command line or in the configuration
}

// Open reads the configuration. Its error lists every mistake in it.
func Open(o Options) (*Project, error) {
	if o.Config == "" {
		o.Config = config.DefaultName
	}
	cfg, err := config.Load(o.Config)
	if err != nil {
		return nil, err
	}
	p := &Project{Options: o, Cfg: cfg, Path: cfg.Path(cfg.Warehouse)}
	if o.Warehouse != "" {
		p.Path = o.Warehouse
	}
	asOf := o.AsOf
	if asOf == "" {
		asOf = cfg.AsOf
	}
	if asOf == "" {
		p.Moment = o.Now().UTC().Truncate(time.Second)
		return p, nil
	}
	p.Moment, err = config.ParseAsOf(asOf, cfg.Zone())
	if err != nil {
		return nil, fmt.Errorf("--as-of: %w", err)
	}
	p.MomentSet = true
	return p, nil
}

// ExitCode says with which code a command ends on an error.
func ExitCode(err error) int {
	var gap *IncompleteError
	var short *model.LedgerError
	switch {
	case err == nil:
		return ExitDone
	case errors.As(err, &gap), errors.As(err, &short):
		return ExitIncomplete
	case errors.Is(err, ErrFound):
		return ExitFound
	}
	return ExitUse
}

// ErrFound ends a command that did its work and found something nonconforming. Its text was already printed.
var ErrFound = errors.New("nonconformities were found")

// IncompleteError says that a source or file could not be read completely.
type IncompleteError struct{ What string }

// Error names the gap.
func (e *IncompleteError) Error() string { return e.What }

// write opens the warehouse for writing, runs f, and publishes what it did.
func (p *Project) write(ctx context.Context, f func(w *model.Warehouse) error) (err error) {
	w, err := model.OpenWarehouse(ctx, p.Path, p.Command, p.Now())
	if err != nil {
		return err
	}
	if err := f(w); err != nil {
		return errors.Join(err, w.Close())
	}
	return w.Publish(context.WithoutCancel(ctx))
}

// buildInfo is the row of table build_info.
type buildInfo struct {
	AsOf         time.Time
	TimeZone     string
	ConfigSha256 string `db:"config_sha256"`
	LastRunID    int64
	ToolVersion  string
}

func readBuild(ctx context.Context, db *model.DB) (buildInfo, error) {
	rows, err := model.Select[buildInfo](ctx, db, "SELECT as_of, time_zone, config_sha256, last_run_id, tool_version FROM build_info")
	if err != nil {
		return buildInfo{}, err
	}
	if len(rows) == 0 {
		return buildInfo{}, errors.New("nothing has been built yet; run `deskproof build`")
	}
	return rows[0], nil
}

// read opens the published results as of the moment that was asked for. When that is another one than was built,
// the same records are built anew in a private copy, which release removes.
func (p *Project) read(ctx context.Context) (db *model.DB, asOf time.Time, release func() error, err error) {
	db, asOf, err = p.snapshot(ctx)
	if err != nil {
		return nil, asOf, nil, err
	}
	if !p.MomentSet || p.Moment.Equal(asOf) {
		return db, asOf, db.Close, nil
	}
	if err := db.Close(); err != nil {
		return nil, asOf, nil, err
	}
	return p.private(ctx, asOf)
}

// snapshot opens the newest published build, when it stands for the configuration as it is, with its moment.
func (p *Project) snapshot(ctx context.Context) (*model.DB, time.Time, error) {
	db, err := model.OpenSnapshot(ctx, p.Path)
	if err != nil {
		return nil, time.Time{}, err
	}
	info, err := readBuild(ctx, db)
	if err == nil && info.ConfigSha256 != p.Cfg.SHA256 {
		err = fmt.Errorf("%s was changed since the last build: run `deskproof build`, so that every figure stands for the configuration as it is", p.Cfg.File)
	}
	if err != nil {
		return nil, time.Time{}, errors.Join(err, db.Close())
	}
	return db, info.AsOf, nil
}

// private opens a copy of the published build that may be changed, built anew when another moment than built was asked
// for. release removes it.
func (p *Project) private(ctx context.Context, built time.Time) (db *model.DB, asOf time.Time, release func() error, err error) {
	dir, err := os.MkdirTemp(filepath.Dir(p.Path), ".private-")
	if err != nil {
		return nil, asOf, nil, err
	}
	db, err = model.OpenPrivateCopy(ctx, p.Path, dir)
	if err != nil {
		return nil, asOf, nil, errors.Join(err, os.RemoveAll(dir))
	}
	release = func() error { return errors.Join(db.Close(), os.RemoveAll(dir)) }
	if !p.MomentSet || p.Moment.Equal(built) {
		return db, built, release, nil
	}
	if _, err := p.buildInto(ctx, db); err != nil {
		return nil, asOf, nil, errors.Join(err, release())
	}
	return db, p.Moment, release, nil
}
