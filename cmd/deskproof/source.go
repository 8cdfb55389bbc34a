package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"deskproof/cmd/pipeline"
	"deskproof/collectors"
	"deskproof/model/config"
)

func (a *app) sourceCommand() *cobra.Command {
	c := &cobra.Command{Use: "source", Short: "List and describe source types, test configured sources"}
	c.AddCommand(
		&cobra.Command{
			Use: "list", Short: "The source types, and the sources of the configuration", Args: cobra.NoArgs,
			RunE: func(_ *cobra.Command, _ []string) error { return a.sourceList() },
		},
		&cobra.Command{
			Use: "describe TYPE", Short: "What a source type reads, and a sample of its configuration", Args: cobra.ExactArgs(1),
			RunE: func(_ *cobra.Command, args []string) error {
				t, err := collectors.Lookup(args[0])
				if err != nil {
					return err
				}
				d := t.Describe()
				_, err = fmt.Fprintf(a.out, "%s\n\n%s\n", d.Readme, d.Sample)
				return err
			},
		},
		&cobra.Command{
			Use: "test [SOURCE...]", Short: "Can the sources be read? Nothing is stored",
			RunE: func(cmd *cobra.Command, args []string) error {
				p, err := a.open()
				if err != nil {
					return err
				}
				results, err := p.TestSources(cmd.Context(), args)
				for _, r := range results {
					mark := "✓"
					if r.Err != nil {
						mark = "✗"
					}
					fmt.Fprintf(a.out, "%s %s: %s\n", mark, r.Source, r.Text())
				}
				return err
			},
		},
	)
	return c
}

func (a *app) sourceList() error {
	fmt.Fprintln(a.out, "types:")
	for _, name := range collectors.Types() {
		t, err := collectors.Lookup(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.out, "  %-12s %s\n", name, t.Describe().Summary)
	}
	path := a.config
	if path == "" {
		path = config.DefaultName
		if _, err := os.Stat(path); err != nil {
			return nil
		}
	}
	p, err := pipeline.Open(a.options())
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "sources in %s:\n", path)
	for _, s := range collectors.Sources(p.Cfg) {
		where := s.Path
		if s.Type != "file" {
			where = s.URL
		}
		fmt.Fprintf(a.out, "  %-24s %-12s %-20s %s\n", s.Name, s.Type, s.Entity, where)
	}
	return nil
}
