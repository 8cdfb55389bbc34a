package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"deskproof/model"
)

func (a *app) explainCommand() *cobra.Command {
	var format, out string
	c := &cobra.Command{
		Use:   "explain TICKET",
		Short: "Every clock of a ticket, segment by segment",
		Long: `Tells every clock of a ticket so that it can be recomputed by hand: each stretch with the event and the line of the
configuration that decided, the working hours of every day in it, holidays, clock changes, the goal in force, due time and
breach, and what the tool itself said. TICKET is an id (source:key) or a key that only one source has.

--format html writes a page with a drawn timeline; it holds all it needs and runs without a network.`,
		Example: "  deskproof explain INC0000045\n  deskproof explain desk:INC0000045 --format html --out INC0000045.html",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := a.open()
			if err != nil {
				return err
			}
			var buf bytes.Buffer
			switch format {
			case "html":
				if out == "" {
					return errors.New("a page needs a file: add --out FILE.html")
				}
				page, err := p.ExplainPage(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				buf.Write(page)
			case "text", "json":
				e, _, err := p.Explain(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				if format == "text" {
					err = e.WriteText(&buf)
				} else {
					enc := json.NewEncoder(&buf)
					enc.SetIndent("", "  ")
					err = enc.Encode(e)
				}
				if err != nil {
					return err
				}
			default:
				return fmt.Errorf("--format %s is not known (text, html, json)", format)
			}
			if out == "" {
				_, err = a.out.Write(buf.Bytes())
				return err
			}
			if err := model.WriteFileAtomic(out, buf.Bytes()); err != nil {
				return fmt.Errorf("--out: %w", err)
			}
			fmt.Fprintln(a.out, out)
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&format, "format", "text", "text, html, json")
	f.StringVarP(&out, "out", "o", "", "file to write, instead of printing")
	return c
}
