package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"deskproof/controls"
)

// catalogueSchema stands under catalogue, because `schema` shows the tables of the warehouse, and because all but one of
// these files make up a catalogue.
func (a *app) catalogueSchema() *cobra.Command {
	var out string
	var kinds []string
	about := "JSON schemas of the files that people write, for editors: they complete keys, show what they mean and mark mistakes.\n"
	for _, k := range controls.SchemaKinds() {
		kinds = append(kinds, k[0])
		about += fmt.Sprintf("\n  %-12s %s", k[0], k[1])
	}
	c := &cobra.Command{
		Use: "schema [" + strings.Join(kinds, "|") + "]", Short: "JSON schema of deskproof.yaml or of a file of the catalogue, for editors", Long: about,
		Args: cobra.MaximumNArgs(1), ValidArgs: kinds,
		Example: "  deskproof catalogue schema config --out deskproof.schema.json\n" +
			"  # then, as the first line of deskproof.yaml:  # yaml-language-server: $schema=deskproof.schema.json",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				if out != "" {
					return fmt.Errorf("--out: name one kind of file: %s", strings.Join(kinds, ", "))
				}
				fmt.Fprintln(a.out, about)
				return nil
			}
			cat, err := a.catalogue(cmd.Context(), nil)
			if err != nil {
				return err
			}
			text, err := controls.Schema(cat, args[0])
			if err != nil {
				return err
			}
			if out == "" {
				_, err = a.out.Write(text)
				return err
			}
			if old, err := os.ReadFile(out); err == nil && !bytes.Contains(old, []byte("json-schema.org")) {
				return fmt.Errorf("--out: %s is there already and is no schema; name another file", out)
			}
			if err := os.WriteFile(out, text, 0o644); err != nil {
				return err
			}
			fmt.Fprintf(a.out, "wrote %s\n", out)
			return nil
		},
	}
	c.Flags().StringVar(&out, "out", "", "write to this file; a schema that is there already is replaced")
	return c
}
