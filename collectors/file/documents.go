package file

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"deskproof/collectors"
	"deskproof/collectors/file/reader"
	"deskproof/model/config"
)

// A register of documents names files. When the register is collected, each of them is looked up and hashed, and what was
// found is a record of its own (entity document_file), so that the model can be built again without the files.

// maxDocument is the largest file that is hashed, in bytes.
const maxDocument = 1 << 30

// address is the beginning of an address: its scheme. A letter before a colon alone is a drive.
var address = regexp.MustCompile(`^(?i:[a-z][a-z0-9+.-]+://|mailto:|urn:|doi:)`)

// documents are the files that a register of documents names.
type documents struct {
	folder string // folder that no file may leave
	base   string // folder that paths start from, relative to folder, with /
	id     string // column of the document's id
	path   string // column of its path
	origin string // file of the register
	rows   []documentRow
	root   *os.Root
	found  map[string]documentFile // by path below folder
}

type documentRow struct {
	id, path string
	line     int64
}

// documentFile is what stands behind a path.
type documentFile struct {
	sha256  string
	size    int64
	problem string // why it counts as not found; empty = found
}

// documentsOf is for a local register of documents; nil for every other source. Paths start from the folder of the
// register and may go anywhere below the folder of the configuration; a register that lies elsewhere keeps its files below
// its own folder.
func documentsOf(cfg *config.Config, src *config.Source) *documents {
	if src.Entity != "document" {
		return nil
	}
	d := &documents{id: "document_id", path: "path", found: map[string]documentFile{}}
	if src.Key != "" {
		d.id = src.Key
	} else if f, ok := src.Map.Fields["document_id"]; ok {
		d.id = f.Column
	}
	if f, ok := src.Map.Fields["path"]; ok {
		d.path = f.Column
	}
	own := filepath.Dir(cfg.Path(src.Path))
	d.folder, d.base = own, "."
	if rel, err := filepath.Rel(cfg.Path("."), own); err == nil && filepath.IsLocal(rel) {
		d.folder, d.base = cfg.Path("."), filepath.ToSlash(rel)
	}
	return d
}

// note keeps the path of a record of the register.
func (d *documents) note(rec collectors.Record, r *reader.Record) {
	if d == nil {
		return
	}
	id, _ := get(r, d.id)
	p, _ := get(r, d.path)
	p.Text = strings.TrimSpace(p.Text)
	if id.Text = strings.TrimSpace(id.Text); id.Text == "" || p.Kind != reader.Text || p.Text == "" || address.MatchString(p.Text) {
		return
	}
	d.origin = rec.Origin
	d.rows = append(d.rows, documentRow{id.Text, p.Text, rec.Line})
}

// get finds a value by its name, without regard to case.
func get(r *reader.Record, name string) (reader.Value, bool) {
	for i, n := range r.Names {
		if strings.EqualFold(n, name) {
			return r.Values[i], true
		}
	}
	return reader.Value{}, false
}

func (d *documents) close() {
	if d != nil && d.root != nil {
		d.root.Close()
	}
}

// collect looks behind every path and hands over what it found.
func (d *documents) collect(ctx context.Context, s *collectors.Session) error {
	if d == nil {
		return nil
	}
	s.Entity("document_file")
	var payload collectors.Payload
	seen := map[string]bool{}
	for _, row := range d.rows {
		if seen[row.id] { // a second row of an id is refused by the mapping
			continue
		}
		seen[row.id] = true
		f, err := d.look(ctx, row.path)
		if err != nil {
			return err
		}
		payload.Begin()
		payload.Text("document_id", row.id)
		payload.Text("path", row.path)
		payload.JSON("is_found", fmt.Sprint(f.problem == ""))
		if f.problem == "" {
			payload.Text("sha256", f.sha256)
			payload.JSON("size_bytes", fmt.Sprint(f.size))
			payload.Null("problem")
		} else {
			payload.Null("sha256")
			payload.Null("size_bytes")
			payload.Text("problem", f.problem)
			s.Warn("%s:%d: document %s: the file %q counts as not found: %s", d.origin, row.line, row.id, row.path, f.problem)
		}
		if err := s.Put(collectors.Record{Entity: "document_file", Key: row.id, Origin: d.origin, Line: row.line, Payload: payload.End()}); err != nil {
			return err
		}
	}
	return nil
}

// look finds out what stands behind a path; each file is hashed once. The error is that of ctx.
func (d *documents) look(ctx context.Context, given string) (documentFile, error) {
	p := strings.ReplaceAll(given, `\`, "/") // as Windows writes it
	if path.IsAbs(p) || filepath.IsAbs(given) || len(p) > 1 && p[1] == ':' {
		return documentFile{problem: "outside: the path starts from a drive or root; write it as seen from the folder of the register"}, nil
	}
	p = path.Join(d.base, p)
	if !filepath.IsLocal(filepath.FromSlash(p)) {
		return documentFile{problem: "outside: the path leaves the folder of the configuration"}, nil
	}
	if f, ok := d.found[p]; ok {
		return f, nil
	}
	f, err := d.read(ctx, p)
	if err == nil {
		d.found[p] = f
	}
	return f, err
}

func (d *documents) read(ctx context.Context, p string) (documentFile, error) {
	if d.root == nil {
		root, err := os.OpenRoot(d.folder)
		if err != nil {
			return documentFile{problem: "not readable: the folder cannot be opened"}, nil
		}
		d.root = root
	}
	name := filepath.FromSlash(p)
	st, err := d.root.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return documentFile{problem: "missing: there is no such file"}, nil
	case errors.Is(err, fs.ErrPermission):
		return documentFile{problem: "not readable: no permission"}, nil
	case err != nil && strings.Contains(err.Error(), "escapes"):
		return documentFile{problem: "outside: a link leads out of the folder of the configuration"}, nil
	case err != nil:
		return documentFile{problem: "not readable: the path leads to no file"}, nil
	case st.IsDir():
		return documentFile{problem: "a folder: name the file in it"}, nil
	case !st.Mode().IsRegular():
		return documentFile{problem: "not readable: it is no ordinary file"}, nil
	case st.Size() > maxDocument:
		return documentFile{problem: fmt.Sprintf("too large: files are hashed up to %d MiB", maxDocument>>20)}, nil
	}
	f, err := d.root.Open(name)
	if err != nil {
		return documentFile{problem: "not readable: it cannot be opened"}, nil
	}
	defer f.Close()
	h := sha256.New()
	size := int64(0)
	for {
		n, err := io.CopyN(h, f, 16<<20)
		size += n
		if cerr := ctx.Err(); cerr != nil {
			return documentFile{}, cerr
		}
		switch {
		case errors.Is(err, io.EOF):
			return documentFile{sha256: hex.EncodeToString(h.Sum(nil)), size: size}, nil
		case err != nil:
			return documentFile{problem: "not readable: reading it broke off"}, nil
		case size > maxDocument:
			return documentFile{problem: fmt.Sprintf("too large: files are hashed up to %d MiB", maxDocument>>20)}, nil
		}
	}
}
