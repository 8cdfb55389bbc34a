// Package mapping makes the canonical model from raw records, as deskproof.yaml says, and writes a first
// deskproof.yaml for a file that it looks at.
//
// Build empties the tables of the model and fills them again from raw_record, in one transaction, so that a corrected
// mapping needs no second visit at the source. It decides nothing in Go: Go writes SQL from the configuration
// (templates in sql/), DuckDB reads whole columns. Names of columns are quoted, texts of the configuration are
// literals, values of the source never become SQL. An expression is SQL that the person wrote who owns the
// configuration; it sees the columns of the source row under their own names, as texts.
//
// What cannot be read is refused row by row (rejected_record, stage map) with the field, the column, the value and
// what was expected. What has no canonical value is kept, counted (unmapped_value) and never guessed.
package mapping

import (
	"context"
	"fmt"
	"time"

	"deskproof/model"
	"deskproof/model/config"
)

// Options say for which moment the model is built.
type Options struct {
	AsOf time.Time // what happened later is left out; zero = everything
}

// Result is what a build did. For every entity of a source Raw = Modelled + LeftOut + Later + Rejected.
type Result struct {
	Entities []EntityResult
	Unmapped []UnmappedValue
	Tickets  int64 // rows of ticket
	Events   int64 // rows of ticket_event
	Notes    []string
}

// EntityResult are the books of one entity of one source. For updates and history files the rows are changes.
type EntityResult struct {
	Source   string
	Entity   string
	Raw      int64 // newest versions of raw records that are not deleted at the source
	Modelled int64 // of these: in the model
	LeftOut  int64 // of these: left out by `where`, or changes of a ticket that is not in the model
	Later    int64 // of these: after the moment that the model stands for
	Rejected int64 // of these: refused
	Reasons  []Reason
}

// Reason is why rows were refused, with the number of rows and the first place.
type Reason struct {
	Text  string
	Rows  int64
	First string // origin:line
}

// UnmappedValue is a source value without a canonical one.
type UnmappedValue struct {
	Source      string
	Entity      string
	Field       string
	SourceValue string
	Occurrences int64
	FirstKey    string
}

// Rejects is the number of refused rows of one entity of one source.
type Rejects struct {
	Source string
	Entity string
	Rows   int64
	First  []string // of a register: the first of them, as file:line: id: reason
}

// shownRows is how many refused rows of a register are told one by one.
const shownRows = 20

// Build empties and fills the canonical tables from the raw records of the sources. A mistake in the configuration is
// returned as strictyaml.Problems, before anything is changed.
func Build(ctx context.Context, db *model.DB, cfg *config.Config, sources []config.Source, opt Options) (Result, error) {
	b := &builder{db: db, cfg: cfg, asOf: opt.AsOf}
	err := db.InTx(ctx, func(ctx context.Context) error { return b.build(ctx, sources) })
	if err != nil {
		return Result{}, err
	}
	return b.result, nil
}

// CheckRows refuses the rows that Build would refuse for what stands in them, without building: collect calls it right
// after reading, so that a date that cannot be read is told at once. Rows refused earlier at this stage are replaced.
func CheckRows(ctx context.Context, db *model.DB, cfg *config.Config, sources []config.Source) ([]Rejects, error) {
	var out []Rejects
	err := db.InTx(ctx, func(ctx context.Context) error {
		if err := prelude(ctx, db, sources); err != nil {
			return err
		}
		stages, _, err := plan(ctx, db, cfg, sources)
		if err != nil {
			return err
		}
		for _, s := range stages {
			err := db.Exec(ctx, "DELETE FROM rejected_record WHERE stage = 'map' AND source = ? AND entity = ?", s.src.Name, s.entity)
			if err != nil {
				return err
			}
			if len(s.known) == 0 {
				continue
			}
			q, err := s.sql()
			if err != nil {
				return err
			}
			n, err := s.reject(ctx, db, "("+q+")")
			if err != nil {
				return err
			}
			if n > 0 {
				r := Rejects{Source: s.src.Name, Entity: s.entity, Rows: n}
				if s.src.Register {
					if r.First, err = model.Select[string](ctx, db, `SELECT concat_ws(': ', origin || ':' || line, key, reason) FROM rejected_record
						WHERE stage = 'map' AND source = ? AND entity = ? ORDER BY origin, line LIMIT ?`, s.src.Name, s.entity, shownRows); err != nil {
						return err
					}
				}
				out = append(out, r)
			}
		}
		return db.Exec(ctx, "DROP TABLE "+stagedTable)
	})
	return out, err
}

// prelude makes the macros that the generated SQL uses, and the rows of the tools' models.
func prelude(ctx context.Context, db *model.DB, sources []config.Source) error {
	q, err := render("macros.sql", nil)
	if err != nil {
		return err
	}
	if err := db.Exec(ctx, q); err != nil {
		return err
	}
	return stageTools(ctx, db, sources)
}

// reject keeps the refused rows of the stage; rows is a table or a query in brackets.
func (s *stage) reject(ctx context.Context, db *model.DB, rows string) (int64, error) {
	q, err := render("rejected.sql", map[string]any{"Source": s.src.Name, "Entity": s.entity, "Rows": rows, "From": s.from})
	if err != nil {
		return 0, err
	}
	n, err := db.ExecCount(ctx, q)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", s.what(), err)
	}
	return n, nil
}
