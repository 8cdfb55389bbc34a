package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"deskproof/controls"
)

func (a *app) catalogueNew() *cobra.Command {
	id, process := "own-incident-titled", "incident"
	c := &cobra.Command{
		Use: "new FOLDER", Short: "Begin a catalogue of your own: a folder with a control, its test and what there is to know", Args: cobra.ExactArgs(1),
		Example: "  deskproof catalogue new our-controls\n  deskproof catalogue new our-controls --control own-supplier-procedure --process supplier",
		RunE: func(cmd *cobra.Command, args []string) error {
			// The configuration may name the folder that is only begun here.
			cat, err := controls.Load(cmd.Context(), nil)
			if err != nil {
				return err
			}
			dir := filepath.Clean(args[0])
			files, err := controls.Start(cat, filepath.ToSlash(dir), id, process)
			if err != nil {
				return err
			}
			var there []string
			for _, f := range files {
				if _, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(f.Path))); err == nil {
					there = append(there, filepath.ToSlash(filepath.Join(dir, f.Path)))
				} else if !errors.Is(err, fs.ErrNotExist) {
					return err
				}
			}
			if len(there) > 0 {
				return fmt.Errorf("nothing was written, because this is there already: %s; name another folder", strings.Join(there, ", "))
			}
			for _, f := range files {
				p := filepath.Join(dir, filepath.FromSlash(f.Path))
				if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
					return err
				}
				if err := writeNew(p, f.Text); err != nil {
					return err
				}
				fmt.Fprintf(a.out, "wrote %s\n", filepath.ToSlash(p))
			}
			fmt.Fprintf(a.out, "\nName the folder in deskproof.yaml, and look whether it holds:\n\n    catalogue:\n      add: [%s]\n\n  deskproof catalogue lint %[1]s\n  deskproof catalogue test %[1]s\n",
				filepath.ToSlash(dir))
			return nil
		},
	}
	c.Flags().StringVar(&id, "control", id, "id of the control")
	c.Flags().StringVar(&process, "process", process, "process that it belongs to")
	return c
}

// writeNew writes a file that must not be there yet.
func writeNew(path string, text []byte) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = f.Write(text)
	return err
}

// printOwn lists what the folders of a user added and changed: nothing is changed silently.
func (a *app) printOwn(cat *controls.Catalogue) error {
	if len(cat.Changes) == 0 {
		return nil
	}
	l := listing{head: []string{"added or changed", "", "what", "by"}, widths: []int{10, 34, 30, 34}}
	for _, c := range cat.Changes {
		l.rows = append(l.rows, []string{c.Kind, c.ID, c.Words(), fmt.Sprintf("%s:%d", c.File, c.Line)})
	}
	fmt.Fprintln(a.out)
	return a.list(l, "table")
}
