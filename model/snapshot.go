package model

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

// pointerName is the file that names the newest snapshot.
const pointerName = "current"

// kept is how many generations stay: the newest, and the one that a reader may just be opening.
const kept = 2

func snapshotDir(path string) string { return path + ".snapshots" }

// publish copies a closed warehouse under a new name, makes it the current one and removes old generations.
// A path that is used again can serve stale pages, so no name is ever used twice.
func publish(path string) error {
	dir := snapshotDir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	old, err := generations(dir)
	if err != nil {
		return err
	}
	next := 1
	if len(old) > 0 {
		next = old[len(old)-1] + 1
	}
	name := generationName(next)
	if err := copyFile(path, filepath.Join(dir, name)); err != nil {
		return fmt.Errorf("publish the warehouse: %w", err)
	}
	if err := WriteFileAtomic(filepath.Join(dir, pointerName), []byte(name+"\n")); err != nil {
		return fmt.Errorf("publish the warehouse: %w", err)
	}
	for _, g := range old {
		if g <= next-kept {
			// A reader on Windows may still hold it; the next publication tries again.
			_ = os.Remove(filepath.Join(dir, generationName(g)))
		}
	}
	return nil
}

func generationName(n int) string { return fmt.Sprintf("warehouse-%08d.duckdb", n) }

func generations(dir string) ([]int, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out []int
	for _, e := range entries {
		s, ok := strings.CutPrefix(e.Name(), "warehouse-")
		if !ok {
			continue
		}
		if n, err := strconv.Atoi(strings.TrimSuffix(s, ".duckdb")); err == nil {
			out = append(out, n)
		}
	}
	sort.Ints(out)
	return out, nil
}

// copyFile copies by way of a temporary name, so that the target is whole or absent.
func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	tmp := to + ".part"
	out, err := os.Create(tmp)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	err = errors.Join(err, out.Sync(), out.Close())
	if err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	return os.Rename(tmp, to)
}

// WriteFileAtomic writes a file under another name, syncs it and renames it: it is whole or absent.
func WriteFileAtomic(path string, data []byte) error {
	tmp := path + ".part"
	f, err := os.Create(tmp)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	return os.Rename(tmp, path)
}
