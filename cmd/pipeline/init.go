package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"deskproof/collectors/mapping"
	"deskproof/model/config"
)

// Init writes a first deskproof.yaml into dir for an export: what was recognised is mapped, the rest is listed.
// An existing file is never overwritten.
func Init(ctx context.Context, dir, from string) (path string, summary []string, err error) {
	path = filepath.Join(dir, config.DefaultName)
	if _, err := os.Lstat(path); err == nil {
		return "", nil, fmt.Errorf("%s exists already; name another folder, or move it away", path)
	}
	if err := makeFolder(dir); err != nil {
		return "", nil, err
	}
	found, err := mapping.Inspect(ctx, from, dir)
	if err != nil {
		return "", nil, err
	}
	if err := os.WriteFile(path, found.YAML, 0o644); err != nil {
		return "", nil, err
	}
	return path, found.Summary, nil
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
