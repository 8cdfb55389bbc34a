package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"deskproof/cmd/registers"
	"deskproof/collectors"
	"deskproof/collectors/mapping"
	"deskproof/model/config"
	"deskproof/templates"
)

// Init writes a first deskproof.yaml into dir for an export: what was recognised is mapped, the rest is listed.
// An existing file is never overwritten.
func Init(ctx context.Context, dir, from string) (path string, summary []string, err error) {
	if path, err = newConfiguration(dir); err != nil {
		return "", nil, err
	}
	found, err := mapping.Inspect(ctx, from, dir)
	if err != nil {
		return "", nil, err
	}
	text := append(bytes.TrimRight(found.YAML, "\n"), '\n')
	if err := os.WriteFile(path, append(text, registersKey...), 0o644); err != nil {
		return "", nil, err
	}
	return path, found.Summary, nil
}

// registersFolder is where init puts the registers, beside the configuration.
const registersFolder = "registers"

// registersKey is the end of a first configuration.
const registersKey = `
# What no ticket tool holds (documents, risks, audits, reviews, …) stands in the files of this folder, one a register.
# Rows whose id begins with EXAMPLE- are left out. Take this line away if you keep none.
registers: ` + registersFolder + `/
`

// NoRegisters is the form of InitRegisters that writes no register.
const NoRegisters = "none"

// InitRegisters writes the registers into the folder registers of dir: headings and examples, in one of
// registers.Formats; NoRegisters makes the folder only. A register that is there already, in whatever form, stays as it is.
func InitRegisters(ctx context.Context, dir, format string) (written, kept []string, err error) {
	if format != NoRegisters && !slices.Contains(registers.Formats, format) {
		return nil, nil, fmt.Errorf("registers are written as %s or %s, not as %q", strings.Join(registers.Formats, ", "), NoRegisters, format)
	}
	folder := filepath.Join(dir, registersFolder)
	if err := makeFolder(folder); err != nil || format == NoRegisters {
		return nil, nil, err
	}
	there, err := os.ReadDir(folder)
	if err != nil {
		return nil, nil, err
	}
	list, err := registers.All(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range list {
		if i := slices.IndexFunc(there, func(e fs.DirEntry) bool {
			return strings.TrimSuffix(e.Name(), filepath.Ext(e.Name())) == r.Entity
		}); i >= 0 {
			kept = append(kept, there[i].Name())
			continue
		}
		body, err := r.Template(format)
		if err != nil {
			return written, kept, err
		}
		name := r.Entity + "." + format
		if err := os.WriteFile(filepath.Join(folder, name), body, 0o644); err != nil {
			return written, kept, err
		}
		written = append(written, name)
	}
	return written, kept, nil
}

// InitType writes a first deskproof.yaml into dir for a tool: the sample of its source type, and service levels to fill in.
// An existing file is never overwritten.
func InitType(dir, tool string) (path string, err error) {
	c, err := collectors.Lookup(tool)
	if err != nil {
		return "", err
	}
	d := c.Describe()
	in := struct{ Type, Name, Sources, Preset, Registers string }{Type: d.Type, Name: d.Type, Sources: d.Sample, Registers: registersKey}
	if name, _, ok := strings.Cut(d.Summary, ":"); ok && len(name) < 40 {
		in.Name = name
	}
	if slices.Contains(config.PresetNames(), d.Type) {
		in.Preset = d.Type
	}
	page, err := template.New("tool.yaml").Parse(string(templates.Bytes(templates.FirstOfTool)))
	if err != nil {
		return "", err
	}
	var text bytes.Buffer
	if err := page.Execute(&text, in); err != nil {
		return "", err
	}
	if _, err := config.Parse(config.DefaultName, text.Bytes()); err != nil {
		return "", fmt.Errorf("the sample of %s: %w", tool, err)
	}
	if path, err = newConfiguration(dir); err != nil {
		return "", err
	}
	return path, os.WriteFile(path, text.Bytes(), 0o644)
}

// newConfiguration makes the folder and gives the path of its deskproof.yaml, which must not be there yet.
func newConfiguration(dir string) (string, error) {
	path := filepath.Join(dir, config.DefaultName)
	if _, err := os.Lstat(path); err == nil {
		return "", fmt.Errorf("%s exists already; name another folder, or move it away", path)
	}
	return path, makeFolder(dir)
}

// makeFolder makes a folder, with the ones above it. The error says what stands in the way.
func makeFolder(dir string) error {
	err := os.MkdirAll(dir, 0o755)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("no permission to make the folder %s: name another one", dir)
	case err != nil:
		return fmt.Errorf("the folder %s cannot be made: %w", dir, err)
	}
	return nil
}
