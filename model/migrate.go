package model

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// migration is one numbered file of model/schema.
type migration struct {
	number int
	name   string
	sql    string
}

func migrations() ([]migration, error) {
	names, err := fs.Glob(schemaFiles, "schema/*.sql")
	if err != nil {
		return nil, err
	}
	sort.Strings(names)
	var out []migration
	for _, n := range names {
		b, err := schemaFiles.ReadFile(n)
		if err != nil {
			return nil, err
		}
		base := strings.TrimPrefix(n, "schema/")
		num, err := strconv.Atoi(base[:4])
		if err != nil {
			return nil, fmt.Errorf("%s: a migration's name starts with four digits", n)
		}
		out = append(out, migration{num, base, string(b)})
	}
	return out, nil
}

// migrate brings a database to the newest schema.
func migrate(ctx context.Context, d *DB) error {
	// An opening that changes nothing writes nothing.
	known, err := One[bool](ctx, d, "SELECT count(*) > 0 FROM duckdb_tables() WHERE schema_name = 'main' AND table_name = 'schema_version'")
	if err != nil {
		return err
	}
	if !known {
		if from := templateFor(ctx); from != nil {
			return copyTemplate(ctx, d, from)
		}
	}
	return replay(ctx, d, known)
}

// replay runs the migrations that a database lacks, each in one transaction. known says whether it has been through any.
func replay(ctx context.Context, d *DB, known bool) error {
	if !known {
		err := d.InTx(ctx, func(ctx context.Context) error {
			return d.Exec(ctx, `CREATE TABLE schema_version (number INTEGER NOT NULL, name VARCHAR NOT NULL);
				COMMENT ON TABLE schema_version IS 'Migrations that this warehouse has been through.';
				COMMENT ON COLUMN schema_version.number IS 'number of the migration, ascending';
				COMMENT ON COLUMN schema_version.name IS 'file of the migration'`)
		})
		if err != nil {
			return err
		}
	}
	have, err := One[int64](ctx, d, "SELECT coalesce(max(number), 0) FROM schema_version")
	if err != nil {
		return err
	}
	all, err := migrations()
	if err != nil {
		return err
	}
	if newest := all[len(all)-1].number; int(have) > newest {
		return fmt.Errorf("the warehouse has schema %d, this deskproof knows only up to %d: use the newer deskproof that wrote it", have, newest)
	}
	for _, m := range all {
		if m.number <= int(have) {
			continue
		}
		err := d.InTx(ctx, func(ctx context.Context) error {
			if err := d.Exec(ctx, m.sql); err != nil {
				return err
			}
			for _, c := range commentStatements(m.sql) {
				if err := d.Exec(ctx, c); err != nil {
					return err
				}
			}
			return d.Exec(ctx, "INSERT INTO schema_version VALUES (?, ?)", m.number, m.name)
		})
		if err != nil {
			return fmt.Errorf("schema %s: %w", m.name, err)
		}
	}
	return nil
}

var (
	createLine = regexp.MustCompile(`^CREATE TABLE (\w+) \($`)
	columnLine = regexp.MustCompile(`^    (\w+) [A-Z][^-]*-- (.+)$`)
	addedLine  = regexp.MustCompile(`^ALTER TABLE (\w+) ADD COLUMN (\w+) [A-Z][^-]*-- (.+)$`)
)

// commentStatements turns the comment above a CREATE TABLE and the ones behind its columns (and behind columns that
// ALTER TABLE adds) into COMMENT statements, so that the data dictionary is the text that people read and change in the schema.
func commentStatements(sqlText string) []string {
	var out []string
	table, above := "", ""
	for _, line := range strings.Split(sqlText, "\n") {
		switch {
		case strings.HasPrefix(line, "-- "):
			if above != "" {
				above += " "
			}
			above += strings.TrimPrefix(line, "-- ")
		case createLine.MatchString(line):
			table = createLine.FindStringSubmatch(line)[1]
			out = append(out, "COMMENT ON TABLE "+table+" IS "+QuoteText(above))
		case table != "" && columnLine.MatchString(line):
			m := columnLine.FindStringSubmatch(line)
			out = append(out, "COMMENT ON COLUMN "+table+"."+m[1]+" IS "+QuoteText(strings.TrimSpace(m[2])))
		case addedLine.MatchString(line):
			m := addedLine.FindStringSubmatch(line)
			out = append(out, "COMMENT ON COLUMN "+m[1]+"."+m[2]+" IS "+QuoteText(strings.TrimSpace(m[3])))
		case strings.HasPrefix(line, ");"):
			table = ""
		}
		if !strings.HasPrefix(line, "-- ") {
			above = ""
		}
	}
	return out
}
