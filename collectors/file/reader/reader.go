// Package reader reads the files that ticket tools export: CSV, XLSX, JSON, NDJSON, Parquet, XES and YAML, plain or
// packed with gzip or zstd, in the encodings that are met in the field.
//
// A file is foreign text. What can be read becomes records in the order of the file; what cannot becomes a Reject
// with its place and the reason. Nothing stops at the first fault and nothing is left out silently: every row of a
// file is either a record or part of a reject.
package reader

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
)

// MaxField is the longest value that is taken, in bytes of UTF-8. A record with a longer one is rejected.
const MaxField = 1 << 20

// maxContent is how many bytes of a rejected record are kept.
const maxContent = 1 << 20

// maxRecord is the longest record in bytes that is held in memory.
const maxRecord = 16 << 20

// ErrStop may be returned by a record function: reading ends there, without an error.
var ErrStop = errors.New("stop reading")

// Options say how to read a file. Everything that is empty is found out.
type Options struct {
	Format    string // csv, xlsx, json, ndjson, parquet, xes, yaml
	Encoding  string // utf-8, utf-16le, utf-16be, windows-1252, iso-8859-1
	Delimiter string // CSV: one character, or "tab"
	Sheet     string // XLSX: name of the sheet; empty: the first with rows
	Prefer    string // XLSX: name of the sheet that is read without a word where there is one, though Sheet names none
	Records   string // JSON, YAML: path to the list of records, e.g. result.items
	HeaderRow int    // CSV, XLSX: line (row) of the header, from 1; 0: the first that is not blank

	// Progress, if set, is called now and then with how much of the file was read, in bytes of some unit that
	// done and total share.
	Progress func(done, total int64)
}

// Kind says what a Value is.
type Kind uint8

// The kinds of values.
const (
	Null Kind = iota // the file says that there is no value
	Text             // Value.Text is the value
	JSON             // Value.Text is a number, a boolean, an object or an array in JSON
)

// Value is one value of a record.
type Value struct {
	Kind Kind
	Text string
}

// Record is one row, object or event. It is valid until the function that got it returns; its texts may be kept.
type Record struct {
	Line   int64    // physical line on which it starts (CSV, NDJSON), row (XLSX, Parquet), element (JSON, XES, YAML); from 1
	Names  []string // unique; shared between records, must not be changed
	Values []Value  // as many as Names

	Tabular bool // all records of the file have these names
}

// Get returns the value of a name.
func (r *Record) Get(name string) (Value, bool) {
	for i, n := range r.Names {
		if n == name {
			return r.Values[i], true
		}
	}
	return Value{}, false
}

// Reject is a part of a file that is no record. Reason begins with the kind of fault and a colon, then the details.
type Reject struct {
	Line    int64
	Reason  string
	Content string // as far as it could be read, at most about 1 MiB
}

// Info says what a file is.
type Info struct {
	Format      string
	Encoding    string // empty for binary formats
	Compression string // gzip, zstd or empty
	Delimiter   string // CSV
	Sheet       string // XLSX
	Columns     []string
	Lists       []string // JSON: where a file that is one object holds lists of objects, as Records takes it
	Rows        int64    // records and rejects
	Records     int64
	Rejects     int64
	Truncated   bool   // the file ends before its format says that it ends
	Gap         string // what could not be read, in words; empty: all was read
	Warnings    []string
	SHA256      string // of the bytes of the file, hexadecimal
	Size        int64  // bytes of the file
}

// Read reads one file. record is called for each record and reject for each part that is none, in the order of the
// file; an error of theirs ends the reading and is returned (ErrStop ends it without an error). The error says that
// the file could not be read at all, or what is wrong with the options; a file that can be read in part is no error:
// Info.Gap says what is missing.
func Read(ctx context.Context, path string, opt Options, record func(*Record) error, reject func(Reject) error) (Info, error) {
	p := &run{ctx: ctx, path: path, opt: opt, onRecord: record, onReject: reject}
	err := p.read()
	if errors.Is(err, ErrStop) {
		err = nil
	}
	p.info.Rows = p.info.Records + p.info.Rejects
	return p.info, err
}

// run is the reading of one file.
type run struct {
	ctx      context.Context
	path     string
	opt      Options
	info     Info
	onRecord func(*Record) error
	onReject func(Reject) error
}

func (p *run) read() error {
	if st, err := os.Stat(p.path); err != nil {
		return fileError(p.path, err)
	} else if st.IsDir() {
		return fmt.Errorf("%s is a folder: name a file, or a pattern such as %s/*.csv", p.path, strings.TrimSuffix(p.path, "/"))
	}
	src, err := open(p.ctx, p.path)
	if err != nil {
		return err
	}
	defer src.Close()
	p.info.SHA256, p.info.Size, p.info.Compression = src.sha256, src.size, src.compression
	if src.gap != "" {
		p.info.Truncated, p.info.Gap = src.truncated, src.gap
	}
	if src.scan.total == 0 {
		p.info.Format = orElse(p.opt.Format, formatByName(p.path))
		if p.info.Gap == "" {
			p.info.Gap = "the file is empty"
		}
		return nil
	}
	if p.info.Format, err = p.format(src); err != nil {
		return err
	}
	switch p.info.Format {
	case "xlsx":
		return p.readXLSX(src)
	case "parquet":
		return p.readParquet(src)
	}
	text, err := p.text(src)
	if err != nil {
		return err
	}
	defer text.Close()
	switch p.info.Format {
	case "csv":
		err = p.readCSV(text)
	case "json":
		err = p.readJSON(text)
	case "ndjson":
		err = p.readNDJSON(text)
	case "xes":
		err = p.readXES(text)
	case "yaml":
		err = p.readYAML(text)
	}
	return err
}

// emit hands one record over.
func (p *run) emit(r *Record) error {
	if p.info.Records&0x3ff == 0 {
		if err := p.ctx.Err(); err != nil {
			return err
		}
	}
	p.info.Records++
	return p.onRecord(r)
}

// refuse hands one reject over; its content is made valid, and cut where it is very long.
func (p *run) refuse(line int64, content, reason string, args ...any) error {
	if err := p.ctx.Err(); err != nil {
		return err
	}
	p.info.Rejects++
	return p.onReject(Reject{Line: line, Reason: fmt.Sprintf(reason, args...), Content: cut(content, maxContent)})
}

func (p *run) warn(format string, args ...any) {
	p.info.Warnings = append(p.info.Warnings, fmt.Sprintf(format, args...))
}

// gap notes what could not be read; the first word on it stays first.
func (p *run) gap(format string, args ...any) {
	s := fmt.Sprintf(format, args...)
	if p.info.Gap == "" {
		p.info.Gap = s
	} else if !strings.Contains(p.info.Gap, s) {
		p.info.Gap += "; " + s
	}
}

// cut makes a text valid UTF-8 and shortens it, saying by how much.
func cut(s string, n int) string {
	more := 0
	if len(s) > n {
		more = len(s) - n
		s = s[:n]
	}
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\u2400")
	if more > 0 {
		s += fmt.Sprintf("… (%d more bytes)", more)
	}
	return s
}

func orElse(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// fileError says what is wrong with a path in words.
func fileError(path string, err error) error {
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%s: there is no such file", path)
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("%s: no permission to read it", path)
	}
	return fmt.Errorf("%s: %w", path, err)
}
