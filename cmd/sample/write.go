package sample

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding/charmap"
)

//go:embed deskproof.yaml judgements.yaml closures.ics faults.yaml
var embedded embed.FS

// Summary says what was written.
type Summary struct {
	Files   []string    // paths in the folder, in the order written
	Bytes   int64       // size of all of them
	Tickets int         // tickets of all kinds
	Kinds   []KindCount // tickets by kind, in the words of the tool
	Records int         // records in all files, ticket history included
	Faults  int         // planted faults, see Faults
}

// KindCount is the number of tickets of one kind.
type KindCount struct {
	Kind    string
	Tickets int
}

// output collects the files of the folder.
type output struct {
	dir     string
	summary Summary
	err     error
}

// Write makes the sample organization in dir: the exports of its tools (exports/), its registers (registers/), what its
// people judged (judgements.yaml), the list of planted faults (faults.yaml) and a deskproof.yaml that collects them. Existing files of these names are
// overwritten. The same bytes are written each time.
func Write(dir string) (Summary, error) {
	w := build()
	o := &output{dir: dir}
	for _, name := range []string{"deskproof.yaml", "judgements.yaml", "closures.ics", "faults.yaml"} {
		data, err := embedded.ReadFile(name)
		if err != nil {
			return o.summary, err
		}
		if name == "closures.ics" { // calendars have this end of line by their standard, the repository keeps the short one
			data = bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n"))
		}
		o.put(name, data, 0)
	}
	w.writeTickets(o)
	w.writeChanges(o)
	w.writeProblems(o)
	w.writeUpdates(o)
	w.writeAround(o)
	w.writeServices(o)
	w.writeRegisters(o)
	if o.err != nil {
		return o.summary, o.err
	}
	for _, l := range [][]*ticket{w.incidents, w.requests, w.problems, w.changes, w.releases, w.complaints, w.improvements, w.security} {
		o.summary.Kinds = append(o.summary.Kinds, KindCount{l[0].kind, len(l)})
		o.summary.Tickets += len(l)
	}
	faults, err := Faults()
	o.summary.Faults = len(faults)
	return o.summary, err
}

// put writes one file; the first error stops all that follow.
func (o *output) put(name string, data []byte, records int) {
	if o.err != nil {
		return
	}
	path := filepath.Join(o.dir, filepath.FromSlash(name))
	if o.err = os.MkdirAll(filepath.Dir(path), 0o755); o.err != nil {
		return
	}
	if o.err = os.WriteFile(path, data, 0o644); o.err != nil {
		return
	}
	o.summary.Files = append(o.summary.Files, name)
	o.summary.Bytes += int64(len(data))
	o.summary.Records += records
}

// table is a header and rows, written in one of many forms.
type table struct {
	header []string
	rows   [][]string
}

func (t *table) add(row ...string) { t.rows = append(t.rows, row) }

// separated gives the table as text with a separator and an end of line.
func (t *table) separated(comma rune, crlf bool) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Comma, w.UseCRLF = comma, crlf
	_ = w.Write(t.header) // writing to memory does not fail
	_ = w.WriteAll(t.rows)
	return b.Bytes()
}

// lines gives the table as one JSON object a line; empty values are left out.
func (t *table) lines() []byte {
	var b bytes.Buffer
	for _, row := range t.rows {
		b.Write(object(t.header, row))
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// object writes fields in their order, which a map would not keep.
func object(names, values []string) []byte {
	var b bytes.Buffer
	b.WriteByte('{')
	first := true
	for i, n := range names {
		if values[i] == "" {
			continue
		}
		if !first {
			b.WriteString(", ")
		}
		first = false
		k, _ := json.Marshal(n)
		v, _ := json.Marshal(values[i])
		b.Write(k)
		b.WriteString(": ")
		b.Write(v)
	}
	b.WriteByte('}')
	return b.Bytes()
}

func gzipped(data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b) // no name and no time in the header: the same bytes each time
	_, _ = w.Write(data)
	_ = w.Close()
	return b.Bytes()
}

func zstandard(data []byte) ([]byte, error) {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer w.Close()
	return w.EncodeAll(data, nil), nil
}

// repack orders the parts of a workbook: the writer lays streamed sheets down in the order of a map.
func repack(data []byte) ([]byte, error) {
	from, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	parts := slices.Clone(from.File)
	slices.SortFunc(parts, func(a, b *zip.File) int { return strings.Compare(a.Name, b.Name) }) // [Content_Types].xml comes first
	var b bytes.Buffer
	to := zip.NewWriter(&b)
	for _, p := range parts {
		if err := to.Copy(p); err != nil {
			return nil, err
		}
	}
	if err := to.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func utf16le(data []byte) []byte {
	b := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(string(data))) {
		b = append(b, byte(u), byte(u>>8))
	}
	return b
}

func windows1252(data []byte) ([]byte, error) {
	b, err := charmap.Windows1252.NewEncoder().Bytes(data)
	if err != nil {
		return nil, fmt.Errorf("the sample holds a letter that Windows-1252 lacks: %w", err)
	}
	return b, nil
}

// german writes an instant as people in Berlin do; none is empty.
func german(t instant) string {
	if t == 0 {
		return ""
	}
	return time.Unix(t, 0).In(berlin).Format("02.01.2006 15:04:05")
}

// iso writes an instant in UTC.
func iso(t instant) string {
	if t == 0 {
		return ""
	}
	return time.Unix(t, 0).UTC().Format("2006-01-02T15:04:05Z")
}

// offset writes an instant with the offset of New York, as tools in the cloud do for their user there.
func offset(t instant) string {
	if t == 0 {
		return ""
	}
	return time.Unix(t, 0).In(newYork).Format("2006-01-02T15:04:05-07:00")
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func digits(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

// keys of what a ticket points to; empty when it points to nothing.
func (t *ticket) serviceKey() string {
	if t.service == nil || t.noService {
		return ""
	}
	return t.service.key
}

func (t *ticket) customerKey() string {
	if t.customer == nil {
		return ""
	}
	return t.customer.key
}

func oneLine(s string) string { return strings.ReplaceAll(s, "\n", " ") }
