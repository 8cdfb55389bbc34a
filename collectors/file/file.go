// Package file collects from files that a ticket tool exported: CSV, XLSX, JSON, NDJSON, Parquet and XES, and YAML for
// registers. Package reader reads them; this one finds the files of a source, gives each record its key, and books
// what was read.
package file

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"deskproof/collectors"
	"deskproof/collectors/file/reader"
	"deskproof/model/config"
	"deskproof/model/strictyaml"
)

var (
	//go:embed sample.yaml
	sample string
	//go:embed README.md
	readme string
)

// Collector is the source type "file".
type Collector struct{}

// Describe says what the type is.
func (Collector) Describe() collectors.Description {
	return collectors.Description{
		Type:    "file",
		Summary: "exports as files: CSV, XLSX, JSON, NDJSON, Parquet, XES; plain, gzip or zstd",
		Sample:  sample, Readme: readme,
	}
}

// Check finds the mistakes that only the readers know of; config.Load has found the others.
func (Collector) Check(_ *config.Config, src *config.Source) error {
	var ps strictyaml.Problems
	add := func(key, hint string, err error) {
		if err != nil {
			ps.Add(src.At(key), "source "+src.Name+"."+key, hint, "%v", err)
		}
	}
	if _, known := collectors.IDColumn(src.Entity); !known {
		add("entity", strictyaml.Suggest(src.Entity, collectors.Entities()), fmt.Errorf("%q is not an entity", src.Entity))
	}
	add("encoding", "", reader.CheckEncoding(src.Encoding))
	if src.History != nil {
		add("history.encoding", "", reader.CheckEncoding(src.History.Encoding))
	}
	add("delimiter", "", reader.CheckDelimiter(src.Delimiter))
	if isRemote(src.Path) {
		_, err := openBucket(src.Path)
		add("path", "", err)
	}
	return ps.Err()
}

// Probe opens every file of the source and reads its first records.
func (Collector) Probe(ctx context.Context, cfg *config.Config, src *config.Source) (string, error) {
	parts, err := partsOf(ctx, cfg, src)
	if err != nil {
		return "", err
	}
	var said []string
	for _, p := range parts {
		files := p.files
		if p.drop { // one tells what the others are like
			files = position{}.fresh(files)[:1]
			said = append(said, fmt.Sprintf("%s: %d files, the newest of %s", p.pattern, len(p.files), files[0].moment.Format("2006-01-02 15:04 UTC")))
		}
		for _, o := range files {
			text, err := p.probe(ctx, o)
			if err != nil {
				return "", err
			}
			said = append(said, text)
		}
	}
	return strings.Join(said, "; "), nil
}

// probe reads the first records of a file.
func (p *part) probe(ctx context.Context, o object) (string, error) {
	path, done, err := o.local(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	n := 0
	info, err := reader.Read(ctx, path, p.options, func(r *reader.Record) error {
		if n++; n == 1 {
			if _, err := p.keyer(r.Names, r.Tabular, path); err != nil {
				return err
			}
		}
		if n >= 10 {
			return reader.ErrStop
		}
		return nil
	}, func(reader.Reject) error { return nil })
	if err != nil && o.remote != nil {
		return "", errors.New(o.named(path, err.Error()))
	}
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s: %s, %d columns", o.origin, described(info), len(info.Columns)), nil
}

// described names the form of a file in words.
func described(i reader.Info) string {
	out := i.Format
	for _, s := range []string{i.Encoding, i.Compression} {
		if s != "" {
			out += " " + s
		}
	}
	return out
}

// Collect reads the files of the source, in the order of their names.
func (Collector) Collect(ctx context.Context, s *collectors.Session) error {
	s.Address, s.Query = s.Source.Path, asked(s.Source)
	parts, err := partsOf(ctx, s.Config, s.Source)
	if err != nil {
		return err
	}
	drop := false
	for _, p := range parts {
		drop = drop || p.drop
		if len(p.files) > 0 && p.files[0].remote != nil {
			s.Account = p.files[0].remote.account()
		}
	}
	if s.Earlier() && !drop && parts[0].documents == nil { // a document can change while its register does not
		files, err := hashes(ctx, parts)
		if err != nil {
			return err
		}
		if s.SameFiles(files) {
			return nil
		}
	}
	var total, done int64
	for _, p := range parts {
		if p.drop {
			p.from = positionOf(s, cursorOf(p))
			p.todo = p.from.fresh(p.files)
		} else {
			p.todo = p.files
		}
		for _, o := range p.todo {
			total += o.size
		}
	}
	defer parts[0].documents.close()
	read, failures := 0, []error(nil)
	for _, p := range parts {
		s.Entity(p.entity)
		var n *newer
		if p.drop {
			n = &newer{keys: map[[16]byte]bool{}}
		}
		failed := map[string]bool{}
		for _, o := range p.todo {
			err := p.collect(ctx, s, o, n, done, total)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			var file *fileFault
			switch {
			case err == nil:
				read++
			case errors.As(err, &file):
				failures, failed[o.origin] = append(failures, file.error), true
			default:
				return err
			}
			n.next()
			done += o.size
		}
		if n != nil && n.skipped > 0 {
			s.Warn("%s: %d records were passed over, because a newer file holds them", p.pattern, n.skipped)
		}
		if p.drop {
			s.SetCursor(cursorOf(p), p.from.after(p.files, failed).text())
		}
	}
	if err := parts[0].documents.collect(ctx, s); err != nil {
		return err
	}
	if read == 0 && len(failures) > 0 {
		return errors.Join(failures...)
	}
	for _, f := range failures {
		s.Gap("%v", f)
	}
	return nil
}

// fileFault is a fault of one file; the other files of the source are read all the same.
type fileFault struct{ error }

// part is one kind of record of a source: its files, and how their rows get keys.
type part struct {
	entity  string
	pattern string
	files   []object
	drop    bool     // files are dropped there: new ones are read
	from    position // how far a place was read
	todo    []object // what is to be read
	options reader.Options
	missing []string

	ticket, at, field string     // ticket_update, ticket_history: columns of the key
	key               string     // other entities: column of the key; empty: the content is the key
	register          bool       // a file of the registers folder
	documents         *documents // what stands behind the paths of a register of documents; nil = no such register
	needsKey          bool
}

// partsOf finds the files of a source.
func partsOf(ctx context.Context, cfg *config.Config, src *config.Source) ([]*part, error) {
	main := &part{entity: src.Entity, pattern: src.Path, missing: src.Missing, key: src.Key,
		options: reader.Options{Format: src.Format, Encoding: src.Encoding, Delimiter: src.Delimiter, Sheet: src.Sheet, Records: src.Records, HeaderRow: src.HeaderRow}}
	id, _ := collectors.IDColumn(src.Entity)
	main.needsKey = id != ""
	if src.Register {
		main.options.Prefer, main.register = src.Entity, true
	}
	if f, ok := src.Map.Fields[id]; main.key == "" && id != "" && ok {
		main.key = f.Column // the mapping says which column holds the id
	}
	if main.key == "" && src.Entity != "ticket" {
		main.key = id // a file whose columns are named like the model's
	}
	if src.Entity == "ticket" && src.Shape == "row_per_update" {
		main.entity, main.ticket, main.at = "ticket_update", main.key, src.Updated
	}
	parts := []*part{main}
	var err error
	if main.files, main.drop, err = objects(ctx, cfg, src.Path); err != nil {
		return nil, err
	}
	if !main.drop {
		main.documents = documentsOf(cfg, src)
	}
	if h := src.History; h != nil && src.Shape == "tickets_and_history" {
		p := &part{entity: "ticket_history", pattern: h.Path, missing: src.Missing, needsKey: true, ticket: h.Ticket, at: h.At, field: h.Field,
			options: reader.Options{Format: h.Format, Encoding: h.Encoding, Sheet: h.Sheet, Records: h.Records}}
		if p.files, p.drop, err = objects(ctx, cfg, h.Path); err != nil {
			return nil, fmt.Errorf("history: %w", err)
		}
		if h.Path != src.Path || h.Sheet == src.Sheet {
			// A pattern for the tickets may match the history file as well: it is no file of tickets.
			main.files = slices.DeleteFunc(main.files, func(o object) bool {
				return slices.ContainsFunc(p.files, func(x object) bool { return x.origin == o.origin && x.path == o.path })
			})
			if len(main.files) == 0 {
				return nil, fmt.Errorf("%s and history.path %s are the same files: name a file of tickets", src.Path, h.Path)
			}
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// find gives the files that a path or pattern names, in order.
func find(cfg *config.Config, pattern string) ([]string, error) {
	full := cfg.Path(pattern)
	st, err := os.Stat(full)
	switch {
	case err == nil && !st.IsDir():
		return []string{full}, nil // a name may hold characters of patterns
	case err == nil:
		return nil, fmt.Errorf("%s is a folder: name a file, or a pattern such as %s/*.csv; with a slash at its end new files are read as they come", pattern, strings.TrimSuffix(pattern, "/"))
	case !strings.ContainsAny(pattern, "*?["):
		return nil, fmt.Errorf("%s: there is no such file (looked for %s)", pattern, full)
	}
	matches, err := filepath.Glob(full)
	if err != nil {
		return nil, fmt.Errorf("%s is not a pattern: %w", pattern, err)
	}
	matches = slices.DeleteFunc(matches, func(m string) bool {
		st, err := os.Stat(m)
		return err == nil && st.IsDir()
	})
	if len(matches) == 0 {
		return nil, fmt.Errorf("no file matches %s (looked for %s)", pattern, full)
	}
	slices.Sort(matches)
	return matches, nil
}

// relative is the path of a file as the books show it: relative to the configuration unless that names it from the root.
func relative(cfg *config.Config, pattern, path string) string {
	if !filepath.IsAbs(pattern) {
		if r, err := filepath.Rel(cfg.Dir, path); err == nil {
			path = r
		}
	}
	return filepath.ToSlash(path)
}

// asked is how the files are read, in words. The same files with the same words give the same records.
func asked(src *config.Source) string {
	var b []string
	add := func(name, value string) {
		if value != "" {
			b = append(b, name+": "+value)
		}
	}
	add("entity", src.Entity)
	add("shape", src.Shape)
	add("format", src.Format)
	add("encoding", src.Encoding)
	if src.Delimiter != "" {
		add("delimiter", fmt.Sprintf("%q", src.Delimiter))
	}
	add("sheet", src.Sheet)
	add("records", src.Records)
	if src.HeaderRow > 0 {
		add("header_row", fmt.Sprint(src.HeaderRow))
	}
	id, _ := collectors.IDColumn(src.Entity)
	key := src.Key
	if key == "" {
		key = src.Map.Fields[id].Column
	}
	add("key", key)
	add("updated", src.Updated)
	add("missing", strings.Join(src.Missing, " "))
	if h := src.History; h != nil {
		for _, kv := range [][2]string{{"path", h.Path}, {"format", h.Format}, {"encoding", h.Encoding}, {"sheet", h.Sheet}, {"records", h.Records},
			{"ticket", h.Ticket}, {"at", h.At}, {"field", h.Field}} {
			add("history."+kv[0], kv[1])
		}
	}
	return strings.Join(b, ", ")
}

// hashes is what SameFiles needs to know of the files, without reading them as records.
func hashes(ctx context.Context, parts []*part) ([]collectors.File, error) {
	var out []collectors.File
	for _, p := range parts {
		for _, o := range p.files {
			sum, err := hashOf(ctx, o.path)
			if err != nil {
				return nil, nil // reading will say what is wrong with it
			}
			out = append(out, collectors.File{Entity: p.entity, Path: o.origin, SHA256: sum})
		}
	}
	return out, ctx.Err()
}

func hashOf(ctx context.Context, path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	for {
		if _, err := io.CopyN(h, f, 16<<20); err == io.EOF {
			return hex.EncodeToString(h.Sum(nil)), nil
		} else if err != nil {
			return "", err
		}
		if err := ctx.Err(); err != nil {
			return "", err
		}
	}
}
